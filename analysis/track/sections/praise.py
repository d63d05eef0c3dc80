"""What is praised in us and in competitors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.track import topics
from analysis.track.parts import BrandName, Evidence, Quote, Topicless
from analysis.track.topics import Buckets

PRAISED = 3  # The fewest mentions that praise a theme in a competitor before it is said to have it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Praise:
    """What is praised in a brand."""

    brand: str
    theme: str
    name: str
    count: int
    mentions: int
    quotes: tuple[Quote, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Praised:
    """What is praised in every brand, and for each brand that has any, the praise that no topic names."""

    praise: tuple[Praise, ...]
    topicless_praise: tuple[Topicless, ...]


def praised_at(theme: str, brands: Sequence[BrandName], praise: Buckets) -> tuple[str, ...]:
    """Return which of ``brands`` at least ``PRAISED`` mentions praise for ``theme``, most praised first."""
    counts = {brand.id: topics.count(praise, brand.id, theme) for brand in brands}
    praised = (id_ for id_, count in counts.items() if count >= PRAISED)
    return tuple(sorted(praised, key=lambda id_: (-counts[id_], id_)))
