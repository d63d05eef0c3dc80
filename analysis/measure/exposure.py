"""How much of each brand was watched on each day of the last half year, and what was read back late.

History that was collected late is kept from looking like a surge by ``analysis.track.backfill``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from analysis.measure import answers
from analysis.measure.answers import pieces
from analysis.measure.asking import Asking
from analysis.measure.scope import Scope, midnight, period
from analysis.track import backfill, questions
from analysis.track.backfill import Seen
from analysis.track.parts import Period
from analysis.track.statistics.bins import days_in, silent_share

PAST = timedelta(days=182)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days that are looked at, and what was seen of each brand on them.

    ``unread``: source -> days that are left out because they are not read to their end.
    """

    whole: Period
    days: list[date]
    seen: Mapping[str, Seen]
    unread: Mapping[str, frozenset[date]] = field(default_factory=dict)

    @property
    def split(self) -> frozenset[str]:
        """The brands whose late mentions are asked for apart."""
        return frozenset(brand for brand, seen in self.seen.items() if seen.split and any(seen.late))


def span(asking: Asking) -> Span:
    """The period and half a year before it."""
    return _span(asking, asking.of(answers.silence).silent)


def settled_span(asking: Asking) -> Span:
    """The same without the days of each source that are not read to their end: what is not read yet has not stopped."""
    silent, unread = asking.of(answers.silence).silent, asking.of(_unread)
    both = {name: silent.get(name, frozenset()) | unread.get(name, frozenset()) for name in {*silent, *unread}}
    return replace(_span(asking, both), unread=unread)


def by_source(asking: Asking) -> dict[str, dict[date, int]]:
    """Source -> day published -> mentions that were collected in time."""
    whole = half_year(asking.scope)
    _, back = asking.of(_read_back)
    if back:
        in_time, _ = asked_late(asking, whole, "source.id")
    else:
        # Each mention is of a tracked brand, and no brand has late ones: the days of collection need not be asked for.
        in_time = questions.daily(pieces(asking, whole, questions.by_day("source.id"), {}), "source.id")
    return {source: days for (source,), days in in_time.items()}


def _unread(asking: Asking) -> dict[str, frozenset[date]]:
    """Source -> days that are not read to their end.

    Those from its last good run on, or, where it is not crawled but handed over, from its newest mention on.
    """
    runs, days = asking.of(answers.silence).runs, days_in(half_year(asking.scope).since, asking.scope.period.until)
    found = {}
    for source, mentions in asking.of(by_source).items():
        good = [run.started_at.date() for run in runs.get(source, ()) if run.good]
        last = good[-1] if good else max(mentions)
        found[source] = frozenset(day for day in days if day >= last)
    return found


def _span(asking: Asking, silent: Mapping[str, frozenset[date]]) -> Span:
    scope = asking.scope
    whole = half_year(scope)
    days = days_in(whole.since, whole.until)
    in_time, back = asking.of(_read_back)
    live = watched(asking.of(by_source), days, silent)
    seen = {
        brand.id: backfill.seen(
            days, len(scope.days), in_time.get((brand.id,), {}), back.get((brand.id,), {}), watched=live
        )
        if back.get((brand.id,))
        else Seen(live=live, late=(0.0,) * len(days), usual=1.0, split=True)
        for brand in scope.brands
    }
    return Span(whole=whole, days=days, seen=seen)


def late(asking: Asking) -> int:
    """How many mentions of the period were read back long after they were published."""
    _, back = asking.of(_read_back)
    first = asking.scope.days[0]
    return sum(count for series in back.values() for day, count in series.items() if day >= first)


def half_year(scope: Scope) -> Period:
    """Return the period with half a year before it."""
    return period(midnight(scope.days[0]) - PAST, scope.period.until)


def _read_back(asking: Asking) -> tuple[questions.Daily, questions.Daily]:
    """(brand,) -> day published -> mentions collected in time, and late ones."""
    return asked_late(asking, half_year(asking.scope), "brand.id")


def asked_late(asking: Asking, whole: Period, *paths: str) -> tuple[questions.Daily, questions.Daily]:
    """Return values -> day published -> mentions collected in time, and late ones."""
    return backfill.read(pieces(asking, whole, backfill.body(*paths), {}, parts=backfill.PARTS), *paths)


def watched(
    series: Mapping[str, Mapping[date, int]], days: list[date], silent: Mapping[str, frozenset[date]]
) -> tuple[float, ...]:
    """Return for each day how much of the usual was watched live: 0 to 1. ``series`` is what ``by_source`` answers.

    A source counts from its first mention on that was collected in time, so that a source that was added lately, or
    whose feed reaches back a few days only, is no surge.
    """
    first = {source: min(counts) for source, counts in series.items()}
    last = days[-1]
    weights = {
        source: sum(counts.values()) * 1000 // ((last - first[source]).days + 1) + 1
        for source, counts in series.items()
    }
    unborn = {source: frozenset(day for day in days if day < born) for source, born in first.items()}
    gone = {source: unborn[source] | silent.get(source, frozenset()) for source in series}
    return tuple(1.0 - silent_share(day, 1, gone, weights) for day in days)
