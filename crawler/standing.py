"""A crawl process that stays: it reads the name of a source from standard input and answers with what that gave.

Starting a crawl costs seconds (imports, the process that workers are forked from), a source that has nothing new costs
one 304. So whoever crawls every few minutes keeps one such process instead of starting one each time. It is still a
process of its own: what a crawl leaves behind in memory goes when it is ended.

A line in is ``{"crawl": "source-id"}``, in a cluster with the ``host`` of the source and the ``term`` at which this
process was given that host (see ``crawler.keeping.tenure``). The line out is ``{"source": ..., "row": the source_run
record or null, "error": why there is none, "stopped": whether it was told to stop}``. Sources crawl side by side, at
most ``[crawl] sources_at_once``. Where standard input ends, it finishes what it does and ends; SIGTERM and SIGINT stop
fetching, store what was read, answer and end. A process that is ``--tied`` ends at once where standard input ends
without the line ``{"farewell": ...}``: who kept it has died, and another may crawl its hosts. The store is open for
writing only while a source is crawled. With ``--progress`` there are lines between, ``{"progress": {"source": ...,
"pages": ...}}``, some a second while something changes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from scrapy.crawler import AsyncCrawlerProcess

from analysis.ledger.erasing.erasure import retain
from analysis.model import Source
from analysis.model.errors import CandorError, RetentionError
from analysis.model.records.run import RUNS
from analysis.settings.file import Config
from analysis.settings.key import installation_key
from analysis.store.base import Store
from analysis.store.open import open_store
from crawler.configuration import from_text, load
from crawler.context import Context, new_run, utc_now
from crawler.keeping.tenure import Tenures
from crawler.keeping.visit import run_of
from crawler.run import Crawl, SourceProgress, settings_for
from crawler.workers.pool import start_importing
from crawler.workers.preload import ALL_PRELOADED

log = logging.getLogger(__name__)
HOLDER = "candor watch"
COUNTED = ("requests", "pages", "posts", "unchanged", "mentions_new", "mentions_updated", "dropped")


class SharedContext(Context):
    """A context that several crawls share: the end of one must not take the workers from the others."""

    async def close(self) -> None:
        """Store what waits; ``end`` does the rest when the last crawl is over."""
        await self.intake.drain()

    async def end(self) -> None:
        """Stop the workers and close what was opened here."""
        await super().close()


class CrawlServer:
    """Crawls sources on a running loop as they are asked for. One context and one open store while any is crawled."""

    def __init__(
        self,
        config: Config,
        process: AsyncCrawlerProcess,
        out: IO[str],
        *,
        holder: str = "",
        progress: bool = False,
    ) -> None:
        loop = asyncio.get_event_loop()
        self._tenures = (
            Tenures(holder, now=utc_now, lost=lambda host: loop.call_soon_threadsafe(self._leave_host, host))
            if holder
            else None
        )
        self._hosts: dict[str, str] = {}
        self._config = config
        self._process = process
        self._out = out
        self._on_progress = self._progressed if progress else None
        self._told: dict[str, Any] = {}
        self._sources = {source.id: source for source in config.sources}
        self._at_once = asyncio.Semaphore(config.crawl.sources_at_once)
        self._guard = asyncio.Lock()
        self._store: Store | None = None
        self._context: SharedContext | None = None
        self._users = 0
        self._running: dict[str, Crawl] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.stopping = False

    def ask(self, line: str) -> None:
        """Begin what a line of standard input asks for."""
        words = json.loads(line)
        task = asyncio.ensure_future(self._answer(words["crawl"], words.get("host", ""), words.get("term", 0)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Stop fetching everywhere; what was fetched is still stored. A second call gives that up too."""
        again, self.stopping = self.stopping, True
        if again:
            signal.raise_signal(signal.SIGKILL)
        for crawl in self._running.values():
            crawl.stop()

    async def finished(self) -> None:
        """Return when nothing is crawled any more."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def _leave_host(self, host: str) -> None:
        """Stop what is crawled of a host that another process has by now: it must not be asked by two."""
        for source, crawl in self._running.items():
            if self._hosts.get(source) == host:
                crawl.stop()

    async def _answer(self, name: str, host: str, term: int) -> None:
        answer: dict[str, Any] = {"source": name, "row": None, "error": "", "stopped": False}
        try:
            async with self._at_once:
                if name not in self._sources:
                    raise CandorError(f"{name}: {self._config.path} has no such source (any more)")
                self._hosts[name] = host
                answer |= {"stopped": True} if self.stopping else await self._crawl(self._sources[name], host, term)
        except CandorError as error:
            answer["error"] = str(error)
        except Exception as error:  # noqa: BLE001 - the edge of a crawl: who asked logs it, and the others go on
            answer["error"] = f"{type(error).__name__}: {error}"
        self._out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        self._out.flush()

    def _progressed(self, states: Sequence[SourceProgress]) -> None:
        for state in states:
            words = {name: getattr(state, name) for name in ("state", *COUNTED)}
            if self._told.get(state.source.id) != words:
                self._told[state.source.id] = words
                self._out.write(json.dumps({"progress": {"source": state.source.id, **words}}) + "\n")
                self._out.flush()

    async def _crawl(self, source: Source, host: str, term: int) -> dict[str, Any]:
        context = await self._enter()
        try:
            if self._tenures is not None:
                await asyncio.to_thread(self._tenures.take, context.records, source.id, host, term)
            crawl = self._running[source.id] = Crawl(self._process, context, [source], on_progress=self._on_progress)
            outcome = await crawl.all()
        finally:
            self._running.pop(source.id, None)
            await self._leave()
        if not outcome.sources:
            error = context.intake.error
            return {"error": str(error) if error else "", "stopped": outcome.stopped}
        done = outcome.sources[0]
        run = run_of(done.visit, state=done.health.state, cause=done.health.cause)
        return {"row": RUNS.to_body(run), "stopped": outcome.stopped}

    async def _enter(self) -> SharedContext:
        async with self._guard:
            # A store that has failed once fails every later crawl of its context: begin anew.
            if self._context is not None and self._context.intake.error is not None and not self._users:
                await self._end()
            if self._context is None:
                self._store = await asyncio.to_thread(open_store, self._config.store, write=True, holder=HOLDER)
                key = installation_key(self._config.key_file, named=self._config.key_is_named)
                run = new_run(utc_now())
                self._context = SharedContext(
                    self._config, run=run, key=key, store=self._store, tenures=self._tenures, shares_robots=True
                )
            self._users += 1
            return self._context

    async def _leave(self) -> None:
        async with self._guard:
            self._users -= 1
            if not self._users:
                await self._end()

    async def _end(self) -> None:
        context, self._context = self._context, None
        store, self._store = self._store, None
        if context is not None:
            await context.end()
        if store is not None:
            await asyncio.to_thread(self._close, store)

    def _close(self, store: Store) -> None:
        try:
            if not self.stopping:
                retain(store, self._config.privacy.keep, now=utc_now())
        except RetentionError as error:
            log.warning("%s", error)
        finally:
            store.close()


def main(arguments: list[str] | None = None) -> None:
    """Serve until standard input ends or a signal says stop."""
    parser = argparse.ArgumentParser(prog="python -m crawler.standing")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--store", default="")
    parser.add_argument("--as-read", action="store_true", help="the configuration's text is the first line of input")
    parser.add_argument("--tied", action="store_true", help="end at once where who keeps it dies")
    parser.add_argument("--holder", default="", help="who has the hosts of what is asked for, among others")
    parser.add_argument("--progress", action="store_true", help="tell between the answers how far each source is")
    given = parser.parse_args(arguments)
    as_read = str(json.loads(sys.stdin.readline())["config"]) if given.as_read else ""
    config = from_text(as_read, path=given.config) if as_read else load(given.config)
    config = replace(config, store=given.store or config.store)
    # Standard output carries answers and nothing else, whatever a library prints.
    out, sys.stdout = sys.stdout, sys.stderr
    # What workers are forked from loads all it will need while nothing is due yet.
    start_importing(ALL_PRELOADED)
    process = AsyncCrawlerProcess(settings_for())
    from twisted.internet import reactor as installed

    reactor: Any = installed
    loop = asyncio.get_event_loop()
    server = CrawlServer(config, process, out, holder=given.holder, progress=given.progress)
    done = asyncio.Event()

    def end() -> None:
        server.stop()
        done.set()

    def listen() -> None:
        farewell = not given.tied
        for line in sys.stdin:
            if "farewell" in json.loads(line):
                farewell = True
            else:
                loop.call_soon_threadsafe(server.ask, line)
        if not farewell:
            os.killpg(0, signal.SIGKILL)
        loop.call_soon_threadsafe(done.set)

    async def serve() -> None:
        await done.wait()
        await server.finished()
        reactor.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    # A daemon: the interpreter's end does not wait for a line that never comes.
    threading.Thread(target=listen, daemon=True).start()
    task = loop.create_task(serve())
    reactor.run(installSignalHandlers=False)
    task.result()


if __name__ == "__main__":
    main()
