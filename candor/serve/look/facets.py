"""What the mentions of a list can be narrowed by, with how many there are of each; and how they lie in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from analysis.model import SENTIMENTS
from analysis.model.times import from_ms, written
from analysis.store.base import Document, Filter, Store
from analysis.track import questions
from candor.serve.look.asked import Asked

SHOWN = 8
MOST = 100
FACETS = (
    ("brand.id", "Brand"),
    ("sentiment.label", "Sentiment"),
    ("intents", "What they do"),
    ("complaint_topics", "Complaint about"),
    ("topics", "Topic"),
    ("severity.level", "Harm"),
    ("source.id", "Source"),
    ("moves", "Brand's move"),
    ("product_version", "Version"),
    ("lang", "Language"),
    ("relevance.level", "About the brand"),
)
BARS = 60
_TIME = "time"
_EDGES: Document = {_TIME: {"stats": {"field": "published_at"}}}
_HOUR = 3_600_000
_STEPS_H = (1, 3, 6, 12, 24, 48, 168, 336, 720, 2184, 8760)


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    """One value: how many of the list have it, and the address of the list that is narrowed to it, or no longer."""

    value: str
    count: int
    chosen: bool
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One field and its values, most first."""

    path: str
    title: str
    values: tuple[FacetValue, ...]

    @property
    def more(self) -> int:
        """How many values are folded away."""
        return max(0, len(self.values) - SHOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Mentions of a stretch of time, and the address of the list that is narrowed to it."""

    start: datetime
    until: datetime
    count: int
    negative: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """The list over time; ``most`` is the highest bar, ``address`` that of the list at any time."""

    bars: tuple[Bar, ...]
    most: int
    step: timedelta
    address: str

    @property
    def edges(self) -> tuple[str, ...]:
        """Where the bars begin, and where the last of them ends, as addresses write times."""
        return tuple(written(at, to="auto") for at in (*(bar.start for bar in self.bars), self.bars[-1].until))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How many mentions a list has, what it can be narrowed by, and how it lies in time: None where there are none."""

    total: int
    facets: tuple[Facet, ...]
    histogram: Histogram | None


def overview(store: Store, where: Filter, wanted: Asked, *, now: datetime) -> Overview:
    """Return what stands around a list. A field that is chosen shows what else could be chosen of it.

    All is counted in one walk through the list, and the bars, whose width that decides, in a second one.
    """
    body = {path: questions.top(path, MOST) for path, _ in FACETS}
    answer = store.aggregate(where, {**body, **_EDGES})
    edges = answer[_TIME]
    for path in wanted.terms.keys() & body.keys():
        others = replace(where, terms={name: values for name, values in where.terms.items() if name != path})
        answer[path] = store.aggregate(others, {path: body[path]})[path]
    made = (Facet(path=path, title=title, values=_values(answer, path, wanted)) for path, title in FACETS)
    return Overview(
        total=int(edges["count"]),
        facets=tuple(facet for facet in made if len(facet.values) > 1 or facet.path in wanted.terms),
        histogram=None if wanted.time else _histogram(store, where, wanted, edges, now=now),
    )


def histogram(store: Store, where: Filter, wanted: Asked, *, now: datetime) -> Histogram | None:
    """Return how the mentions of a list lie in time; None where there are none."""
    return _histogram(store, where, wanted, store.aggregate(where, _EDGES)[_TIME], now=now)


def _values(answer: Any, path: str, wanted: Asked) -> tuple[FacetValue, ...]:
    chosen = wanted.terms.get(path, ())
    counts = questions.counts(answer, path)
    counts |= {value: 0 for value in chosen if value not in counts}
    made = [
        FacetValue(value=value, count=count, chosen=value in chosen, address=wanted.with_value(path, value).address())
        for value, count in counts.items()
    ]
    return tuple(sorted(made, key=lambda one: not one.chosen))


def _histogram(store: Store, where: Filter, wanted: Asked, edges: Document, *, now: datetime) -> Histogram | None:
    """Return the bars between the first and the last mention of a list, or the ends that it was asked to have."""
    if not edges.get("count"):
        return None
    low = int(where.since.timestamp() * 1000) if where.since else int(edges["min"])
    high = (
        int(min(where.until, max(now, from_ms(int(edges["max"])))).timestamp() * 1000)
        if where.until
        else int(edges["max"]) + 1
    )
    step = next((hours * _HOUR for hours in _STEPS_H if (high - low) / (hours * _HOUR) <= BARS), 0)
    step = step or -(-(high - low) // (BARS * 24 * _HOUR)) * 24 * _HOUR
    days = {"date_histogram": {"field": "published_at", "fixed_interval": f"{step // _HOUR}h", "min_doc_count": 1}}
    # Every mention has one label, so that those of all labels are all mentions.
    body = {"label": {"terms": {"field": "sentiment.label", "size": len(SENTIMENTS)}, "aggs": {"days": days}}}
    labels = store.aggregate(where, body)["label"]["buckets"]
    by_label = {label["key"]: _counts(label["days"]["buckets"]) for label in labels}
    counts = sum(map(Counter, by_label.values()), Counter[int]())
    negative = by_label.get("negative", {})
    bars = tuple(
        _bar(start, step, counts.get(start, 0), negative.get(start, 0), where, wanted)
        for start in range(low // step * step, max(high, low + 1), step)
    )
    return Histogram(
        bars=bars,
        most=max(bar.count for bar in bars),
        step=timedelta(milliseconds=step),
        address=wanted.but(since="", until="").address(),
    )


def _counts(buckets: Sequence[Any]) -> dict[int, int]:
    return {int(bucket["key"]): int(bucket["doc_count"]) for bucket in buckets}


def _bar(start: int, step: int, count: int, negative: int, where: Filter, wanted: Asked) -> Bar:
    first, last = from_ms(start), from_ms(start + step)
    first = max(first, where.since) if where.since else first
    last = min(last, where.until) if where.until else last
    address = wanted.but(since=written(first, to="auto"), until=written(last, to="auto")).address()
    return Bar(start=first, until=last, count=count, negative=negative, address=address)
