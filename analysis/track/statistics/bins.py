"""Whole days put together into the stretches that a trend is drawn in, and which of them are gaps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from analysis.track.parts import Estimate
from analysis.track.statistics.intervals import net_sentiment
from analysis.track.statistics.rates import estimate

# A stretch in which sources that bring this share of all mentions were silent is not drawn: it would look like a fall.
GAP = 0.15
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A stretch of whole days: how many mentions of each label. ``silent`` is the share of source-days without data.

    ``net`` is None where nothing was judged; ``gap`` is true where no source delivered, so that no line is drawn.
    """

    start: date
    days: int
    mentions: int
    negative: int
    neutral: int
    positive: int
    unsure: int
    net: Estimate | None
    silent: float
    gap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """How many mentions a theme has in a stretch of days, of how many of the brand; ``gap`` as in ``Bin``."""

    start: date
    days: int
    count: int
    mentions: int
    gap: bool


def day_of(moment: datetime) -> date:
    """Return the UTC day of ``moment``: every count here is by UTC day, so that no clock change makes a false day."""
    return moment.astimezone(UTC).date()


def days_in(since: datetime, until: datetime) -> list[date]:
    """Return the UTC days that [since, until) touches, in order."""
    first, last = day_of(since), day_of(until - timedelta(microseconds=1))
    return [first + DAY * step for step in range((last - first).days + 1)]


def stretches(days: list[date], *, period_days: float) -> list[tuple[date, int]]:
    """Return (first day, length) of the bins over ``days``, counted back from the last so that the newest is whole.

    One day each for a period of up to two weeks, seven days for one of up to 200 days, else 28. A rest at the old end
    that does not fill a bin is left out, unless it is all there is.
    """
    length = 1 if period_days <= 14 else 7 if period_days <= 200 else 28
    if len(days) < length:
        return [(days[0], len(days))] if days else []
    count = len(days) // length
    start = len(days) - count * length
    return [(days[start + index * length], length) for index in range(count)]


def silent_share(start: date, days: int, silent: Mapping[str, frozenset[date]], weights: Mapping[str, int]) -> float:
    """Return the share of what all sources usually bring that is missing from these days, 0 to 1."""
    whole = sum(weights.values()) * days
    if not whole:
        return 0.0
    span = [start + DAY * step for step in range(days)] if silent else []
    missing = sum(weights.get(source, 0) * sum(day in gone for day in span) for source, gone in silent.items())
    return missing / whole


def _sums(series: Mapping[date, int], edges: Sequence[tuple[date, int]]) -> list[int]:
    """Return how many each stretch has; stretches are in order and share no day. Days without any cost nothing."""
    sums, starts = [0] * len(edges), [start for start, _ in edges]
    for day, count in series.items():
        place = bisect_right(starts, day) - 1
        if place >= 0 and (day - starts[place]).days < edges[place][1]:
            sums[place] += count
    return sums


def net(negative: int, neutral: int, positive: int) -> Estimate | None:
    """Return the net sentiment of so many judged mentions, or None where none was judged."""
    if negative + neutral + positive == 0:
        return None
    return estimate(net_sentiment(negative, neutral, positive))


def sentiment_bins(
    labels: Mapping[str, Mapping[date, int]],
    edges: Sequence[tuple[date, int]],
    silent: Mapping[str, frozenset[date]],
    weights: Mapping[str, int],
) -> tuple[Bin, ...]:
    """Return one ``Bin`` for each stretch from label -> day -> mentions."""
    bins, judgements = [], ("negative", "neutral", "positive")
    sums = {label: _sums(labels.get(label, {}), edges) for label in {*judgements, *labels}}
    for place, (start, days) in enumerate(edges):
        counts = {label: sums[label][place] for label in judgements}
        unsure = sum(found[place] for label, found in sums.items() if label not in counts)
        missing = silent_share(start, days, silent, weights)
        judged = net(counts["negative"], counts["neutral"], counts["positive"])
        bins.append(
            Bin(
                start=start,
                days=days,
                mentions=sum(counts.values()) + unsure,
                **counts,
                unsure=unsure,
                net=judged,
                silent=missing,
                gap=missing >= GAP,
            )
        )
    return tuple(bins)


def trend(
    series: Mapping[date, int],
    mentions: Mapping[date, int],
    edges: Sequence[tuple[date, int]],
    silent: Mapping[str, frozenset[date]],
    weights: Mapping[str, int],
) -> tuple[TrendPoint, ...]:
    """Return a theme's count in each stretch, of how many mentions of the brand."""
    return tuple(
        TrendPoint(
            start=start,
            days=days,
            count=count,
            mentions=of,
            gap=silent_share(start, days, silent, weights) >= GAP,
        )
        for (start, days), count, of in zip(edges, _sums(series, edges), _sums(mentions, edges), strict=True)
    )
