"""What is blamed in us and praised in a competitor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.track import topics
from analysis.track.parts import BrandName, Estimate, Evidence
from analysis.track.sections.praise import PRAISED
from analysis.track.statistics.bins import net
from analysis.track.statistics.rates import difference
from analysis.track.topics import Buckets


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A theme that is blamed in us and praised in a competitor; ``gap`` is our net minus theirs on this theme.

    Net on a theme is praise minus complaints, divided by both together. ``evidence`` opens their praise, ``ours`` our
    complaints.
    """

    brand: str
    competitor: str
    theme: str
    name: str
    our_complaints: int
    our_praise: int
    their_complaints: int
    their_praise: int
    gap: Estimate
    evidence: Evidence
    ours: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A theme on which a competitor stands clearly better; ``ours`` and ``theirs`` are (complaints, praise)."""

    brand: str
    competitor: str
    theme: str
    ours: tuple[int, int]
    theirs: tuple[int, int]
    gap: Estimate


def topic_gap(complaints: int, praise: int, their_complaints: int, their_praise: int) -> Estimate | None:
    """Return our net on a theme (praise minus complaints over both) minus theirs, or None where one has no mentions."""
    ours, theirs = net(complaints, 0, praise), net(their_complaints, 0, their_praise)
    return None if ours is None or theirs is None else difference(ours, theirs)


def gaps(
    own: Sequence[BrandName], others: Sequence[BrandName], complaints: Buckets, praise: Buckets, *, most: int = 6
) -> list[Gap]:
    """Return the gaps whose whole interval lies below zero, the surest first."""

    def counts(brand: str, theme: str) -> tuple[int, int]:
        return topics.count(complaints, brand, theme), topics.count(praise, brand, theme)

    ours_only = {brand.id for brand in own}
    clear = []
    for brand, theme in complaints:
        for other in others if brand in ours_only else ():
            ours, theirs = counts(brand, theme), counts(other.id, theme)
            gap = topic_gap(*ours, *theirs)
            if gap is not None and gap.high < 0 and theirs[1] >= PRAISED:
                clear.append(Gap(brand=brand, competitor=other.id, theme=theme, ours=ours, theirs=theirs, gap=gap))
    return sorted(clear, key=lambda gap: (gap.gap.high, gap.brand, gap.competitor, gap.theme))[:most]


def contrast(gap: Gap, *, name: str, evidence: Evidence, ours: Evidence) -> Contrast:
    """Return the gap as a finding."""
    return Contrast(
        brand=gap.brand,
        competitor=gap.competitor,
        theme=gap.theme,
        name=name,
        our_complaints=gap.ours[0],
        our_praise=gap.ours[1],
        their_complaints=gap.theirs[0],
        their_praise=gap.theirs[1],
        gap=gap.gap,
        evidence=evidence,
        ours=ours,
    )
