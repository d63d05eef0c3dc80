"""Share of voice: whose name is heard, raw and with every source weighing the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analysis.track import questions
from analysis.track.parts import BrandName, Estimate, Evidence
from analysis.track.statistics.rates import share

SMALL = 5  # Sources with fewer mentions than this are taken together: one mention is not 100% of a source.
ATTENTION = ("engagement.likes", "engagement.replies", "engagement.shares")


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A brand's share of what is said about all tracked brands.

    ``raw``: of all mentions. ``normalised``: the mean of its share within each source, so that a source that posts
    more does not weigh more. ``attention``: weighted by one plus likes, replies and shares.
    """

    brand: str
    name: str
    mentions: int
    raw: Estimate
    raw_before: float | None
    normalised: float
    attention: float
    evidence: Evidence


def question() -> questions.Document:
    """Return what is asked about every source and brand over one period."""
    inside = {field: {"stats": {"field": field}} for field in ATTENTION}
    body: questions.Document = questions.count_by("source.id", "brand.id", inside=inside)
    return body


def voices(
    brands: Sequence[BrandName],
    answer: questions.Document,
    totals: Mapping[str, int],
    totals_before: Mapping[str, int],
    evidence: Callable[[str, int], Evidence],
) -> tuple[Voice, ...]:
    """Return each brand's share of all mentions of the tracked brands, in the order of ``brands``.

    ``answer`` answers ``question`` for the period; ``totals`` are brand -> mentions in it and in the one compared with.
    """
    table, attention = _table(answer)
    everything, everything_before = sum(totals.values()), sum(totals_before.values())
    level = normalised(table)
    heard = sum(attention.values())
    return tuple(
        Voice(
            brand=brand.id,
            name=brand.name,
            mentions=totals.get(brand.id, 0),
            raw=share(totals.get(brand.id, 0), everything),
            raw_before=totals_before.get(brand.id, 0) / everything_before if everything_before else None,
            normalised=level.get(brand.id, 0.0),
            attention=attention.get(brand.id, 0.0) / heard if heard else 0.0,
            evidence=evidence(brand.id, totals.get(brand.id, 0)),
        )
        for brand in brands
    )


def _table(answer: questions.Document) -> tuple[dict[str, dict[str, int]], dict[str, float]]:
    table: dict[str, dict[str, int]] = {}
    attention: dict[str, float] = {}
    for (source, brand), bucket in questions.cells(answer, "source.id", "brand.id"):
        table.setdefault(source, {})[brand] = int(bucket["doc_count"])
        heard = bucket["doc_count"] + sum(questions.total(bucket, field) for field in ATTENTION)
        attention[brand] = attention.get(brand, 0.0) + heard
    return table, attention


def normalised(table: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """Return brand -> mean of its share within each source, from source -> brand -> mentions.

    Sources with fewer than ``SMALL`` mentions stand together as one.
    """
    groups: list[dict[str, int]] = []
    rest: dict[str, int] = {}
    for _, row in sorted(table.items()):
        if sum(row.values()) >= SMALL:
            groups.append(dict(row))
        else:
            rest = {brand: rest.get(brand, 0) + row.get(brand, 0) for brand in rest.keys() | row.keys()}
    groups += [rest] if rest else []
    result: dict[str, float] = {}
    for group in groups:
        size = sum(group.values())
        for brand, count in group.items():
            result[brand] = result.get(brand, 0.0) + count / size / len(groups)
    return result
