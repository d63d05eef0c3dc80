"""One crawl of several sources: a crawler each in one process, one store, one pool. One that fails stops no other."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from analysis.model import Source
from analysis.model.errors import CandorError
from analysis.settings.file import Config
from analysis.settings.key import installation_key
from analysis.store.base import Store
from crawler.context import Clock, Context, new_run, utc_now
from crawler.keeping.health import Health
from crawler.keeping.visit import Visit
from crawler.workers import memory
from crawler.workers.pool import start_importing

PROGRESS_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProgress:
    """The live counts of one source. ``state`` is waiting, reading or done; ``health`` is known when it is done."""

    source: Source
    state: str
    requests: int = 0
    pages: int = 0
    posts: int = 0
    unchanged: int = 0
    mentions_new: int = 0
    mentions_updated: int = 0
    dropped: int = 0
    health: Health | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOutcome:
    """What one source gave in this run; the same is kept as a record of kind ``source_run``."""

    visit: Visit
    health: Health

    @property
    def source(self) -> Source:
        """The source."""
        return self.visit.source


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOutcome:
    """What a crawl gave. ``not_started`` are sources that were left out because it was stopped."""

    run: str
    started_at: datetime
    ended_at: datetime
    sources: tuple[SourceOutcome, ...]
    not_started: tuple[Source, ...] = ()
    stopped: bool = False

    @property
    def failed(self) -> tuple[SourceOutcome, ...]:
        """The sources that failed; with any of them (or a stop) the command exits 1."""
        return tuple(outcome for outcome in self.sources if outcome.health.state == "failing")


OnProgress = Callable[[Sequence[SourceProgress]], None]


def crawl(
    config: Config,
    store: Store,
    sources: Sequence[Source],
    *,
    on_progress: OnProgress | None = None,
    now: Clock = utc_now,
    extra: Mapping[str, Any] | None = None,
) -> CrawlOutcome:
    """Crawl ``sources`` into ``store`` and return what each gave. Blocks; once per process (a reactor runs once).

    ``on_progress`` is called about four times a second on this thread and must be quick. The first Ctrl-C (or SIGTERM)
    stops fetching, stores what was read and returns; the second raises ``KeyboardInterrupt`` at once. ``extra`` are
    Scrapy settings for people who know them, such as ``FEEDS``.
    """
    memory.keep_bounded()
    start_importing()
    process = AsyncCrawlerProcess(settings_for(extra))
    context = Context(
        config,
        run=new_run(now()),
        key=installation_key(config.key_file, named=config.key_is_named),
        store=store,
        now=now,
    )
    work = Crawl(process, context, sources, on_progress=on_progress)
    loop = asyncio.get_event_loop()
    task = loop.create_task(work.all())
    task.add_done_callback(lambda _: _stop_reactor())
    with _signals(loop, work.stop):
        process.start(stop_after_crawl=False, install_signal_handlers=False)
    if not task.done():
        context.pool.close()
        raise KeyboardInterrupt
    return task.result()


def settings_for(extra: Mapping[str, Any] | None = None) -> Settings:
    """Return the project's settings, wherever the command was started; ``extra`` wins."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    # Who calls decides where the log goes.
    settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="project")
    settings.update(dict(extra or {}), priority="cmdline")
    return settings


class Crawl:
    """The crawl of several sources on a running loop; at most ``[crawl] sources_at_once`` at a time."""

    def __init__(
        self,
        process: AsyncCrawlerProcess,
        context: Context,
        sources: Sequence[Source],
        *,
        on_progress: OnProgress | None = None,
    ) -> None:
        self._process = process
        self._context = context
        self._sources = list(sources)
        self._on_progress = on_progress
        self._at_once = asyncio.Semaphore(context.crawl.sources_at_once)
        self._visits: dict[str, Visit] = {}
        self._crawlers: dict[str, Crawler] = {}
        self._health: dict[str, Health] = {}
        self._stopping: asyncio.Task[None] | None = None

    async def all(self) -> CrawlOutcome:
        """Crawl every source; return what each gave. Raises only what ends the whole run: the store cannot be used."""
        started_at = self._context.now()
        ticking = asyncio.ensure_future(self._tick())
        warming = asyncio.ensure_future(self._context.pool.warm_up())
        try:
            await asyncio.gather(*(self._one(source) for source in self._sources))
        finally:
            ticking.cancel()
            # Closing waits for a start that is under way; its failure is told by the first page that is read.
            await asyncio.wait([warming])
            await self._context.close()
            self._report()
        return CrawlOutcome(
            run=self._context.run,
            started_at=started_at,
            ended_at=self._context.now(),
            sources=tuple(
                SourceOutcome(visit=self._visits[source.id], health=self._health[source.id])
                for source in self._sources
                if source.id in self._health
            ),
            not_started=tuple(source for source in self._sources if source.id not in self._visits),
            stopped=self._stopping is not None,
        )

    def stop(self) -> None:
        """Stop fetching; what was fetched is still read and stored. The second call ends the reactor at once."""
        if self._stopping is not None:
            _stop_reactor()
            return
        self._stopping = asyncio.ensure_future(self._stop_all())

    async def _stop_all(self) -> None:
        await asyncio.gather(*(self._stop_one(name) for name in list(self._crawlers)))

    async def _stop_one(self, source_id: str) -> None:
        self._visits[source_id].stopped = True
        crawler = self._crawlers[source_id]
        # A crawler that is just opening cannot be stopped before its engine runs.
        while source_id in self._crawlers:
            with contextlib.suppress(RuntimeError):
                await crawler.engine.stop_async()
                return
            await asyncio.sleep(0.05)

    async def _one(self, source: Source) -> None:
        async with self._at_once:
            if self._stopping is not None or self._context.intake.error is not None:
                return
            visit = self._visits[source.id] = self._context.visit(source)
            try:
                crawler = self._crawlers[source.id] = self._crawler(visit)
                await self._process.crawl(crawler, source=source)
            except Exception as error:  # noqa: BLE001 - one source that fails never stops another
                visit.error = str(error) if isinstance(error, CandorError) else f"{type(error).__name__}: {error}"
            self._count_requests(visit)
            self._crawlers.pop(source.id, None)
            await self._finish(visit)

    def _crawler(self, visit: Visit) -> Crawler:
        crawler = self._process.create_crawler(visit.source.kind)
        crawler.candor = self._context  # type: ignore[attr-defined]
        crawler.candor_visit = visit  # type: ignore[attr-defined]
        return crawler

    async def _finish(self, visit: Visit) -> None:
        await self._context.intake.drain()
        if self._context.intake.error is not None:
            visit.error = visit.error or str(self._context.intake.error)
        try:
            self._health[visit.source.id] = await asyncio.to_thread(self._context.finish, visit)
        except CandorError as error:
            self._health[visit.source.id] = Health(state="failing", cause=visit.error or str(error))

    def _count_requests(self, visit: Visit) -> None:
        crawler = self._crawlers.get(visit.source.id)
        stats = getattr(crawler, "_stats", None)
        if stats is not None:
            visit.requests = stats.get_value("downloader/request_count", 0)

    async def _tick(self) -> None:
        while True:
            self._report()
            await asyncio.sleep(PROGRESS_S)

    def _report(self) -> None:
        if self._on_progress is not None:
            self._on_progress([self._progress(source) for source in self._sources])

    def _progress(self, source: Source) -> SourceProgress:
        visit = self._visits.get(source.id)
        if visit is None:
            return SourceProgress(source=source, state="waiting")
        self._count_requests(visit)
        health = self._health.get(source.id)
        return SourceProgress(
            source=source,
            state="done" if health else "reading",
            requests=visit.requests,
            pages=visit.pages,
            posts=visit.posts,
            unchanged=visit.unchanged,
            mentions_new=visit.mentions_new,
            mentions_updated=visit.mentions_updated,
            dropped=sum(visit.dropped.values()),
            health=health,
        )


def _stop_reactor() -> None:
    from twisted.internet import reactor

    # Raised where it is stopped already.
    with contextlib.suppress(RuntimeError):
        cast("Any", reactor).stop()


@contextlib.contextmanager
def _signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM call ``stop`` on the loop; outside the main thread signals are left alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
