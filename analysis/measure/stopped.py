"""Asks the store for what may have stopped: complaints, praise and sources (``analysis.track.statistics.stopping``).

Complaints and praise are looked at by theme, the complaints of our brands by phrase too where their past leads one to
expect three or more in the period. The report and the alert share the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.exposure import Span, by_source, settled_span
from analysis.measure.scope import Scope, midnight, period
from analysis.measure.sections.emerging import MOST, PHRASES, phrase_counts, series_of, stories_of, theme_series
from analysis.track import topics
from analysis.track.sections import themes
from analysis.track.sections.emerging import StoppedSeries, StoppedTalk
from analysis.track.statistics.complaint_days import ComplaintSeries
from analysis.track.statistics.rates import estimate
from analysis.track.statistics.stopping import Fall, Gone, fallen

PRAISE = "praise_topics"
FEWEST = 3.0  # expected in the period, for a phrase to be looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """The series that may have stopped, by what they are of, from ``start`` on; ``more`` count as tested."""

    series: dict[Gone, tuple[ComplaintSeries, ...]]
    start: date
    period_days: int
    more: int


def talk(asking: Asking) -> Talk:
    """Return the themes, the phrases of our own with a past, what is praised, and the sources."""
    scope, whole = asking.scope, asking.of(settled_span)
    complaints = tuple(theme_series(asking, whole, themes.FIELD))
    past, more = _phrases(scope, whole)
    behind = {(one.brand, one.topic): one.counts for one in complaints}
    phrases = tuple(_phrase_series(asking, whole, past, behind))
    return Talk(
        series={
            "complaint": (*complaints, *phrases),
            "praise": tuple(theme_series(asking, whole, PRAISE)),
            "source": tuple(_sources(asking, whole)),
        },
        start=whole.days[0],
        period_days=len(scope.days),
        more=more,
    )


def section(asking: Asking) -> StoppedTalk:
    """Return what has stopped, surest first."""
    looked = asking.of(talk)
    found = fallen(
        looked.series,
        start=looked.start,
        period_days=looked.period_days,
        q=asking.error_rate,
        more=looked.more,
    )
    return StoppedTalk(stopped=tuple(_told(asking, one) for one in found.falls), stopped_tested=found.tested)


def _phrases(scope: Scope, span: Span) -> tuple[list[tuple[str, str]], int]:
    """Return the (brand, theme/phrase) of our own that are looked at, and how many more could have been."""
    before = period(span.whole.since, scope.period.since)
    share = scope.period.days / before.days
    counts = {key: count for key, count in phrase_counts(scope, before).items() if key[0] in scope.own}
    often = sorted(
        (key for key, count in counts.items() if count * share >= FEWEST), key=lambda key: (-counts[key], key)
    )
    return often[:MOST], len(often[MOST:])


def _phrase_series(
    asking: Asking, span: Span, wanted: Sequence[tuple[str, str]], behind: dict[tuple[str, str], Sequence[int]]
) -> Iterator[ComplaintSeries]:
    for brand in sorted({brand for brand, _ in wanted}):
        names = [name for own, name in wanted if own == brand]
        in_time, late = stories_of(asking, span.whole, span.split, PHRASES, {"brand.id": [brand], PHRASES: names})
        for name in sorted(names):
            theme, _, phrase = name.partition("/")
            whole, key = behind.get((brand, theme), ()), (brand, name)
            yield series_of(span, brand, theme, phrase, in_time.get(key, {}), late.get(key, {}), whole)


def _sources(asking: Asking, span: Span) -> Iterator[ComplaintSeries]:
    """Each source by itself, from its first mention on that was collected in time; its silent days are left out."""
    silent = asking.of(answers.silence).silent
    for source, counts in sorted(asking.of(by_source).items()):
        gone = silent.get(source, frozenset()) | span.unread.get(source, frozenset())
        first = min(counts)
        yield ComplaintSeries(
            brand=source,
            topic=source,
            phrase="",
            counts=[counts.get(day, 0) for day in span.days],
            exposure=[float(day >= first and day not in gone) for day in span.days],
        )


def _told(asking: Asking, one: Fall) -> StoppedSeries:
    """Return the finding with what was said just before."""
    scope = asking.scope
    if one.of == "source":
        terms, name = {"source.id": [one.brand]}, one.brand
    else:
        field = PHRASES if one.phrase else PRAISE if one.of == "praise" else themes.FIELD
        value = f"{one.topic}/{one.phrase}" if one.phrase else one.topic
        terms, name = {"brand.id": [one.brand], field: [value]}, topics.readable(one.topic, asking.names)
    until = midnight(scope.days[-1] - timedelta(days=one.window_days - 1))
    before = period(until - timedelta(days=one.window_days), until)
    count = scope.store.count(scope.filter(before, terms))
    proof, _ = look(scope, count, terms, period=before)
    return StoppedSeries(
        of=one.of,
        brand="" if one.of == "source" else one.brand,
        theme=one.topic,
        name=name,
        phrase=one.phrase,
        window_days=one.window_days,
        observed=one.count,
        expected=one.expected,
        growth=estimate(one.growth),
        p_value=one.p,
        q_value=one.q,
        market=one.market,
        last_seen=one.last_seen,
        evidence=proof,
    )
