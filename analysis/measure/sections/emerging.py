"""Asks the store for every complaint series and hands them to ``analysis.track.statistics.emergence``.

The alerts ask the same with a shorter period. Series of which fewer than three mentions lie in the period cannot be
called emerging (three authors are the least), and beyond 2,000 phrase series only those that rose most are looked at:
the others are counted as tested, with nothing found, so that the error rate holds over all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from analysis.measure import answers
from analysis.measure.answers import pieces
from analysis.measure.asking import Asking
from analysis.measure.discussions import discussions
from analysis.measure.evidence import look
from analysis.measure.exposure import Span, half_year, span
from analysis.measure.scope import Scope, Terms, midnight, period
from analysis.track import backfill, questions, topics
from analysis.track.parts import Period
from analysis.track.sections import themes
from analysis.track.sections.emerging import EmergingSeries, NewComplaints, table
from analysis.track.statistics.complaint_days import ComplaintSeries
from analysis.track.statistics.emergence import (
    FEWEST_AUTHORS,
    FEWEST_STORIES,
    EmergingComplaint,
    Key,
    asked_for,
    emerging,
)
from analysis.track.statistics.newness import Discussion
from analysis.track.statistics.rates import estimate

PHRASES = "complaint_phrases"
MOST = 2000  # phrase series that are looked at day by day: where there are more, those that rose most
MOST_READ = 200  # sparse series whose texts are read; the others, whose counts say less, are judged by those
MANY = 20_000  # phrases of one brand in one period


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """The complaint series that are looked at day by day, from ``start`` on, and how many are tested in all.

    The last ``period_days`` are what is judged.
    """

    series: tuple[ComplaintSeries, ...]
    tested: int
    start: date
    period_days: int


def looked_at(asking: Asking) -> LookedAt:
    """Return the themes as a whole and the phrases that can be news, of every brand."""
    scope, whole = asking.scope, asking.of(span)
    phrases = phrase_counts(scope, scope.period)
    whole_topics = list(theme_series(asking, whole, themes.FIELD))
    behind = {(one.brand, one.topic): one.counts for one in whole_topics}
    series = (*whole_topics, *_phrases(asking, whole, phrases, behind))
    tested = max(len(series), len(whole_topics) + len(phrases)) if series else 0
    return LookedAt(series=series, tested=tested, start=whole.days[0], period_days=len(scope.days))


def section(asking: Asking) -> NewComplaints:
    """Return the complaints of the period that are more than their own past explains, most certain first."""
    scope, looked = asking.scope, asking.of(looked_at)
    series, tested = looked.series, looked.tested
    if not series:
        return NewComplaints(emerging=(), series_tested=0, series=())
    # Those that are not looked at would get p = 1, so Benjamini and Hochberg over all is the same as over the others
    # at a rate that is smaller by their share.
    share = len(series) / tested
    judged = emerging(
        series,
        start=looked.start,
        period_days=looked.period_days,
        q=asking.error_rate * share,
        said=asking.of(said),
    )
    findings = [_finding(scope, replace(one, q=one.q / share), asking.names) for one in judged.risen]
    new = tuple(finding for finding in findings if finding is not None)
    return NewComplaints(emerging=new, series_tested=tested, series=table(judged, new, share, asking.names))


def said(asking: Asking) -> dict[Key, list[Discussion]]:
    """Return the discussions of the sparse series whose count may be news: the one place here that loads mentions."""
    scope, looked, whole = asking.scope, asking.of(looked_at), asking.of(span)
    wanted = asked_for(looked.series, start=looked.start, period_days=looked.period_days)
    every = {
        one.key: discussions(scope, whole.whole, terms_of(one.brand, one.topic, one.phrase), looked.start)
        for one in wanted[:MOST_READ]
    }
    return {key: found for key, found in every.items() if found}


def terms_of(brand: str, theme: str, phrase: str) -> Terms:
    """Return what the mentions of a series have."""
    if phrase:
        return {"brand.id": [brand], PHRASES: [f"{theme}/{phrase}"]}
    return {"brand.id": [brand], themes.FIELD: [theme]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeStories:
    """What ``stories_of`` answers of a field's every value; equal ones are one question, which is asked once.

    What is new and what has stopped look at the same days of the same themes.
    """

    field: str
    split: frozenset[str]

    def __call__(self, asking: Asking) -> tuple[questions.Daily, questions.Daily]:
        """Ask the store."""
        return stories_of(asking, half_year(asking.scope), self.split, self.field, {})


def theme_series(asking: Asking, span: Span, field: str) -> Iterator[ComplaintSeries]:
    """Yield the themes as a whole that the ``field`` of mentions has."""
    in_time, late = asking.of(ThemeStories(field=field, split=span.split))
    for brand, theme in sorted({(keys[0], keys[1]) for keys in (*in_time, *late)}):
        yield series_of(span, brand, theme, "", in_time.get((brand, theme), {}), late.get((brand, theme), {}))


def series_of(
    span: Span,
    brand: str,
    theme: str,
    phrase: str,
    in_time: Mapping[date, int],
    late: Mapping[date, int],
    whole: Sequence[int] = (),
) -> ComplaintSeries:
    """Return one series; ``whole`` are the counts of a phrase's theme."""
    # How many authors and stories there are is asked for what has risen only: see _finding.
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


def phrase_counts(scope: Scope, period: Period) -> dict[tuple[str, str], int]:
    """Return (brand, theme/phrase) -> mentions in a period."""
    answer = answers.aggregate(scope, period, questions.count_by("brand.id", PHRASES, sizes={PHRASES: MANY}))
    return {
        (keys[0], keys[1]): int(bucket["doc_count"]) for keys, bucket in questions.cells(answer, "brand.id", PHRASES)
    }


def _phrases(
    asking: Asking,
    span: Span,
    counts: Mapping[tuple[str, str], int],
    topics: Mapping[tuple[str, str], Sequence[int]],
) -> Iterator[ComplaintSeries]:
    """The key phrases that can be news, and the same ones at the other brands, each behind its theme."""
    scope = asking.scope
    often = _risen(scope, span, {key: count for key, count in counts.items() if count >= FEWEST_AUTHORS})
    for brand in scope.brands:
        wanted = [name for name in often if (brand.id, name) in counts]
        if not wanted:
            continue
        in_time, late = stories_of(asking, span.whole, span.split, PHRASES, {"brand.id": [brand.id], PHRASES: wanted})
        for name in sorted(wanted):
            theme, _, phrase = name.partition("/")
            key = (brand.id, name)
            whole = topics.get((brand.id, theme), ())
            yield series_of(span, brand.id, theme, phrase, in_time.get(key, {}), late.get(key, {}), whole)


def _risen(scope: Scope, span: Span, counts: Mapping[tuple[str, str], int]) -> list[str]:
    """Return the phrases to look at: all of them, or where there are too many those that rose most at any brand.

    This only chooses what is looked at; the others count as tested with nothing found, so no error rate suffers.
    """
    names = {name for _, name in counts}
    most = max(1, MOST // max(1, len(scope.brands)))
    if len(names) <= most:
        return sorted(names)
    past = phrase_counts(scope, period(span.whole.since, scope.period.since))
    share = scope.period.days / ((scope.period.since - span.whole.since) / timedelta(days=1))
    risen: dict[str, float] = dict.fromkeys(names, 0.0)
    for key, count in counts.items():
        usual = past.get(key, 0) * share
        risen[key[1]] = max(risen[key[1]], (count - usual) / math.sqrt(usual + 1.0))
    return sorted(sorted(names, key=lambda name: (-risen[name], name))[:most])


def stories_of(
    asking: Asking, whole: Period, split: frozenset[str], field: str, terms: Terms
) -> tuple[questions.Daily, questions.Daily]:
    """Return (brand, value) -> day of ``whole`` -> stories: near-identical copies of one day count once.

    The second holds those that were collected late, of the brands ``split``, for which they are kept apart.
    """
    stories, sizes = {"stories": questions.distinct("story")}, {field: MANY}
    brands = set(terms.get("brand.id", (brand.id for brand in asking.scope.brands)))
    in_time: questions.Daily = {}
    late: questions.Daily = {}
    if all_of := sorted(brands - split):
        body = questions.by_day("brand.id", field, inside=stories, sizes=sizes)
        parts = pieces(asking, whole, body, {**terms, "brand.id": all_of})
        in_time = questions.daily(parts, "brand.id", field, metric="stories")
    if apart := sorted(brands & split):
        body = backfill.body("brand.id", field, inside=stories, sizes=sizes)
        parts = pieces(asking, whole, body, {**terms, "brand.id": apart}, parts=backfill.PARTS)
        soon, late = backfill.read(parts, "brand.id", field, metric="stories")
        in_time = {**in_time, **soon}
    return in_time, late


def _first(scope: Scope, window_days: int) -> datetime:
    """Return when the window begins: with its first whole day, or with the period."""
    days = scope.days
    if window_days == len(days):
        return scope.period.since
    return midnight(days[-1] - timedelta(days=window_days - 1))


def _finding(scope: Scope, one: EmergingComplaint, names: Mapping[str, str]) -> EmergingSeries | None:
    """Return the finding with its evidence, or None where too few authors or stories stand behind it."""
    terms = terms_of(one.brand, one.topic, one.phrase)
    window = period(_first(scope, one.window_days), scope.period.until)
    behind = answers.aggregate(
        scope, window, {"authors": questions.distinct("author"), "stories": questions.distinct("story")}, terms
    )
    authors, stories = questions.value(behind, "authors"), questions.value(behind, "stories")
    if authors < FEWEST_AUTHORS or stories < FEWEST_STORIES:
        return None
    proof, _ = look(scope, scope.store.count(scope.filter(window, terms)), terms, period=window)
    return EmergingSeries(
        brand=one.brand,
        theme=one.topic,
        name=topics.readable(one.topic, names),
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
        newcomers=one.newness.newcomers if one.newness else None,
        new_words=one.newness.words if one.newness else (),
        evidence=proof,
    )
