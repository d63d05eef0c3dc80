"""Asks the store for every complaint series and hands them to ``analysis.track.emerging``.

Sits beside ``analysis.measure``; the alerts ask the same with a shorter period. Series of which fewer than three
mentions lie in the period cannot be called emerging (three authors are the least): they are counted as tested, with
nothing found, so that the error rate holds over all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from analysis.answers import Answers, Scope, Terms, daily, look, period
from analysis.track import questions as ask
from analysis.track import themes
from analysis.track.bins import days_in, silent_share
from analysis.track.emerging import (
    FEWEST_AUTHORS,
    FEWEST_STORIES,
    ComplaintSeries,
    Emerging,
    EmergingComplaint,
    emerging,
)
from analysis.track.rates import estimate
from analysis.track.results import EmergingSeries, Period

PAST = timedelta(days=182)
PHRASES = "complaint_phrases"
MOST = 800  # phrase series of one brand that are looked at day by day, the most frequent first
MANY = 20_000  # phrases of one brand in one period


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was found, of how many series; the error rate is that of ``find``."""

    found: tuple[EmergingSeries, ...]
    tested: int


def find(scope: Scope, found: Answers, names: Mapping[str, str], *, error_rate: float) -> Watched:
    """Return the complaints of the period that are more than their own past explains, most certain first."""
    whole = period(_midnight(found.now.days[0]) - PAST, scope.period.until)
    days = days_in(whole.since, whole.until)
    phrases = _phrase_counts(scope)
    series = [*_topics(scope, whole, days), *_phrases(scope, whole, days, phrases)]
    if not series:
        return Watched(found=(), tested=0)
    exposure = watched(scope, whole, days, found.silent)
    tested = max(len(series), sum(not one.phrase for one in series) + len(phrases))
    # Those that are not looked at would get p = 1, so Benjamini and Hochberg over all is the same as over the others
    # at a rate that is smaller by their share.
    share = len(series) / tested
    judged: Emerging = emerging(
        [replace(one, exposure=exposure) for one in series],
        start=days[0],
        period_days=len(found.now.days),
        q=error_rate * share,
    )
    findings = (_finding(scope, replace(one, q=one.q / share), names) for one in judged.found)
    return Watched(found=tuple(one for one in findings if one is not None), tested=tested)


def watched(scope: Scope, whole: Period, days: list[date], silent: Mapping[str, frozenset[date]]) -> tuple[float, ...]:
    """Return for each day how much of the usual was watched: 0 to 1.

    A source counts from its first mention on, so that a source that was added lately, or whose feed reaches back a few
    days only, is no surge.
    """
    told = {source: series for (source,), series in daily(scope, whole, "source.id").items()}
    first = {source: min(series) for source, series in told.items()}
    last = days[-1]
    weights = {
        source: sum(series.values()) * 1000 // ((last - first[source]).days + 1) + 1 for source, series in told.items()
    }
    unborn = {source: frozenset(day for day in days if day < born) for source, born in first.items()}
    gone = {source: unborn[source] | silent.get(source, frozenset()) for source in told}
    return tuple(1.0 - silent_share(day, 1, gone, weights) for day in days)


def _topics(scope: Scope, whole: Period, days: list[date]) -> Iterator[ComplaintSeries]:
    """The themes as a whole."""
    for (brand, theme), series in sorted(_stories(scope, whole, themes.FIELD, {}).items()):
        yield _series(brand, theme, "", series, days)


def _series(brand: str, theme: str, phrase: str, series: Mapping[date, int], days: list[date]) -> ComplaintSeries:
    # How many authors and stories there are is asked for what is found only: see _finding.
    counts = [series.get(day, 0) for day in days]
    return ComplaintSeries(
        brand=brand, topic=theme, phrase=phrase, counts=counts, authors=FEWEST_AUTHORS, stories=FEWEST_STORIES
    )


def _phrase_counts(scope: Scope) -> dict[tuple[str, str], int]:
    """Return (brand, theme/phrase) -> mentions in the period."""
    answer = scope.store.aggregate(scope.filter(scope.period), ask.count_by("brand.id", PHRASES, sizes={PHRASES: MANY}))
    return {(keys[0], keys[1]): int(bucket["doc_count"]) for keys, bucket in ask.cells(answer, "brand.id", PHRASES)}


def _phrases(
    scope: Scope, whole: Period, days: list[date], counts: Mapping[tuple[str, str], int]
) -> Iterator[ComplaintSeries]:
    """The key phrases that can be news, and the same ones at the other brands, each behind its theme."""
    often = sorted({name for (_, name), count in counts.items() if count >= FEWEST_AUTHORS})
    for brand in scope.brands:
        known = [name for name in often if (brand.id, name) in counts]
        wanted = sorted(known, key=lambda name: (-counts[brand.id, name], name))[:MOST]
        if not wanted:
            continue
        table = _stories(scope, whole, PHRASES, {"brand.id": [brand.id], PHRASES: wanted})
        for name in sorted(wanted):
            theme, _, phrase = name.partition("/")
            yield _series(brand.id, theme, phrase, table.get((brand.id, name), {}), days)


def _stories(scope: Scope, whole: Period, field: str, terms: Terms) -> ask.Daily:
    """Return (brand, value) -> day -> stories: near-identical copies of one day count once."""
    body = ask.by_day("brand.id", field, inside={"stories": ask.distinct("story")}, sizes={field: MANY})
    answers = [
        scope.store.aggregate(replace(scope.filter(whole, terms), since=since, until=until), body)
        for since, until in ask.stretches(whole.since, whole.until)
    ]
    return ask.daily(answers, "brand.id", field, metric="stories")


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
        q_value=one.q,
        market=one.market,
        authors=authors,
        stories=stories,
        first_seen=one.first_seen,
        evidence=proof,
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
