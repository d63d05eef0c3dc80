"""Asks the store for every complaint series and hands them to ``analysis.track.emerging``.

Sits beside ``analysis.measure.report``; the alerts ask the same with a shorter period. Series of which fewer than three
mentions lie in the period cannot be called emerging (three authors are the least), and beyond 2,000 phrase series only
those that rose most are looked at: the others are counted as tested, with nothing found, so that the error rate holds
over all. History that was collected late is kept from looking like a surge
by ``analysis.track.backfill``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from analysis.measure.answers import Answers, Scope, Terms, look, period
from analysis.track import backfill, themes
from analysis.track import questions as ask
from analysis.track.backfill import Seen
from analysis.track.emerging import (
    FEWEST_AUTHORS,
    FEWEST_STORIES,
    ComplaintSeries,
    Emerging,
    EmergingComplaint,
    Tested,
    emerging,
)
from analysis.track.results import EmergingSeries, Period, TestedSeries
from analysis.track.statistics.bins import days_in, silent_share
from analysis.track.statistics.rates import estimate

PAST = timedelta(days=182)
PHRASES = "complaint_phrases"
MOST = 2000  # phrase series that are looked at day by day: where there are more, those that rose most
MANY = 20_000  # phrases of one brand in one period


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was found, of how many series; the error rate is that of ``find``.

    ``series`` are those that were looked at day by day, most certain first. ``late`` mentions of the period were read
    back long after they were published.
    """

    found: tuple[EmergingSeries, ...]
    series: tuple[TestedSeries, ...]
    tested: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """The days that are looked at, and what was seen of each brand on them."""

    whole: Period
    days: list[date]
    seen: Mapping[str, Seen]

    @property
    def split(self) -> frozenset[str]:
        """The brands whose late mentions are asked for apart."""
        return frozenset(brand for brand, one in self.seen.items() if one.split and any(one.late))


def find(scope: Scope, found: Answers, names: Mapping[str, str], *, error_rate: float) -> Watched:
    """Return the complaints of the period that are more than their own past explains, most certain first."""
    whole = period(_midnight(found.now.days[0]) - PAST, scope.period.until)
    days = days_in(whole.since, whole.until)
    in_time, late = _asked_late(scope, whole, "brand.id")
    fresh = sum(count for series in late.values() for day, count in series.items() if day >= found.now.days[0])
    live = watched(scope, whole, days, found.silent, late=bool(late))
    seen = {
        brand.id: backfill.seen(
            days, len(found.now.days), in_time.get((brand.id,), {}), late.get((brand.id,), {}), watched=live
        )
        if late.get((brand.id,))
        else Seen(live=live, late=(0.0,) * len(days), usual=1.0, split=True)
        for brand in scope.brands
    }
    span = _Span(whole=whole, days=days, seen=seen)
    phrases = _phrase_counts(scope, scope.period)
    topics = list(_topics(scope, span))
    series = [*topics, *_phrases(scope, span, phrases, {(one.brand, one.topic): one.counts for one in topics})]
    if not series:
        return Watched(found=(), series=(), tested=0, late=fresh)
    tested = max(len(series), sum(not one.phrase for one in series) + len(phrases))
    # Those that are not looked at would get p = 1, so Benjamini and Hochberg over all is the same as over the others
    # at a rate that is smaller by their share.
    share = len(series) / tested
    judged: Emerging = emerging(series, start=days[0], period_days=len(found.now.days), q=error_rate * share)
    findings = [_finding(scope, replace(one, q=one.q / share), names) for one in judged.found]
    new = tuple(one for one in findings if one is not None)
    return Watched(found=new, series=_table(judged, new, share), tested=tested, late=fresh)


def _table(judged: Emerging, new: Sequence[EmergingSeries], share: float) -> tuple[TestedSeries, ...]:
    """Return every series that was judged, most certain first, with what became of it."""
    found = {(one.brand, one.theme, one.phrase) for one in new}
    certain = {(one.brand, one.topic, one.phrase) for one in judged.found} | {key for key, _ in judged.held_back}

    def row(one: Tested) -> TestedSeries:
        key = (one.brand, one.topic, one.phrase)
        return TestedSeries(
            brand=one.brand,
            theme=one.topic,
            phrase=one.phrase,
            window_days=one.window_days,
            observed=one.count,
            expected=one.expected,
            p_value=one.p,
            q_value=min(1.0, one.q / share),
            outcome="new" if key in found else "too few authors or stories" if key in certain else "not new",
        )

    return tuple(row(one) for one in sorted(judged.series, key=lambda one: (one.p, one.brand, one.topic, one.phrase)))


def _asked_late(scope: Scope, whole: Period, *paths: str, terms: Terms | None = None) -> tuple[ask.Daily, ask.Daily]:
    """Return values -> day published -> mentions collected in time, and late ones."""
    return backfill.read(_pieces(scope, whole, backfill.body(*paths), terms or {}, parts=backfill.PARTS), *paths)


def _pieces(scope: Scope, whole: Period, body: ask.Document, terms: Terms, *, parts: int = 1) -> Iterator[ask.Document]:
    for since, until in ask.stretches(whole.since, whole.until, parts=parts):
        yield scope.store.aggregate(replace(scope.filter(whole, terms), since=since, until=until), body)


def watched(
    scope: Scope, whole: Period, days: list[date], silent: Mapping[str, frozenset[date]], *, late: bool
) -> tuple[float, ...]:
    """Return for each day how much of the usual was watched live: 0 to 1.

    A source counts from its first mention on that was collected in time, so that a source that was added lately, or
    whose feed reaches back a few days only, is no surge. ``late`` says that there are others.
    """
    if late:
        found, _ = _asked_late(scope, whole, "source.id")
    else:
        found = ask.daily(_pieces(scope, whole, ask.by_day("source.id"), {}), "source.id")
    told = {source: series for (source,), series in found.items()}
    first = {source: min(series) for source, series in told.items()}
    last = days[-1]
    weights = {
        source: sum(series.values()) * 1000 // ((last - first[source]).days + 1) + 1 for source, series in told.items()
    }
    unborn = {source: frozenset(day for day in days if day < born) for source, born in first.items()}
    gone = {source: unborn[source] | silent.get(source, frozenset()) for source in told}
    return tuple(1.0 - silent_share(day, 1, gone, weights) for day in days)


def _topics(scope: Scope, span: _Span) -> Iterator[ComplaintSeries]:
    """The themes as a whole."""
    in_time, late = _stories(scope, span, themes.FIELD, {})
    for brand, theme in sorted({(keys[0], keys[1]) for keys in (*in_time, *late)}):
        yield _series(span, brand, theme, "", in_time.get((brand, theme), {}), late.get((brand, theme), {}))


def _series(
    span: _Span,
    brand: str,
    theme: str,
    phrase: str,
    in_time: Mapping[date, int],
    late: Mapping[date, int],
    whole: Sequence[int] = (),
) -> ComplaintSeries:
    """Return one series; ``whole`` are the counts of a phrase's theme."""
    # How many authors and stories there are is asked for what is found only: see _finding.
    seen = span.seen[brand]
    counts = [in_time.get(day, 0) for day in span.days]
    return ComplaintSeries(
        brand=brand,
        topic=theme,
        phrase=phrase,
        counts=counts,
        late=[late.get(day, 0) for day in span.days] if late else (),
        exposure=seen.live if seen.split else seen.without(whole or counts),
        late_exposure=seen.late if seen.split else (),
        authors=FEWEST_AUTHORS,
        stories=FEWEST_STORIES,
    )


def _phrase_counts(scope: Scope, span: Period) -> dict[tuple[str, str], int]:
    """Return (brand, theme/phrase) -> mentions in a period."""
    answer = scope.store.aggregate(scope.filter(span), ask.count_by("brand.id", PHRASES, sizes={PHRASES: MANY}))
    return {(keys[0], keys[1]): int(bucket["doc_count"]) for keys, bucket in ask.cells(answer, "brand.id", PHRASES)}


def _phrases(
    scope: Scope,
    span: _Span,
    counts: Mapping[tuple[str, str], int],
    topics: Mapping[tuple[str, str], Sequence[int]],
) -> Iterator[ComplaintSeries]:
    """The key phrases that can be news, and the same ones at the other brands, each behind its theme."""
    often = _risen(scope, span, {key: count for key, count in counts.items() if count >= FEWEST_AUTHORS})
    for brand in scope.brands:
        wanted = [name for name in often if (brand.id, name) in counts]
        if not wanted:
            continue
        in_time, late = _stories(scope, span, PHRASES, {"brand.id": [brand.id], PHRASES: wanted})
        for name in sorted(wanted):
            theme, _, phrase = name.partition("/")
            key = (brand.id, name)
            whole = topics.get((brand.id, theme), ())
            yield _series(span, brand.id, theme, phrase, in_time.get(key, {}), late.get(key, {}), whole)


def _risen(scope: Scope, span: _Span, counts: Mapping[tuple[str, str], int]) -> list[str]:
    """Return the phrases to look at: all of them, or where there are too many those that rose most at any brand.

    This only chooses what is looked at; the others count as tested with nothing found, so no error rate suffers.
    """
    names = {name for _, name in counts}
    most = max(1, MOST // max(1, len(scope.brands)))
    if len(names) <= most:
        return sorted(names)
    past = _phrase_counts(scope, period(span.whole.since, scope.period.since))
    share = scope.period.days / ((scope.period.since - span.whole.since) / timedelta(days=1))
    risen: dict[str, float] = dict.fromkeys(names, 0.0)
    for key, count in counts.items():
        usual = past.get(key, 0) * share
        risen[key[1]] = max(risen[key[1]], (count - usual) / math.sqrt(usual + 1.0))
    return sorted(sorted(names, key=lambda name: (-risen[name], name))[:most])


def _stories(scope: Scope, span: _Span, field: str, terms: Terms) -> tuple[ask.Daily, ask.Daily]:
    """Return (brand, value) -> day -> stories: near-identical copies of one day count once.

    The second holds those that were collected late, of the brands for which they are kept apart.
    """
    stories, sizes = {"stories": ask.distinct("story")}, {field: MANY}
    brands = set(terms.get("brand.id", (brand.id for brand in scope.brands)))
    in_time: ask.Daily = {}
    late: ask.Daily = {}
    if all_of := sorted(brands - span.split):
        body = ask.by_day("brand.id", field, inside=stories, sizes=sizes)
        found = _pieces(scope, span.whole, body, {**terms, "brand.id": all_of})
        in_time = ask.daily(found, "brand.id", field, metric="stories")
    if apart := sorted(brands & span.split):
        body = backfill.body("brand.id", field, inside=stories, sizes=sizes)
        found = _pieces(scope, span.whole, body, {**terms, "brand.id": apart}, parts=backfill.PARTS)
        soon, late = backfill.read(found, "brand.id", field, metric="stories")
        in_time = {**in_time, **soon}
    return in_time, late


def _finding(scope: Scope, one: EmergingComplaint, names: Mapping[str, str]) -> EmergingSeries | None:
    """Return the finding with its evidence, or None where too few authors or stories stand behind it."""
    terms = {"brand.id": [one.brand], themes.FIELD: [one.topic]}
    if one.phrase:
        terms = {"brand.id": [one.brand], PHRASES: [f"{one.topic}/{one.phrase}"]}
    span = period(scope.period.until - timedelta(days=one.window_days), scope.period.until)
    behind = scope.store.aggregate(
        scope.filter(span, terms), {"authors": ask.distinct("author"), "stories": ask.distinct("story")}
    )
    authors, stories = ask.value(behind, "authors"), ask.value(behind, "stories")
    if authors < FEWEST_AUTHORS or stories < FEWEST_STORIES:
        return None
    proof, _ = look(scope, scope.store.count(scope.filter(span, terms)), terms, period=span)
    return EmergingSeries(
        brand=one.brand,
        theme=one.topic,
        name=themes.readable(one.topic, names),
        phrase=one.phrase,
        window_days=one.window_days,
        observed=one.count,
        expected=one.expected,
        growth=estimate(one.growth),
        p_value=one.p,
        q_value=one.q,
        market=one.market,
        authors=authors,
        stories=stories,
        first_seen=one.first_seen,
        evidence=proof,
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
