"""What is wished for and praised, who is praised for it already, and what is blamed in us but praised in others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.track import questions as ask
from analysis.track.results import BrandName, Contrast, Estimate, Evidence
from analysis.track.statistics.bins import net
from analysis.track.statistics.rates import difference

PRAISED = 3  # The fewest mentions that praise a theme in a competitor before it is said to have it.

Topic = Literal["complaint_topics", "praise_topics", "wish_topics"]


def question(field: Topic, *, phrases: str = "") -> ask.Document:
    """Return what is asked about one sort of topic of every brand over one period; authors where phrases are wanted."""
    inside: ask.Document = {}
    if phrases:
        inside = {"authors": ask.distinct("author"), "phrases": ask.top(phrases, 40)}
    body: ask.Document = ask.count_by("brand.id", field, inside=inside)
    return body


def table(answer: ask.Document, field: Topic) -> dict[tuple[str, str], ask.Document]:
    """Return (brand, topic) -> its part of the answer, most mentions first."""
    found = dict(ask.cells(answer, "brand.id", field))
    keys = sorted(found, key=lambda key: (-int(found[key[0], key[1]]["doc_count"]), key))
    return {(key[0], key[1]): found[key] for key in keys}


def praised_at(
    theme: str, brands: Sequence[BrandName], praise: Mapping[tuple[str, str], ask.Document]
) -> tuple[str, ...]:
    """Return which of ``brands`` at least ``PRAISED`` mentions praise for ``theme``, most praised first."""
    found = {brand.id: int(praise[brand.id, theme]["doc_count"]) for brand in brands if (brand.id, theme) in praise}
    return tuple(sorted((one for one, count in found.items() if count >= PRAISED), key=lambda one: (-found[one], one)))


def topic_gap(complaints: int, praise: int, their_complaints: int, their_praise: int) -> Estimate | None:
    """Return our net on a theme (praise minus complaints over both) minus theirs, or None where one has no mentions."""
    ours, theirs = net(complaints, 0, praise), net(their_complaints, 0, their_praise)
    return None if ours is None or theirs is None else difference(ours, theirs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A theme on which a competitor stands clearly better; ``ours`` and ``theirs`` are (complaints, praise)."""

    brand: str
    competitor: str
    theme: str
    ours: tuple[int, int]
    theirs: tuple[int, int]
    gap: Estimate


def gaps(
    own: Sequence[BrandName],
    others: Sequence[BrandName],
    complaints: Mapping[tuple[str, str], ask.Document],
    praise: Mapping[tuple[str, str], ask.Document],
    *,
    most: int = 6,
) -> list[Gap]:
    """Return the gaps whose whole interval lies below zero, the surest first."""

    def counts(brand: str, theme: str) -> tuple[int, int]:
        one, other = (int(table.get((brand, theme), {}).get("doc_count", 0)) for table in (complaints, praise))
        return one, other

    found = []
    for brand, theme in complaints:
        for other in others if brand in {one.id for one in own} else ():
            ours, theirs = counts(brand, theme), counts(other.id, theme)
            gap = topic_gap(*ours, *theirs)
            if gap is not None and gap.high < 0 and theirs[1] >= PRAISED:
                found.append(Gap(brand=brand, competitor=other.id, theme=theme, ours=ours, theirs=theirs, gap=gap))
    return sorted(found, key=lambda one: (one.gap.high, one.brand, one.competitor, one.theme))[:most]


def contrast(found: Gap, *, name: str, evidence: Evidence, ours: Evidence) -> Contrast:
    """Return the gap as a finding."""
    return Contrast(
        brand=found.brand,
        competitor=found.competitor,
        theme=found.theme,
        name=name,
        our_complaints=found.ours[0],
        our_praise=found.ours[1],
        their_complaints=found.theirs[0],
        their_praise=found.theirs[1],
        gap=found.gap,
        evidence=evidence,
        ours=ours,
    )
