"""What people wish for in our brands, and who is praised for it already."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.track.parts import Evidence, Quote, Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What people wish for in a brand of ours, how many authors, and which competitor is praised for it already."""

    brand: str
    theme: str
    name: str
    count: int
    authors: int
    phrases: tuple[Share, ...]
    praised_at: tuple[str, ...]
    ledger: str
    quotes: tuple[Quote, ...]
    evidence: Evidence
