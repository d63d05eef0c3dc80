"""Asks the store everything that a report needs. No mention is loaded here but the few that are shown as evidence.

Sits beside ``analysis.measure.report``, the only caller: it joins the store's protocol with the pure questions of
``analysis.track``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from analysis.measure.evidence import command
from analysis.model import Brand, Mention, Source, mention_fields
from analysis.model.records.run import Run, runs_in_months
from analysis.store.base import Document, Filter, Store
from analysis.track import ledger, moves, reputation, switching, themes, voice, wishes
from analysis.track import questions as ask
from analysis.track.honesty import left_out, silent_days
from analysis.track.quotes import NAMED, evidence, pick
from analysis.track.results import Evidence, Period, Quote
from analysis.track.statistics.bins import days_in

Terms = Mapping[str, Sequence[str]]

MANY = frozenset(info.path for info in mention_fields() if info.many)
NOTHING = "(nothing)"  # a value that no field has
NEWEST = 30  # How many of the newest mentions under a number are read, for its evidence and for quotes.


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is asked about: the store, the brands, the period, the one it is compared with, further conditions."""

    store: Store
    brands: tuple[Brand, ...]
    sources: tuple[Source, ...]
    period: Period
    compared: Period | None
    now: datetime
    where: Filter

    def filter(self, period: Period, terms: Terms | None = None) -> Filter:
        """Return the mentions of the tracked brands in ``period`` that also have ``terms``.

        Where a filter in force names the same field, both hold; a field of many values keeps ``terms`` alone.
        """
        given = {"brand.id": [brand.id for brand in self.brands], **self.where.terms}
        wanted = {field: _both(field, given.get(field), values) for field, values in (terms or {}).items()}
        return replace(self.where, terms={**given, **wanted}, since=period.since, until=period.until)


def _both(field: str, one: Sequence[str] | None, other: Sequence[str]) -> Sequence[str]:
    if one is None or field in MANY:
        return other
    return [value for value in other if value in one] or [NOTHING]


def period(since: datetime, until: datetime) -> Period:
    """Return [since, until) with its length in days."""
    return Period(since=since, until=until, days=(until - since) / timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Daily counts of one period: by brand and label, by source and brand, by brand and complaint theme."""

    days: tuple[date, ...]
    labels: ask.Daily
    sources: ask.Daily
    themes: ask.Daily


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What a comparison leaves out of a period: (brand, theme) -> day -> mentions, and (brand,) -> day -> mentions."""

    themes: ask.Daily
    brands: ask.Daily


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Everything that the store said. ``*_before`` answers are empty where nothing is compared."""

    brands: Mapping[str, Document]
    brands_before: Mapping[str, Document]
    voice: Document
    themes: Mapping[tuple[str, str], themes.Counted]
    complaints: Mapping[tuple[str, str], Document]
    praise: Mapping[tuple[str, str], Document]
    wishes: Mapping[tuple[str, str], Document]
    switching: Document
    moves: ask.Daily
    stories: int
    now: Days
    before: Days
    fixes: tuple[ledger.Fix, ...]
    wish_entries: tuple[ledger.Fix, ...]
    runs: Mapping[str, Sequence[Run]]
    silent: Mapping[str, frozenset[date]]
    left_out: Mapping[str, frozenset[date]]
    gone: Gone
    gone_before: Gone

    @property
    def weights(self) -> dict[str, int]:
        """Source -> mentions in both periods: how much its silence would take away."""
        result: dict[str, int] = {}
        for days in (self.before, self.now):
            for (source, _), series in days.sources.items():
                result[source] = result.get(source, 0) + sum(series.values())
        return result


def answers(scope: Scope) -> Answers:
    """Return what the store says about the period and the one compared with."""
    exact = scope.store.count(scope.filter(scope.period)) <= ask.EXACT
    whole = scope.store.aggregate(
        scope.filter(scope.period),
        {**reputation.question(exact=exact), "stories": ask.distinct("story", exact=exact)},
    )
    old = _aggregate(scope, scope.compared, reputation.question())
    now, before = _days(scope, scope.period), _days(scope, scope.compared)
    fixes = _entries(scope, "fix")
    runs, silent = _silence(scope, now, before, fixes)
    out = left_out(silent, now.days, before.days)
    return Answers(
        brands=reputation.by_brand(whole),
        brands_before=reputation.by_brand(old),
        voice=_aggregate(scope, scope.period, voice.question()),
        themes=themes.counted(
            scope.store.aggregate(
                scope.filter(scope.period, {"brand.id": [brand.id for brand in scope.brands if brand.role == "own"]}),
                themes.question(exact=exact),
            )
        ),
        complaints=_topics(scope, "complaint_topics"),
        praise=_topics(scope, "praise_topics"),
        wishes=_topics(scope, "wish_topics", phrases="wish_phrases"),
        switching=scope.store.aggregate(
            scope.filter(scope.period, {"switching.status": ["done", "considered"]}), switching.question()
        ),
        moves=daily(scope, scope.period, *moves.PATHS),
        stories=ask.value(whole, "stories"),
        now=now,
        before=before,
        fixes=fixes,
        wish_entries=_entries(scope, "wish"),
        runs=runs,
        silent=silent,
        left_out=out,
        gone=_gone(scope, out, scope.period, now),
        gone_before=_gone(scope, out, scope.compared, before),
    )


def _aggregate(scope: Scope, period: Period | None, body: Document) -> Document:
    return scope.store.aggregate(scope.filter(period), body) if period else {}


def _topics(scope: Scope, field: wishes.Topic, *, phrases: str = "") -> dict[tuple[str, str], Document]:
    return wishes.table(_aggregate(scope, scope.period, wishes.question(field, phrases=phrases)), field)


def daily(scope: Scope, period: Period | None, *paths: str, terms: Terms | None = None) -> ask.Daily:
    """Return day by day counts by ``paths`` in ``period``; none where there is no period."""
    if period is None:
        return {}
    found = (
        scope.store.aggregate(replace(scope.filter(period, terms), since=since, until=until), ask.by_day(*paths))
        for since, until in ask.stretches(period.since, period.until)
    )
    return ask.daily(found, *paths)


def _days(scope: Scope, period: Period | None) -> Days:
    return Days(
        days=tuple(days_in(period.since, period.until)) if period else (),
        labels=daily(scope, period, "brand.id", "sentiment.label"),
        sources=daily(scope, period, "source.id", "brand.id"),
        themes=daily(scope, period, "brand.id", themes.FIELD),
    )


def _entries(scope: Scope, kind: str) -> tuple[ledger.Fix, ...]:
    """Return the ledger's entries of a kind: fixes, or wishes, which are kept apart and written alike."""
    return tuple(ledger.read_fix(record.key, record.body) for record in scope.store.records.all(kind))


def _silence(
    scope: Scope, now: Days, before: Days, fixes: Sequence[ledger.Fix]
) -> tuple[dict[str, list[Run]], dict[str, frozenset[date]]]:
    """Read the runs of every configured or mentioned source, only the months that matter, and find silent days."""
    every = {source.id: source.every_s for source in scope.sources}
    names = sorted(every.keys() | {source for source, _ in [*now.sources, *before.sources]})
    days = sorted({*before.days, *now.days, *_fix_days(fixes, now.days[-1])})
    months = sorted({f"{day:%Y-%m}" for day in days} | {f"{days[0] - timedelta(days=28):%Y-%m}"})
    runs: dict[str, list[Run]] = {}
    for source in names:
        runs[source] = [
            run for run in runs_in_months(scope.store.records, source, months) if run.started_at <= scope.now
        ]
    silent = {
        source: silent_days(found, every_s=every.get(source, 3600), days=days, now=scope.now)
        for source, found in runs.items()
    }
    return runs, {source: gone for source, gone in silent.items() if gone}


def _fix_days(fixes: Sequence[ledger.Fix], last: date) -> set[date]:
    found: set[date] = set()
    for fix in fixes:
        if fix.shipped and fix.shipped <= last:
            first, _ = ledger.window(fix.shipped, last)
            found |= {first + timedelta(days=step) for step in range((last - first).days + 1)}
    return found


def _gone(scope: Scope, out: Mapping[str, frozenset[date]], period: Period | None, days: Days) -> Gone:
    """Return what a comparison leaves out of a period. Periods are kept apart: one may end amid a day of the other."""
    found = Gone(themes={}, brands={})
    told = {source for source, _ in days.sources}
    for source, gone in sorted((source, gone) for source, gone in out.items() if source in told):
        terms = {"source.id": [source]}
        _add(found.themes, daily(scope, period, "brand.id", themes.FIELD, terms=terms), gone)
        _add(found.brands, {(brand,): one for (name, brand), one in days.sources.items() if name == source}, gone)
    return found


def _add(into: ask.Daily, series: ask.Daily, only: frozenset[date]) -> None:
    for keys, days in series.items():
        kept = into.setdefault(keys, {})
        for day in only & days.keys():
            kept[day] = kept.get(day, 0) + days[day]


def look(
    scope: Scope,
    total: int,
    terms: Terms,
    *,
    quotes: int = 0,
    period: Period | None = None,
    shown: Collection[str] = (),
    named: bool = True,
) -> tuple[Evidence, tuple[Quote, ...]]:
    """Return the evidence under a number, its newest mentions and up to ``quotes`` of their words.

    Mentions whose words were ``shown`` already are quoted only where there are no others. Where none is ``named``, the
    evidence holds the selection alone.
    """
    where = scope.filter(period or scope.period, terms)
    found: list[Mention] = []
    if total and named:
        limit = NEWEST if quotes else NAMED
        found = [hit.mention for hit in scope.store.search(where, limit=limit, newest_first=True)]
    proof = evidence(total, found, terms, period or scope.period, command=command(where))
    return proof, pick(found, quotes, shown=shown)
