"""What people changed by hand: erased, let expire, and corrected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.model.records.audit import Correction, Erasure
from analysis.track.parts import Period, Share, shares
from analysis.track.quotes import NAMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What people changed by hand in the period: erased by the law's right or by retention, and judgements corrected.

    ``entries`` are the newest numbers in the audit log that say so, ``mentions`` the ids of the mentions whose
    judgement was corrected last.
    """

    erasures: int
    erased_mentions: int
    expiries: int
    expired_mentions: int
    corrections: int
    corrected: tuple[Share, ...]
    entries: tuple[int, ...]
    mentions: tuple[str, ...]


def hands(erasures: Iterable[Erasure], corrections: Iterable[Correction], period: Period) -> Hands:
    """Return what people erased and corrected in the period; what retention took is counted apart."""
    gone = [erasure for erasure in erasures if period.since <= erasure.at < period.until]
    expired = [erasure for erasure in gone if erasure.target == "older"]
    erased = [erasure for erasure in gone if erasure.target != "older"]
    corrected = [correction for correction in corrections if period.since <= correction.at < period.until]
    ways = Counter(_way(correction) for correction in corrected)
    corrected.sort(key=lambda correction: correction.key, reverse=True)
    newest = sorted([*(erasure.key for erasure in gone), *(one.key for one in corrected)], reverse=True)[:NAMED]
    ids = dict.fromkeys(correction.mention for correction in corrected)
    return Hands(
        erasures=len(erased),
        erased_mentions=sum(erasure.count for erasure in erased),
        expiries=len(expired),
        expired_mentions=sum(erasure.count for erasure in expired),
        corrections=len(corrected),
        corrected=shares(ways, len(corrected), ""),
        entries=tuple(int(key) for key in newest),
        mentions=tuple(ids)[:NAMED],
    )


def _way(correction: Correction) -> str:
    """Return the direction of a correction in words."""
    was, to = correction.was, correction.to
    what = correction.field
    if what in ("topic", "move"):
        return f"{what} {was} to {to}" if was and to else f"{what} {was} removed" if was else f"{what} {to} added"
    if what in ("complaint", "praise", "wish", "question"):
        return f"no {what} to {what}" if to == "yes" else f"{what} to no {what}"
    if what in ("severity", "relevance"):
        return f"{what} {was} to {to}"
    if what == "brand":
        return f"{was} the brand to {to} it"
    return f"{was or 'unsaid'} to {to or 'unsaid'}"
