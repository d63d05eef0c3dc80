"""The counting questions that a report asks a store, and how their answers are read. Pure: bodies out, answers in.

A body stays within what every engine shares. Days are innermost, because an engine that has them outside is six
times slower. Empty strings stand for "not told" and are never counted as a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

Document = dict[str, Any]
Daily = dict[tuple[str, ...], dict[date, int]]

LARGE = 1000  # Above any number of brands, sources or topics that one installation tracks.
CHUNK = timedelta(days=60)  # Keeps a question of brands x topics x days under an engine's limit of 65,535 buckets.
DAY_MS = 86_400_000
EXACT = 5000  # Mentions up to which different stories and authors are listed, which costs a bucket each.


def count_by(*paths: str, inside: Mapping[str, Document] | None = None, sizes: Mapping[str, int] | None = None) -> Any:
    """Return the body that counts mentions by the values of ``paths``, first outermost, ``inside`` innermost."""
    body: Document = dict(inside or {})
    for path in reversed(paths):
        level: Document = {"terms": {"field": path, "size": (sizes or {}).get(path, LARGE)}}
        if body:
            level["aggs"] = body
        body = {path: level}
    return body


def by_day(
    *paths: str, inside: Mapping[str, Document] | None = None, sizes: Mapping[str, int] | None = None
) -> Document:
    """Return the body that counts mentions by the values of ``paths`` and by UTC day, with metrics ``inside`` a day."""
    day: Document = {"date_histogram": {"field": "published_at", "fixed_interval": "1d", "min_doc_count": 1}}
    if inside:
        day["aggs"] = dict(inside)
    body: Document = count_by(*paths, inside={"day": day}, sizes=sizes)
    return body


def distinct(field: str, *, exact: bool = False) -> Document:
    """Return the question how many different values ``field`` has; ``value`` reads its answer.

    Engines estimate it (2% off above some hundred); ``exact`` lists the values, for a selection of up to ``EXACT``.
    """
    return {"terms": {"field": field, "size": 10 * EXACT}} if exact else {"cardinality": {"field": field}}


def top(field: str, size: int) -> Document:
    """Return the body of one terms question, to stand inside another."""
    return {"terms": {"field": field, "size": size}}


def buckets(answer: Document, name: str) -> Iterator[tuple[str, Document]]:
    """Yield the key and the bucket of a terms answer, most first, ties by key, without the empty string."""
    keyed = [(str(bucket["key"]), bucket) for bucket in answer.get(name, {}).get("buckets", ()) if bucket["key"] != ""]
    yield from sorted(keyed, key=lambda pair: (-int(pair[1]["doc_count"]), pair[0]))


def counts(answer: Document, name: str) -> dict[str, int]:
    """Return value -> mentions of one terms answer, most first, ties by key."""
    return {key: int(bucket["doc_count"]) for key, bucket in buckets(answer, name)}


def value(answer: Document, name: str) -> int:
    """Return a metric's answer as a whole number; 0 where the engine had nothing to count."""
    metric = answer.get(name, {})
    return len(metric["buckets"]) if "buckets" in metric else round(metric.get("value") or 0)


def total(answer: Document, name: str) -> float:
    """Return the sum of a stats answer; 0 where the engine had nothing to add."""
    return float(answer.get(name, {}).get("sum") or 0.0)


def cells(answer: Document, *paths: str) -> Iterator[tuple[tuple[str, ...], Document]]:
    """Yield the innermost buckets of a ``count_by`` answer with the values that lead to them."""
    if not paths:
        yield (), answer
        return
    for key, bucket in buckets(answer, paths[0]):
        for keys, inner in cells(bucket, *paths[1:]):
            yield (key, *keys), inner


def daily(answers: Iterable[Document], *paths: str, metric: str = "") -> Daily:
    """Return values -> day -> mentions of ``by_day`` answers; answers over neighbouring stretches are added up.

    With ``metric``, the values of that metric inside a day are returned in place of mentions.
    """
    series: Daily = {}
    for answer in answers:
        for keys, bucket in cells(answer, *paths):
            days = series.setdefault(keys, {})
            for entry in bucket.get("day", {}).get("buckets", ()):
                day = day_of(entry["key"])
                days[day] = days.get(day, 0) + (value(entry, metric) if metric else int(entry["doc_count"]))
    return series


_EPOCH_DAY = date(1970, 1, 1).toordinal()


def day_of(key_ms: float) -> date:
    """Return the day that a bucket by day stands for."""
    return date.fromordinal(_EPOCH_DAY + int(key_ms) // DAY_MS)


def stretches(
    since: datetime, until: datetime, *, days: Sequence[date] | None = None, parts: int = 1
) -> Iterator[tuple[datetime, datetime]]:
    """Yield [since, until) in pieces that one question by day can answer; cuts are at UTC midnights.

    ``days`` are those that have mentions, in order, where that is known: a day without any needs no bucket, so that a
    piece may reach over years of them, and none begins or ends with one. ``parts`` is how many buckets the question
    needs for a day.
    """
    start = since
    if days is None:
        while start < until:
            cut = _midnight(start.date()) + CHUNK // parts
            yield start, min(cut, until)
            start = cut
        return
    together = CHUNK.days // parts
    for place in range(0, len(days), together):
        some = days[place : place + together]
        yield max(_midnight(some[0]), since), min(_midnight(some[-1]) + timedelta(days=1), until)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def summed(series: Daily, *prefix: str) -> dict[date, int]:
    """Return day -> mentions over all keys that begin with ``prefix``."""
    result: dict[date, int] = {}
    for keys, days in series.items():
        if keys[: len(prefix)] == prefix:
            for day, count in days.items():
                result[day] = result.get(day, 0) + count
    return result


def minus(series: Mapping[date, int], gone: Mapping[date, int]) -> dict[date, int]:
    """Return day -> mentions of ``series`` without those of ``gone``."""
    return {day: count - gone.get(day, 0) for day, count in series.items()}
