"""What all pages share: the configuration, the store, who is in, and measures that were made a moment ago."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from analysis.enrich.taxonomy import taxonomy_of
from analysis.model import Mention
from analysis.model.errors import CandorError
from analysis.model.records.base import Records
from analysis.settings.file import Config
from analysis.store.base import Filter, Store
from analysis.track.results import Measures
from candor.report_output import build_report
from candor.serve.door.looked import LookedBook
from candor.serve.door.sessions import Sessions
from candor.serve.door.visitors import Visitor
from candor.serve.kept import KeptReports
from candor.serve.live.preview import Looks
from candor.serve.live.progress import LiveCrawls
from candor.serve.live.replaying import Replays
from candor.serve.look.asked import Asked
from candor.serve.look.triaged import with_triage

log = logging.getLogger(__name__)
REFRESH_S = 1.0
"""How old the state of the store that is shown may be while a crawl writes."""
MEASURED_S = 20.0
"""For how long measures are shown again: making them asks a hundred questions."""
STALE_S = 600.0
"""For how long they are shown while newer ones are made, so that whoever comes back does not wait for them."""
MOST_MEASURED = 16
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
        self.looks = Looks()
        self.replays = Replays()
        self.crawls = LiveCrawls(after=self.forget_measures)
        self.looked = LookedBook(config.state)
        self.deciding = threading.Lock()
        """Held by whoever looks at an entry and then changes it."""
        self._turn = threading.Lock()
        self._refreshed = -REFRESH_S
        self._measured: dict[Any, tuple[float, Any]] = {}
        self._renewed: set[Any] = set()
        self._begun: set[Any] = set()
        self._entered = 0
        self._behind = ThreadPoolExecutor(1, thread_name_prefix="measures")

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
        if path in ("brand.id", "switching.origin", "switching.target"):
            return self.brands.get(value, value)
        if path.endswith("topics") or path == "switching.reason":
            return self.topics.get(value, value)
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

        def make() -> Measures:
            period, where = self.period(span), self.seen_by(visitor)
            store = self.fresh()
            made = build_report(self.config, store, now=self.now(), since=period.since, until=period.until, where=where)
            self._kept.put(key, made)
            return made

        key = ("report", visitor.may("analyst"), span)
        self._begin_with_kept(key)
        made: Measures = self.measured(key, make)
        return made

    def _begin_with_kept(self, key: Any) -> None:
        """Show at first what was measured before this process began, while it is measured anew; once."""
        with self._turn:
            first = key not in self._begun and not self._entered
            self._begun.add(key)
        found = self._kept.get(key, self.now()) if first else None
        if found is not None:
            with self._turn:
                self._measured.setdefault(key, (time.monotonic() - MEASURED_S, found))

    def measured(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what was made for ``key`` a moment ago, or make it; older ones are shown while they are made anew."""
        with self._turn:
            found = self._measured.get(key)
        age = time.monotonic() - found[0] if found is not None else STALE_S
        if found is None or age >= STALE_S:
            return self._made(key, make)
        if age >= MEASURED_S:
            self._renew(key, make)
        return found[1]

    def _made(self, key: Any, make: Callable[[], Any]) -> Any:
        with self._turn:
            entered = self._entered
        made = make()
        with self._turn:
            if entered == self._entered:
                self._measured[key] = (time.monotonic(), made)
            self._renewed.discard(key)
            while len(self._measured) > MOST_MEASURED:
                self._measured.pop(min(self._measured, key=lambda name: self._measured[name][0]))
        return made

    def _renew(self, key: Any, make: Callable[[], Any]) -> None:
        with self._turn:
            if key in self._renewed:
                return
            self._renewed.add(key)
        self._behind.submit(self._quietly, key, make)

    def _quietly(self, key: Any, make: Callable[[], Any]) -> None:
        """Make measures that nobody waits for. What goes wrong is told to whoever asks next."""
        try:
            self._made(key, make)
        except CandorError as error:
            log.warning("measuring: %s", error)
            with self._turn:
                self._measured.pop(key, None)
                self._renewed.discard(key)

    def warm(self) -> None:
        """Measure what the first page shows, before anybody asks."""
        first = Visitor(name="", role="admin")
        self._behind.submit(lambda: self._quietly(("warm",), lambda: self.report(first, AskedDays())))

    def close(self) -> None:
        """End what is measured behind the pages, and what is crawled for them."""
        self.crawls.close()
        self.replays.close()
        self._behind.shutdown(wait=True, cancel_futures=True)

    def forget_measures(self) -> None:
        """Measure anew when next asked: somebody has just entered something."""
        with self._turn:
            self._entered += 1
            self._measured.clear()
