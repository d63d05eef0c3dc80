"""Asks the store for what alert rules judge: only the parts that the chosen rules need.

Beside ``analysis.alert.passes``, the only caller. Copies of one story count once; mentions whose date is only that of
their collection, and sources that are younger than the baseline, are in no series, so that a first crawl is no surge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from analysis.alert.model import Alert, Arrivals, Facts, Opinions, Part, Stars
from analysis.alert.watched.views import WatchedView, news
from analysis.measure import stopped
from analysis.measure.asking import Asking
from analysis.measure.scope import BESIDE, scope_of
from analysis.measure.sections import emerging, fixes, moves, switching, themes
from analysis.model import Brand, Mention, Source
from analysis.model.query import parse
from analysis.model.records.run import Run, runs_in_months
from analysis.model.times import written_month
from analysis.settings.tables import AlertOptions
from analysis.store.base import Filter, Store
from analysis.track import backfill, questions
from analysis.track.harm import Weights
from analysis.track.silence import silent_days
from analysis.track.statistics.bins import days_in

DAY = timedelta(days=1)
QUARTER, QUARTERS = timedelta(minutes=15), 96  # a row of the arrivals, and how many a day has
ARRIVAL_DAYS = 56
YOUNG_DAYS = 14
OPINION_DAYS = 31
OPINION_NOW = 3
DEPARTURE_DAYS = 84
HISTORY_DAYS = 120
STARS_NOW, STARS_BEFORE = 7, 90
NEW_DAYS = 7
LOOSE = 0.25  # complaints at this rate hold an alert that is open; to open one the common rate is asked for
MANY = 20_000
UNDATED = {"published_at_source": ["collected"]}


class Gatherer:
    """Answers for one moment, each asked once. Nothing that was published after ``now`` is seen."""

    def __init__(
        self,
        store: Store,
        *,
        brands: Sequence[Brand],
        sources: Sequence[Source],
        options: AlertOptions,
        names: Mapping[str, str],
        weights: Weights,
        now: datetime,
        views: Callable[[], Sequence[WatchedView]] = tuple,
        before: Sequence[Alert] = (),
    ) -> None:
        self._store, self._options, self._weights = store, options, weights
        self._views, self._before = views, before
        self._brands, self._sources, self._names, self._now = tuple(brands), tuple(sources), names, now
        self._ids = [brand.id for brand in brands]
        self._own = [brand.id for brand in brands if brand.role == "own"]

    def facts(self, parts: Iterable[Part]) -> Facts:
        """Return the facts with the named parts filled."""
        wanted = set(parts)
        runs = self._runs()
        facts = Facts(
            now=self._now,
            brands=self._brands,
            sources=self._sources,
            options=self._options,
            names=self._names,
            runs=runs,
        )
        asking = self._asking()
        makers: dict[Part, Callable[[Facts], Mapping[str, Any]]] = {
            "themes": lambda _: {"themes": asking.of(themes.section).themes},
            "emerging": lambda _: {"emerging": asking.of(emerging.section)},
            "stopped": lambda _: {"stopped": asking.of(stopped.section)},
            "talk": lambda _: {"talk": asking.of(stopped.talk)},
            "complaints": lambda _: {"complaints": asking.of(emerging.looked_at)},
            "fixes": lambda _: {"fixes": asking.of(fixes.section)},
            "moves": lambda _: {"moves": asking.of(moves.section), "earlier_moves": self._earlier_moves()},
            "switching": lambda _: {"switching": asking.of(switching.section).switching},
            "arrivals": self._arrivals,
            "opinions": self._opinions,
            "stars": self._stars,
            "departures": self._departures,
            "severe": self._severe,
            "newcomers": self._newcomers,
            "keywords": self._keywords,
            "views": lambda _: {"views": tuple(news(self._store, self._views(), self._before, now=self._now))},
        }
        for part, make in makers.items():
            if part in wanted:
                facts = replace(facts, **make(facts))
        return facts

    def silent(self, facts: Facts, days: Sequence[date]) -> dict[str, frozenset[date]]:
        """Return which sources were silent on which of ``days``."""
        every = {source.id: source.every_s for source in self._sources}
        silences = {
            source: silent_days(
                runs,
                every_s=every.get(source, 3600),
                days=days,
                now=self._now,
            )
            for source, runs in facts.runs.items()
        }
        return {source: gone for source, gone in silences.items() if gone}

    def _where(self, since: datetime, terms: Mapping[str, Sequence[str]], *, dated: bool = True, **more: Any) -> Filter:
        exclude = {**BESIDE, **(UNDATED if dated else {})}
        return Filter(terms=terms, since=since, until=self._now, exclude={**exclude, **more.get("exclude", {})})

    def _daily(self, since: datetime, *paths: str, terms: Mapping[str, Sequence[str]], **more: Any) -> questions.Daily:
        """Stories a day: copies of one day count once."""
        body = questions.by_day(*paths, inside={"stories": questions.distinct("story")})
        where = self._where(since, terms, **more)
        answers = [
            self._store.aggregate(replace(where, since=start, until=end), body)
            for start, end in questions.stretches(since, self._now)
        ]
        return questions.daily(answers, *paths, metric="stories")

    def _midnight(self, days_ago: int) -> datetime:
        at = self._now - days_ago * DAY
        return datetime(at.year, at.month, at.day, tzinfo=UTC)

    def _asking(self) -> Asking:
        """The sections of the report over the last days; only those that the rules need are asked for."""
        scope = scope_of(
            self._store,
            brands=self._brands,
            sources=self._sources,
            since=self._midnight(NEW_DAYS - 1),
            until=self._now,
            now=self._now,
        )
        return Asking(scope, names=self._names, error_rate=LOOSE, weights=self._weights)

    def _earlier_moves(self) -> frozenset[tuple[str, str]]:
        """The moves, by brand and kind, that were reported just before the last days."""
        since = self._midnight(NEW_DAYS - 1)
        before = Filter(terms={"brand.id": self._ids}, since=since - 5 * DAY, until=since)
        answer = self._store.aggregate(before, questions.count_by("brand.id", "moves"))
        return frozenset((keys[0], keys[1]) for keys, _ in questions.cells(answer, "brand.id", "moves"))

    def _arrivals(self, facts: Facts) -> Mapping[str, Any]:
        since = self._now - ARRIVAL_DAYS * DAY
        terms = {"brand.id": self._ids}
        born = {source: min(days) for (source,), days in self._daily(since, "source.id", terms=terms).items()}
        young = [source for source, day in born.items() if (self._now.date() - day).days < YOUNG_DAYS]
        row: dict[str, Any] = {"date_histogram": {"field": "published_at", "fixed_interval": "15m", "min_doc_count": 1}}
        exclude = {"source.id": young} if young else {}
        rows = ARRIVAL_DAYS * QUARTERS
        values = {brand: [0.0] * rows for brand in self._ids}
        for (brand,), bucket in self._past_rows(since, terms, exclude, row):
            for entry in bucket["row"]["buckets"]:
                place = self._row(entry["key"], rows)
                if place < rows - QUARTERS:
                    values[brand][max(place, 0)] += questions.value(entry, "stories")
        day = self._store.aggregate(
            self._where(self._now - DAY, terms, exclude=exclude),
            questions.count_by("brand.id", "story", inside={"row": row}, sizes={"story": MANY}),
        )
        for (brand, _story), bucket in questions.cells(day, "brand.id", "story"):
            # A story that was copied all day stands in its first quarter of an hour only.
            first = min(entry["key"] for entry in bucket["row"]["buckets"])
            values[brand][min(max(self._row(first, rows), rows - QUARTERS), rows - 1)] += 1
        oldest = self._live_since(since, facts.runs, terms, exclude)
        return {
            "arrivals": {
                brand: Arrivals(
                    start=self._now - rows * QUARTER,
                    step_s=QUARTER.total_seconds(),
                    values=series,
                    history_days=float((self._now.date() - oldest[brand]).days),
                )
                for brand, series in values.items()
                if brand in oldest
            }
        }

    def _live_since(
        self,
        since: datetime,
        crawled: Collection[str],
        terms: Mapping[str, Sequence[str]],
        exclude: Mapping[str, Sequence[str]],
    ) -> dict[str, date]:
        """Return brand -> first day that can be a baseline: of a source that is crawled, what it read back is none."""
        paths = ("brand.id", "source.id")
        where, body = self._where(since, terms, exclude=exclude), backfill.body(*paths)
        answers = [
            self._store.aggregate(replace(where, since=start, until=end), body)
            for start, end in questions.stretches(since, self._now, parts=backfill.PARTS)
        ]
        in_time, late = backfill.read(answers, *paths)
        first: dict[str, date] = {}
        for keys, days in [*in_time.items(), *(pair for pair in late.items() if pair[0][1] not in crawled)]:
            first[keys[0]] = min(first.get(keys[0], min(days)), min(days))
        return first

    def _past_rows(
        self, since: datetime, terms: Mapping[str, Sequence[str]], exclude: Mapping[str, Sequence[str]], row: Any
    ) -> Iterator[tuple[tuple[str, ...], questions.Document]]:
        """Yield each brand's rows with their stories, in as many pieces as one question can hold."""
        body = questions.count_by("brand.id", inside={"row": {**row, "aggs": {"stories": questions.distinct("story")}}})
        where = self._where(since, terms, exclude=exclude)
        for start, end in questions.stretches(since, self._now, parts=QUARTERS // 16):
            yield from questions.cells(self._store.aggregate(replace(where, since=start, until=end), body), "brand.id")

    def _row(self, key_ms: float, rows: int) -> int:
        """The row of a bucket; rows end now, so a bucket belongs to the row that holds its middle."""
        middle = datetime.fromtimestamp(key_ms / 1000, tz=UTC) + QUARTER / 2
        return rows - 1 - int((self._now - middle) / QUARTER) if middle <= self._now else rows - 1

    def _opinions(self, facts: Facts) -> Mapping[str, Any]:
        since = self._midnight(OPINION_DAYS - 1)
        days = days_in(since, self._now)
        table = self._daily(since, "source.id", "brand.id", "sentiment.label", terms={"brand.id": self._own})
        gone = {name for name, silent in self.silent(facts, days).items() if silent & set(days[-OPINION_NOW:])}
        opinions = {}
        for brand in self._own:
            alive = {key: series for key, series in table.items() if key[1] == brand and key[0] not in gone}
            whole = sum(sum(series.values()) for key, series in table.items() if key[1] == brand)
            left = sum(sum(series.values()) for series in alive.values())
            negative = [sum(s.get(day, 0) for key, s in alive.items() if key[2] == "negative") for day in days]
            judged = [sum(s.get(day, 0) for key, s in alive.items() if key[2] != "unsure") for day in days]
            first = next((place for place, count in enumerate(judged) if count), len(days))
            opinions[brand] = Opinions(
                negative=negative[first:],
                judged=judged[first:],
                silent_share=1.0 - left / whole if whole else 0.0,
                silent=tuple(sorted(gone)),
            )
        return {"opinions": opinions}

    def _stars(self, facts: Facts) -> Mapping[str, Any]:
        start = self._now - STARS_NOW * DAY
        gone = sorted(self.silent(facts, days_in(start, self._now)))
        body = questions.count_by("brand.id", inside={"stars": {"histogram": {"field": "rating", "interval": 0.5}}})
        terms, exclude = {"brand.id": self._own}, ({"source.id": gone} if gone else {})
        now = self._store.aggregate(self._where(start, terms, exclude=exclude), body)
        past = replace(self._where(start - STARS_BEFORE * DAY, terms, exclude=exclude), until=start)
        before, whole = self._store.aggregate(past, body), self._store.aggregate(replace(past, exclude=UNDATED), body)
        stars = {}
        for brand in self._own:
            left, every = _stars_of(before, brand), _stars_of(whole, brand)
            share = 1.0 - sum(left.values()) / sum(every.values()) if every else 0.0
            stars[brand] = Stars(now=_stars_of(now, brand), before=left, silent_share=share)
        return {"stars": stars}

    def _departures(self, _: Facts) -> Mapping[str, Any]:
        since = self._midnight(DEPARTURE_DAYS - 1)
        days = days_in(since, self._now)
        terms = {"switching.status": ["done", "considered"], "switching.origin": self._own}
        leaving = self._daily(since, "switching.origin", terms=terms)
        spoken = self._daily(since, "brand.id", terms={"brand.id": self._own})
        departures = {}
        for brand in self._own:
            first = min(spoken.get((brand,), {days[-1]: 0}))
            departures[brand] = [leaving.get((brand,), {}).get(day, 0) for day in days if day >= first]
        return {"departures": departures}

    def _severe(self, _: Facts) -> Mapping[str, Any]:
        severe = {}
        for brand in self._own:
            terms = {"brand.id": [brand], "severity.level": ["safety", "data_loss", "money"]}
            where = self._where(self._now - NEW_DAYS * DAY, terms, dated=False)
            severe[brand] = self._newest(where, 500)
        return {"severe": severe}

    def _newest(self, where: Filter, most: int) -> list[Mention]:
        return [hit.mention for hit in self._store.search(where, limit=most, newest_first=True)]

    def _newcomers(self, _: Facts) -> Mapping[str, Any]:
        terms, start = {"brand.id": self._own}, self._now - NEW_DAYS * DAY
        body = questions.count_by("brand.id", "domain", sizes={"domain": MANY})
        now = self._store.aggregate(self._where(start, terms), body)
        before = self._store.aggregate(Filter(terms=terms, until=start), body)
        known = {keys for keys, _ in questions.cells(before, "brand.id", "domain")}
        days = self._daily(self._midnight(HISTORY_DAYS), "brand.id", terms=terms)
        return {
            "newcomers": {
                (keys[0], keys[1]): int(bucket["doc_count"])
                for keys, bucket in questions.cells(now, "brand.id", "domain")
                if keys not in known
            },
            "history": {brand: min(series) for (brand,), series in days.items()},
        }

    def _keywords(self, _: Facts) -> Mapping[str, Any]:
        hits = {}
        for watch in self._options.keywords:
            query = parse(watch.query)
            for brand in watch.brands or self._ids:
                where = replace(self._where(self._now - DAY, {"brand.id": [brand]}, dated=False), query=query)
                hits[watch.id, brand] = self._newest(where, 200)
        return {"keywords": {key: mentions for key, mentions in hits.items() if mentions}}

    def _runs(self) -> dict[str, list[Run]]:
        """The runs of this month and the two before, oldest first."""
        months = sorted({written_month(self._now - back * DAY) for back in (0, 28, 56)})
        runs_of = {}
        for source in self._sources:
            runs = runs_in_months(self._store.records, source.id, months)
            past = [run for run in runs if run.started_at <= self._now]
            if past:
                runs_of[source.id] = past
        return runs_of


def _stars_of(answer: Mapping[str, Any], brand: str) -> dict[float, int]:
    for (name,), bucket in questions.cells(dict(answer), "brand.id"):
        if name == brand:
            stars = bucket["stars"]["buckets"]
            return {float(entry["key"]): int(entry["doc_count"]) for entry in stars if entry["doc_count"]}
    return {}
