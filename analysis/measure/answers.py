"""The questions that several sections need, each asked once (``Asking.of``). No mention is loaded here.

They join the store's protocol with the pure questions of ``analysis.track``. Answers about the period compared with are
empty where nothing is compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from analysis.ledger import corrections
from analysis.measure.asking import Asking
from analysis.measure.scope import Scope, Terms
from analysis.model.records.ledger import FIXES, Fix
from analysis.model.records.run import Run, runs_in_months
from analysis.store.base import Document
from analysis.track import questions, topics
from analysis.track.parts import Period
from analysis.track.sections import fixes, reputation, themes
from analysis.track.silence import counterparts, silent_days
from analysis.track.statistics import bins

Silent = Mapping[str, frozenset[date]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentDays:
    """The runs of every source, oldest first, and the days on which each was silent; only sources that were."""

    runs: Mapping[str, Sequence[Run]]
    silent: Silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What a comparison leaves out of a period: (brand, theme) -> day -> mentions, and (brand,) -> day -> mentions."""

    themes: questions.Daily
    brands: questions.Daily


def aggregate(scope: Scope, period: Period | None, body: Document, terms: Terms | None = None) -> Document:
    """Return the answer over a period; none where there is no period."""
    return scope.store.aggregate(scope.filter(period, terms), body) if period else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The question on which UTC days of a period there are mentions; equal ones are asked once.

    Years before the first mention, and between an old page and all others, then cost nothing.
    """

    period: Period

    def __call__(self, asking: Asking) -> tuple[date, ...]:
        """Return the days, in order."""
        scope = asking.scope
        answer = scope.store.aggregate(scope.reach(self.period), questions.by_day())
        return tuple(sorted(questions.daily([answer]).get((), ())))


def pieces(asking: Asking, whole: Period, body: Document, terms: Terms, *, parts: int = 1) -> Iterator[Document]:
    """Yield the answers over ``whole``, in as many pieces as one question can hold (``questions.stretches``)."""
    scope, one = asking.scope, questions.CHUNK // parts
    days = asking.of(Filled(period=whole)) if whole.until - whole.since > one else None
    for since, until in questions.stretches(whole.since, whole.until, days=days, parts=parts):
        yield scope.store.aggregate(replace(scope.filter(whole, terms), since=since, until=until), body)


def daily(asking: Asking, period: Period | None, *paths: str, terms: Terms | None = None) -> questions.Daily:
    """Return day by day counts by ``paths`` in ``period``; none where there is no period."""
    if period is None:
        return {}
    return questions.daily(pieces(asking, period, questions.by_day(*paths), terms or {}), *paths)


# Brands ---------------------------------------------------------------------------------------------------------------


def exact(asking: Asking) -> bool:
    """Whether different stories and authors are few enough to be listed rather than estimated."""
    scope = asking.scope
    return scope.store.count(scope.filter(scope.period)) <= questions.EXACT


def _whole(asking: Asking) -> Document:
    listed = asking.of(exact)
    body = {**reputation.question(exact=listed), "stories": questions.distinct("story", exact=listed)}
    return aggregate(asking.scope, asking.scope.period, body)


def brands(asking: Asking) -> dict[str, Document]:
    """Brand -> what is said of it in the period."""
    return reputation.by_brand(asking.of(_whole))


def brands_before(asking: Asking) -> dict[str, Document]:
    """The same in the period compared with."""
    return reputation.by_brand(aggregate(asking.scope, asking.scope.compared, reputation.question()))


def mentions(asking: Asking) -> dict[str, int]:
    """Each brand's mentions in the period."""
    answers = asking.of(brands)
    return {brand.id: reputation.mentions(answers.get(brand.id, {})) for brand in asking.scope.brands}


def mentions_before(asking: Asking) -> dict[str, int]:
    """The same in the period compared with."""
    answers = asking.of(brands_before)
    return {brand.id: reputation.mentions(answers.get(brand.id, {})) for brand in asking.scope.brands}


def stories(asking: Asking) -> int:
    """How many different stories there are in the period."""
    return questions.value(asking.of(_whole), "stories")


# Days -----------------------------------------------------------------------------------------------------------------


def labels(asking: Asking) -> questions.Daily:
    """(brand, label) -> day -> mentions in the period."""
    return daily(asking, asking.scope.period, "brand.id", "sentiment.label")


def labels_before(asking: Asking) -> questions.Daily:
    """The same in the period compared with."""
    return daily(asking, asking.scope.compared, "brand.id", "sentiment.label")


def sources(asking: Asking) -> questions.Daily:
    """(source, brand) -> day -> mentions in the period."""
    return daily(asking, asking.scope.period, "source.id", "brand.id")


def sources_before(asking: Asking) -> questions.Daily:
    """The same in the period compared with."""
    return daily(asking, asking.scope.compared, "source.id", "brand.id")


def themes_by_day(asking: Asking) -> questions.Daily:
    """(brand, complaint theme) -> day -> mentions in the period."""
    return daily(asking, asking.scope.period, "brand.id", themes.FIELD)


def themes_by_day_before(asking: Asking) -> questions.Daily:
    """The same in the period compared with."""
    return daily(asking, asking.scope.compared, "brand.id", themes.FIELD)


def edges(scope: Scope) -> list[tuple[date, int]]:
    """The stretches that trends are drawn in: over both periods where they touch, else over this one."""
    days = scope.days
    if scope.compared and scope.compared.until == scope.period.since:
        days = sorted({*scope.days_before, *days})
    return bins.stretches(days, period_days=scope.period.days)


def joined(before: questions.Daily, now: questions.Daily, *prefix: str) -> dict[date, int]:
    """Return day -> mentions over both periods of all keys that begin with ``prefix``."""
    old, new = questions.summed(before, *prefix), questions.summed(now, *prefix)
    return {day: old.get(day, 0) + new.get(day, 0) for day in old.keys() | new.keys()}


def label_days(asking: Asking, brand: str) -> dict[str, dict[date, int]]:
    """Return label -> day -> mentions of one brand over both periods."""
    before, now = asking.of(labels_before), asking.of(labels)
    names = {keys[1] for keys in (*before, *now) if keys[0] == brand}
    return {label: joined(before, now, brand, label) for label in names}


# Topics and the ledger ------------------------------------------------------------------------------------------------


def complaints(asking: Asking) -> dict[tuple[str, str], Document]:
    """(brand, topic) -> its complaints, most first."""
    return _topics(asking, "complaint_topics")


def praise(asking: Asking) -> dict[tuple[str, str], Document]:
    """(brand, topic) -> its praise, most first."""
    return _topics(asking, "praise_topics")


def _topics(asking: Asking, field: topics.Topic) -> dict[tuple[str, str], Document]:
    return topics.table(aggregate(asking.scope, asking.scope.period, topics.question(field)), field)


def fixes_written(asking: Asking) -> tuple[Fix, ...]:
    """What the fix ledger holds."""
    return tuple(FIXES.values(asking.scope.store.records))


def corrected(asking: Asking) -> corrections.Changed:
    """What people's corrections change among the mentions of the period."""
    return corrections.changed(asking.scope.store, asking.scope.filter(asking.scope.period))


# Silence --------------------------------------------------------------------------------------------------------------


def silence(asking: Asking) -> SilentDays:
    """Which sources were silent on which days: of both periods, and of those that verdicts on fixes look at."""
    heard = {source for source, _ in (*asking.of(sources), *asking.of(sources_before))}
    return _silence(asking.scope, heard, asking.of(fixes_written))


def _silence(scope: Scope, heard: Collection[str], fixes: Sequence[Fix]) -> SilentDays:
    """Read the runs of every configured or mentioned source, only the months that matter, and find silent days."""
    every = {source.id: source.every_s for source in scope.sources}
    names = sorted(every.keys() | heard)
    days = sorted({*scope.days_before, *scope.days, *_fix_days(fixes, scope.days[-1])})
    months = sorted({f"{day:%Y-%m}" for day in days} | {f"{days[0] - timedelta(days=28):%Y-%m}"})
    runs: dict[str, list[Run]] = {}
    for source in names:
        runs[source] = [
            run for run in runs_in_months(scope.store.records, source, months) if run.started_at <= scope.now
        ]
    silent = {
        source: silent_days(own, every_s=every.get(source, 3600), days=days, now=scope.now)
        for source, own in runs.items()
    }
    return SilentDays(runs=runs, silent={source: gone for source, gone in silent.items() if gone})


def _fix_days(written: Sequence[Fix], last: date) -> set[date]:
    days: set[date] = set()
    for fix in written:
        if fix.shipped and fix.shipped <= last:
            first, _ = fixes.window(fix.shipped, last)
            days |= {first + timedelta(days=step) for step in range((last - first).days + 1)}
    return days


def usual(asking: Asking) -> dict[str, int]:
    """Source -> mentions in both periods: how much its silence would take away."""
    result: dict[str, int] = {}
    for days in (asking.of(sources_before), asking.of(sources)):
        for (source, _), series in days.items():
            result[source] = result.get(source, 0) + sum(series.values())
    return result


def left_out(asking: Asking) -> dict[str, frozenset[date]]:
    """Source -> days that a comparison of both periods leaves out."""
    scope = asking.scope
    return counterparts(asking.of(silence).silent, scope.days, scope.days_before)


def gone(asking: Asking) -> Gone:
    """What a comparison leaves out of the period."""
    return _gone(asking, asking.of(left_out), asking.scope.period, asking.of(sources))


def gone_before(asking: Asking) -> Gone:
    """The same of the period compared with. Periods are kept apart: one may end amid a day of the other."""
    return _gone(asking, asking.of(left_out), asking.scope.compared, asking.of(sources_before))


def _gone(asking: Asking, out: Silent, period: Period | None, by_source: questions.Daily) -> Gone:
    missing = Gone(themes={}, brands={})
    heard = {source for source, _ in by_source}
    for source, days in sorted((source, days) for source, days in out.items() if source in heard):
        by_theme = daily(asking, period, "brand.id", themes.FIELD, terms={"source.id": [source]})
        _add(missing.themes, by_theme, days)
        _add(missing.brands, {(brand,): series for (name, brand), series in by_source.items() if name == source}, days)
    return missing


def _add(into: questions.Daily, series: questions.Daily, only: frozenset[date]) -> None:
    for keys, days in series.items():
        total = into.setdefault(keys, {})
        for day in only & days.keys():
            total[day] = total.get(day, 0) + days[day]
