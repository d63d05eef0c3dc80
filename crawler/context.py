"""What the parts of a crawl share: configuration, store, reader processes, the intake. Attached to each crawler.

``candor crawl`` makes one ``Context`` and attaches it to every crawler. Where Scrapy itself made the crawler
(``scrapy crawl``, ``scrapy shell``, Scrapyd), ``context_of`` builds one from the settings on first use, so that the
same pipelines and middlewares work there. Nothing here is a module global.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from scrapy.crawler import Crawler

from analysis.flow import Ingested, Understood, ingest
from analysis.ingest.edits import DELETED, GONE, withdraw_gone, withdraw_threads
from analysis.ledger.learning import learnt
from analysis.model import Source
from analysis.model.addresses import site
from analysis.model.errors import StoreError
from analysis.model.pseudonym import NOBODY, pseudonym
from analysis.model.records.base import Records
from analysis.model.records.crawl import Validator
from analysis.model.records.run import RUNS
from analysis.settings.file import DEFAULT_NAME, Config
from analysis.settings.key import installation_key
from analysis.settings.tables import CrawlOptions
from analysis.store.base import Store
from analysis.store.open import open_store
from crawler.archive.folders import Archives
from crawler.configuration import load
from crawler.drawing.browser import Browser
from crawler.keeping.forgetting import unerased
from crawler.keeping.health import Health, judge
from crawler.keeping.intake import Intake, Notes
from crawler.keeping.tenure import Tenures
from crawler.keeping.validators import remember
from crawler.keeping.visit import Visit, run_of
from crawler.politeness import waits
from crawler.politeness.hosts import Hosts, host_of
from crawler.politeness.kept_robots import KeptRobots
from crawler.politeness.leases import Leases
from crawler.workers.memory import give_back
from crawler.workers.pool import ReadingPool
from crawler.workers.work import EnricherSetup

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time now; the one clock of a crawl, handed in everywhere."""
    return datetime.now(UTC)


class Context:
    """Shared by all crawlers of one run. The store and the worker processes start when first used.

    ``key`` is the installation's key for pseudonyms. A store that is handed in is not closed here. ``owner`` is the
    one crawler that this context ends with, where Scrapy made the crawler. ``tenures`` are the hosts that it has,
    where others crawl for the same store: then each host is asked under a lease. What robots.txt files said is shared
    through the store where one ``shares_robots``.
    """

    def __init__(
        self,
        config: Config,
        *,
        run: str,
        key: bytes,
        store: Store | None = None,
        now: Clock = utc_now,
        owner: Crawler | None = None,
        tenures: Tenures | None = None,
        shares_robots: bool = False,
    ) -> None:
        self.config = config
        self.owner = owner
        self._tenures = tenures
        self._key = key
        self.run = run
        self.now = now
        self._lent = store
        self._opened: Store | None = None
        self._guard = threading.Lock()
        self._recalling = asyncio.Lock()
        self._recalled = False
        self.hosts = Hosts(delay_s=config.crawl.delay_s, per_host=config.crawl.per_host)
        self.leases = (
            Leases(lambda: self.records, holder=tenures.holder, owns=tenures.has, now=now) if tenures else None
        )
        self.robots = KeptRobots(lambda: self.records, now=now) if shares_robots else None
        self.pool = ReadingPool(workers=config.crawl.workers, setup=EnricherSetup.of(config, key), layer=self._layer)
        self.archives = Archives(config, key=key)
        self._browser: Browser | None = None
        self.intake = Intake(understand=self.pool.understand, keep=self._keep, remember=self._remember)

    @property
    def crawl(self) -> CrawlOptions:
        """The ``[crawl]`` table."""
        return self.config.crawl

    @property
    def store(self) -> Store:
        """The store, open for writing. Raises ``StoreError`` where it cannot be opened."""
        with self._guard:
            if self._lent is None and self._opened is None:
                self._opened = open_store(self.config.store, write=True)
            return cast("Store", self._lent or self._opened)

    @property
    def records(self) -> Records:
        """The small records of the store."""
        return self.store.records

    def browser(self, user_agent: str) -> Browser:
        """Return the browser that draws pages of sources with ``render``; started when the first is drawn."""
        if self._browser is None:
            self._browser = Browser(
                user_agent=user_agent, limit_s=self.crawl.timeout_s, most_bytes=self.crawl.max_bytes
            )
        return self._browser

    def pseudonym(self, url: str, author: str) -> str:
        """Return what is kept of an author's name on the site of ``url``; empty where there is none."""
        return "" if author in NOBODY else pseudonym(self._key, site(url), author)

    def visit(self, source: Source) -> Visit:
        """Return a new, empty visit of ``source`` in this run."""
        return Visit(source=source, run=self.run, started_at=self.now())

    def finish(self, visit: Visit) -> Health:
        """Judge a finished visit and write its ``source_run`` record. Blocks on the store."""
        visit.ended_at = self.now()
        self._withdraw(visit)
        asked = dict(self.hosts.waits)
        try:
            waits.remember(self.records, asked.values(), now=visit.ended_at)
        except StoreError as error:
            log.warning("the waits that sites asked for could not be put in order: %s", error)
        own = asked.get(host_of(visit.source.url))
        visit.wait_until = own.until if own and own.until > visit.ended_at else None
        # Whoever was asked to wait has told its failure; who is not let in from now on waits.
        self.hosts.keep_waits()
        health = judge(visit)
        RUNS.put(self.records, run_of(visit, state=health.state, cause=health.cause))
        return health

    def _withdraw(self, visit: Visit) -> None:
        count = withdraw_threads(visit.gone_threads, visit.source.id, self.store, run=self.run, now=self.now())
        if count:
            visit.drop(DELETED, count)
        # Where more is gone than there, the site is in trouble or has moved: that says nothing of its posts.
        if not visit.gone or len(visit.gone) > visit.pages:
            return
        count = withdraw_gone(visit.gone, visit.source.id, self.store, run=self.run, now=self.now())
        if count:
            visit.drop(GONE, count)

    async def obey_waits(self) -> None:
        """Leave the hosts alone that asked for it in an earlier run. Asks the store, in a thread, the first time."""
        async with self._recalling:
            if not self._recalled:
                self._recalled = True
                now = self.now()
                try:
                    asked = await asyncio.to_thread(waits.recall, self.records, now=now)
                except StoreError as error:
                    # A server that is away must not end the crawl, which goes on into the spool.
                    log.warning("which sites asked us to wait is not known: %s", error)
                    return
                for host, wait in asked.items():
                    self.hosts.obey(host, wait, now=now)

    async def close(self) -> None:
        """Store what waits, stop the workers and close the store if it was opened here."""
        await self.intake.drain()
        if self._browser is not None:
            await self._browser.close()
        await asyncio.to_thread(self.archives.close, now=self.now())
        await asyncio.to_thread(self.pool.close)
        if self._opened is not None:
            await asyncio.to_thread(self._opened.close)

    def _layer(self) -> bytes:
        """Return the learnt layer that judges. Where a server is away, the shipped judges do: the mentions say so."""
        try:
            return learnt.bytes_of(self.records)
        except StoreError as error:
            log.warning("what was learnt from answers is not known, so the shipped judges judge: %s", error)
            return b""

    def _keep(self, understood: Sequence[Understood]) -> Ingested:
        size = max(1, len(understood))
        total = sum(ingest(understood, store=self.store, run=self.run, batch=size, clock=self.now), Ingested())
        # Once a batch: pages of all sizes passed through since the last.
        give_back()
        return total

    def _remember(self, notes: Notes, validators: Sequence[Validator]) -> None:
        kept, alive = unerased(self.records, notes, validators)
        if self._tenures is not None:
            kept, alive = self._tenures.written(self.records, kept, alive)
        for kind, values in kept.items():
            kind.put_many(self.records, values)
        remember(self.records, alive, now=self.now())


def context_of(crawler: Crawler) -> Context:
    """Return the context of ``crawler``; build it from the settings where no command of ours made the crawler.

    The configuration is the file named by the setting (or variable) ``CANDOR_CONFIG``, else ``candor.toml`` in the
    working folder. Raises ``ConfigError`` where it cannot be used.
    """
    context = getattr(crawler, "candor", None)
    if context is None:
        config = load(Path(crawler.settings.get("CANDOR_CONFIG") or DEFAULT_NAME))
        context = Context(
            config,
            run=new_run(utc_now()),
            key=installation_key(config.key_file, named=config.key_is_named),
            owner=crawler,
        )
        crawler.candor = context  # type: ignore[attr-defined]
    return cast("Context", context)


def visit_of(crawler: Crawler) -> Visit:
    """Return the visit of ``crawler``; begin one where no command of ours did, for any spider."""
    visit = getattr(crawler, "candor_visit", None)
    if visit is None:
        name = crawler.spidercls.name
        source = getattr(crawler.spider, "source", None) or Source(id=name, kind=name, url="")
        visit = context_of(crawler).visit(source)
        # Only our spiders say what they start from.
        visit.entries_read = int(not source.url)
        crawler.candor_visit = visit  # type: ignore[attr-defined]
    return cast("Visit", visit)


def new_run(now: datetime) -> str:
    """Return an id for a run that starts ``now``: sortable, and unique to the microsecond."""
    return f"run-{now:%Y%m%dT%H%M%S.%fZ}"
