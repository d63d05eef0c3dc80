"""Reading and understanding outside the reactor's process, in a few workers that may hang or die.

Measured on two cores: Scrapy fetches 190 to 270 real pages a second, and 14 to 28 remain when a page is read inside
its callback. A page that takes too long or kills its worker costs only that page.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from dataclasses import replace
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from typing import Any, Protocol
from urllib.parse import urlsplit

from pebble import ProcessExpired, ProcessPool

from analysis.flow import Understood
from analysis.model import Post
from analysis.model.errors import CandorError, ReadError
from crawler.kinds.base import Step
from crawler.readers.page import Page
from crawler.workers.preload import PRELOADED, load_enricher
from crawler.workers.work import EnricherSetup, Reader, enricher_version, timed_page, understand_posts

CHUNK = 16
READ_S = 30.0
SLOW_S = 10.0
UNDERSTAND_S = 120.0
RECYCLE_AFTER = 3000
STOP_S = 5.0


class TookTooLongError(ReadError):
    """A page was not read within the time-out; raised by ``ReadingPool``. Raise [crawl] timeout if pages are honest."""


class WorkerKilledError(ReadError):
    """A page crashed the worker that read it, or it ran out of memory; raised by ``ReadingPool``."""


def reason(error: ReadError) -> str:
    """Return in a few words, the same for many pages, why a page could not be read; for counting."""
    if isinstance(error, TookTooLongError):
        return "took too long to read"
    return "killed its reader" if isinstance(error, WorkerKilledError) else "could not be read"


NOT_UNDERSTOOD = {
    TookTooLongError: "took too long to understand",
    WorkerKilledError: "killed the worker that understood it",
    ReadError: "could not be understood",
}
LOST = frozenset(NOT_UNDERSTOOD.values())
"""Reasons of posts that were not understood for no fault of their own words: the next run tries them again."""


def start_importing(preload: Sequence[str] = PRELOADED) -> ForkServerContext:
    """Start the process that workers are forked from, if it does not run yet, and return at once.

    It imports for some seconds. Whoever will need workers calls this first, and does what else a start takes meanwhile.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    # Ctrl-C reaches every process of a terminal; this one decides what it means, and those that load must not cry out.
    # The tracker first: its start would unblock the signal again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


class Does(Protocol):
    """Processes that do what they are handed: ``Workers`` on this machine, or actors of a cluster."""

    async def do(self, function: Callable[..., Any], arguments: tuple[Any, ...], timeout_s: float) -> Any:
        """Return ``function(*arguments)``. Raises what that raises, and ``TimeoutError`` and pebble's errors."""

    def close(self) -> None:
        """Stop them; what they still do is lost."""


class Workers:
    """Some processes that do what they are handed, started with the first of it. Safe to use from several threads.

    They are forked from one clean server process (never from the reactor) that has ``preload`` imported already, call
    ``start`` first, and are replaced after ``recycle_after`` tasks, because the parsers underneath keep some memory.
    """

    def __init__(
        self, count: int, *, recycle_after: int, preload: Sequence[str], start: Callable[[], None] | None = None
    ) -> None:
        self._count = count
        self._recycle_after = recycle_after
        self._preload = list(preload)
        self._start = start
        self._guard = threading.Lock()
        self._pool: ProcessPool | None = None

    async def do(self, function: Callable[..., Any], arguments: tuple[Any, ...], timeout_s: float) -> Any:
        """Return ``function(*arguments)`` from a worker. Raises what that raises, and pebble's errors."""
        pool = self._pool
        if pool is None or not pool.active:
            # In a thread: the server process imports for seconds before its first worker answers.
            pool = await asyncio.to_thread(self._started)
        return await asyncio.wrap_future(pool.schedule(function, args=arguments, timeout=timeout_s))

    def close(self) -> None:
        """Stop the workers; what they still do is lost."""
        with self._guard:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join(timeout=STOP_S)

    def _started(self) -> ProcessPool:
        with self._guard:
            if self._pool is None or not self._pool.active:
                # Not fork: the reactor's process has threads, sockets and an open store.
                context = start_importing(self._preload)
                pool = ProcessPool(self._count, max_tasks=self._recycle_after, initializer=self._start, context=context)
                # A pebble pool starts with its first task, and is not to be looked at before: that would wait too.
                pool.schedule(len, args=((),))
                self._pool = pool
            return self._pool


class ReadingPool:
    """Worker processes behind a bounded queue. Safe to use from the reactor and from other threads.

    At most ``2 * workers`` pages are handed over at once; who reads more waits, so memory stays bounded. No host takes
    all places, and one whose page took long only one: a slow page delays its own site. Half as many
    workers understand posts: they alone have spaCy, whose import takes longer than the first pages. ``understanders``
    do that in their place, where given. ``layer`` gives what people's answers have taught, as bytes, when the first
    post is to be understood.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        timeout_s: float = READ_S,
        setup: EnricherSetup | None = None,
        layer: Callable[[], bytes] = bytes,
        recycle_after: int = RECYCLE_AFTER,
        preload: Sequence[str] = PRELOADED,
        understanders: Does | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._setup = setup
        self._layer = layer
        self._judging: EnricherSetup | None = None
        self._readers = Workers(workers, recycle_after=recycle_after, preload=preload)
        self._understanders: Does = understanders or Workers(
            max(1, workers // 2), recycle_after=recycle_after, preload=preload, start=load_enricher
        )
        self._room = asyncio.Semaphore(2 * workers)
        self._lanes: dict[str, asyncio.Semaphore] = {}
        self._widest = max(1, 2 * workers - 1)
        self._given_up: Counter[str] = Counter()

    async def read(self, reader: Reader, page: Page, *, whole: bool = True) -> tuple[Step, ...]:
        """Return what ``page`` becomes, as the kind of source that ``reader`` names reads it.

        Without ``whole`` an article that names no tracked brand comes with a few words instead of its text, in a
        third of the time: it will not be kept.

        Raises ``ReadError`` with the reason: not readable, took too long, or killed its worker.
        """
        host = urlsplit(page.url).hostname or ""
        # One place is always left to others; who was slow once gets one place only, so that a worker stays free.
        async with self._lane(host) as taken, self._room:
            try:
                steps: tuple[Step, ...]
                steps, seconds = await self.call(page.url, timed_page, reader, page, None if whole else self._setup)
            except (TookTooLongError, WorkerKilledError):
                taken.append(self._timeout_s)
                raise
            taken.append(seconds)
            return steps

    @asynccontextmanager
    async def _lane(self, host: str) -> AsyncIterator[list[float]]:
        """Hold one of the host's places; into what is yielded goes how long its page kept a worker (seconds)."""
        lane = self._lanes.setdefault(host, asyncio.Semaphore(self._widest))
        await lane.acquire()
        taken: list[float] = []
        try:
            yield taken
        finally:
            if sum(taken) >= min(SLOW_S, self._timeout_s) and self._given_up[host] < self._widest - 1:
                # This place is not given back: the host has one less from now on.
                self._given_up[host] += 1
            else:
                lane.release()

    async def understand(self, posts: Sequence[Post]) -> list[Understood]:
        """Return what became of each post, in order. A post that cannot be understood is so with its reason."""
        if self._setup is None:
            raise RuntimeError("this pool was made without brands; it only reads")
        judging = self._judging or await self._prepared(self._setup)
        chunks = [posts[start : start + CHUNK] for start in range(0, len(posts), CHUNK)]
        understood = await asyncio.gather(*(self._understand_chunk(chunk, judging) for chunk in chunks))
        return [item for items in understood for item in items]

    async def warm_up(self) -> None:
        """Start the workers now, so that they import while the first pages are fetched."""
        some = [self._readers] if self._setup is None else [self._understanders, self._readers]
        await asyncio.gather(*(workers.do(len, ((),), UNDERSTAND_S) for workers in some))

    def close(self) -> None:
        """Stop the workers; what they still do is lost."""
        self._readers.close()
        self._understanders.close()

    async def _prepared(self, setup: EnricherSetup) -> EnricherSetup:
        """Build the enricher once and say so if that fails, before its failure is taken for that of each post.

        Only now is the layer asked for: who reads pages needs none, and the store may not have been opened before.
        """
        judging = replace(setup, layer=await asyncio.to_thread(self._layer))
        try:
            await self._understanders.do(enricher_version, (judging,), UNDERSTAND_S)
        except (TimeoutError, ProcessExpired, BrokenProcessPool) as error:
            raise CandorError(f"the enricher does not start in its worker: {error or type(error).__name__}") from None
        self._judging = judging
        return judging

    async def _understand_chunk(self, posts: Sequence[Post], setup: EnricherSetup) -> list[Understood]:
        try:
            limit_s = UNDERSTAND_S if len(posts) > 1 else self._timeout_s
            understood: list[Understood] = await _answered(
                self._understanders, posts[0].url, understand_posts, (posts, setup), limit_s
            )
        except ReadError as error:
            if len(posts) == 1:
                return [Understood(url=posts[0].url, reason=NOT_UNDERSTOOD[type(error)])]
            # One post spoils its chunk: try each alone, so that only that one is lost.
            alone = [await self._understand_chunk([post], setup) for post in posts]
            return [item for items in alone for item in items]
        return understood

    async def judged(self, name: str, function: Callable[..., Any], arguments: tuple[Any, ...], limit_s: float) -> Any:
        """Return ``function(*arguments)`` from one that understands posts. Raises ``ReadError`` that names ``name``."""
        return await _answered(self._understanders, name, function, arguments, limit_s)

    async def call(self, url: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return ``function(*arguments)`` from a reader. Raises ``ReadError`` that names ``url``, whatever happened."""
        return await _answered(self._readers, url, function, arguments, self._timeout_s)


async def _answered(
    workers: Does, url: str, function: Callable[..., Any], arguments: tuple[Any, ...], limit_s: float
) -> Any:
    try:
        try:
            return await workers.do(function, arguments, limit_s)
        except BrokenProcessPool:
            # An idle worker was killed from outside, which ends a pebble pool: what waited goes to a new one.
            return await workers.do(function, arguments, limit_s)
    except TimeoutError:
        raise TookTooLongError(f"{url}: reading it took longer than {limit_s:g} s") from None
    except (ProcessExpired, BrokenProcessPool) as error:
        code = getattr(error, "exitcode", None)
        raise WorkerKilledError(f"{url}: reading it killed its worker (exit {code})") from None
    except ReadError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge of the stage: whatever a worker raised is that page's fault
        raise ReadError(f"{url}: a worker broke on it ({type(error).__name__}: {error})") from None
