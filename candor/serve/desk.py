"""What all pages share: the configuration, the store, who is in, and measures that were made a moment ago."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from analysis.enrich.taxonomy import taxonomy_of
from analysis.model import NO_VALUE, Mention
from analysis.model.records.base import Records
from analysis.settings.file import Config
from analysis.store.base import Filter, Store
from analysis.track.results import Measures
from analysis.track.topics import readable
from candor.report_output import build_report
from candor.serve.door.looked import LookedBook
from candor.serve.door.sessions import Sessions
from candor.serve.door.visitors import Visitor
from candor.serve.kept import KeptReports, without_words
from candor.serve.live.preview import Looks
from candor.serve.live.progress import LiveCrawls
from candor.serve.live.replaying import Replays
from candor.serve.look.asked import Asked
from candor.serve.look.triaged import with_triage
from candor.serve.measured import Measured

REFRESH_S = 1.0
"""How old the state of the store that is shown may be while a crawl writes."""
MANY = 100_000
"""Of so many mentions stored a report takes seconds: an older one is shown while it is made."""
PERIODS = (1, 7, 30, 90, 365)
CALLED = {"brand": "About the brand", "topic": "Complains about", "move": "Tells of", "severity": "Harm"}
CALLED |= {name: name.capitalize() for name in ("sentiment", "complaint", "praise", "wish", "question", "relevance")}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDays:
    """The period of a page: so many days that end with today, or from one moment to another."""

    days: int | None = None
    since: datetime | None = None
    until: datetime | None = None


class Desk:
    """One store and one configuration, for every visitor. Threads share it."""

    def __init__(
        self,
        config: Config,
        store: Store,
        *,
        sessions: Sessions,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store, self.sessions, self.now = store, sessions, now
        self.take(config)
        self._kept = KeptReports(config.state, config.text, store.address)
        self.measures = Measured()
        self.walks = Measured()
        """Answers that take a walk through many mentions, apart from reports, so that none of those makes room."""
        self.looks = Looks()
        self.replays = Replays()
        self.crawls = LiveCrawls(after=self.forget_measures)
        self.looked = LookedBook(config.state)
        self.deciding = threading.Lock()
        """Held by whoever looks at an entry and then changes it."""
        self._turn = threading.Lock()
        self._refreshed = -REFRESH_S
        self._begun: set[Any] = set()

    def take(self, config: Config) -> None:
        """Go by ``config`` from now on, but for the store and the folder, which are open."""
        first = getattr(self, "config", config)
        self.config = replace(config, store=first.store, state=first.state, call=first.call)
        self.brands = {brand.id: brand.name for brand in config.brands}
        self.topics = {topic.id: topic.name for topic in taxonomy_of(config).topics.values()}
        self.zone = ZoneInfo(config.report.timezone)

    @property
    def records(self) -> Records:
        """The small records."""
        return self.store.records

    def fresh(self) -> Store:
        """Return the store as it is now, or was a second ago."""
        with self._turn:
            due = time.monotonic() - self._refreshed > REFRESH_S
            if due:
                self._refreshed = time.monotonic()
        if due:
            self.store.refresh()
        return self.store

    def name_of(self, path: str, value: str) -> str:
        """Return what people call a value of a field."""
        if value == NO_VALUE:
            return f"no {path.replace('_', ' ').replace('.', ' ')}"
        if path in ("brand.id", "switching.origin", "switching.target"):
            return self.brands.get(value, value)
        if path.endswith("topics") or path == "switching.reason":
            return readable(value, self.topics) if value else value
        return value.replace("_", " ") if path in ("severity.level", "moves", "genre", "sentiment.label") else value

    def called(self, field: str) -> str:
        """Return what people call a field of a correction."""
        return CALLED.get(field, field)

    def said(self, field: str, value: str) -> str:
        """Return what people call what a correction's field says; several topics or moves with commas between."""
        if field in ("topic", "move"):
            path = "topics" if field == "topic" else "moves"
            return ", ".join(self.name_of(path, one) for one in value.split()) or "none"
        return value.replace("_", " ") or "none"

    def seen_by(self, visitor: Visitor, where: Filter | None = None) -> Filter:
        """Return ``where`` without what the visitor may not see."""
        where = where or Filter()
        return where if visitor.may("analyst") else replace(where, private=False)

    def where(self, visitor: Visitor, wanted: Asked) -> Filter:
        """Return the filter of a list as the visitor may see it. Raises ``UsageError`` for what means none."""
        return with_triage(self.records, self.seen_by(visitor, wanted.where(self.now())), wanted)

    def mention(self, visitor: Visitor, name: str) -> Mention | None:
        """Return a mention that the visitor may see; None where there is none, and where it is not for them."""
        found = self.fresh().get([name]).get(name)
        return None if found is None or (found.private and not visitor.may("analyst")) else found

    def period(self, span: AskedDays) -> AskedDays:
        """Return a period with both of its ends, or an empty one where the configured number of days is meant."""
        if span.days is None:
            return span
        end = self.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return AskedDays(since=end - timedelta(days=span.days), until=end)

    def report(self, visitor: Visitor, span: AskedDays) -> Measures:
        """Return the report of a period as the visitor may see it. Raises ``EmptyStoreError``."""
        key, make = self._report(visitor, span)
        made: Measures = self.measures.get(key, make, older=_figures)
        return made

    def _report(self, visitor: Visitor, span: AskedDays) -> tuple[Any, Callable[[], Measures]]:
        """Return the key of a report and how it is made; what was kept of it before a restart is shown meanwhile."""
        key = ("report", visitor.may("analyst"), span)

        def make() -> Measures:
            period, where = self.period(span), self.seen_by(visitor)
            store = self.fresh()
            made = build_report(self.config, store, now=self.now(), since=period.since, until=period.until, where=where)
            self._kept.put(key, made)
            return made

        with self._turn:
            first = key not in self._begun and self.measures.untouched
            self._begun.add(key)
        found = self._kept.get(key, self.now()) if first else None
        if found is not None:
            self.measures.offer(key, found)
        return key, make

    def warm(self) -> None:
        """Measure what the first page shows, before anybody asks."""
        self.measures.renew(*self._report(Visitor(name="", role="admin"), AskedDays()))

    def close(self) -> None:
        """End what is measured behind the pages, and what is crawled for them."""
        self.crawls.close()
        self.replays.close()
        self.measures.close()
        self.walks.close()

    def forget_measures(self) -> None:
        """Measure anew when next asked: somebody has just entered something."""
        self.measures.forget()
        self.walks.forget()


def _figures(report: Measures) -> Measures | None:
    """Return what may be shown of a report that is older: its figures alone, for posts may have been erased since.

    None where so few mentions are stored that a new one is made while somebody waits.
    """
    figures: Measures = without_words(report)
    return figures if report.mentions_ever >= MANY else None
