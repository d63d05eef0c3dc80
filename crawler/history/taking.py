"""Files of the past taken into the store: ``candor history``. Workers read and judge, this process alone writes.

What bounds memory: a worker holds one stretch of a file (or one chunk of rows), and here wait, of each file that is
read, no more than the stretch that is written and the next one. A stretch is stored before its end is noted, and ids
are made of addresses: whatever dies, each record is stored once.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from analysis.ledger.learning import learnt
from analysis.model.addresses import site
from analysis.model.pseudonym import NOBODY, pseudonym
from analysis.model.records.past import PastFile
from analysis.settings.file import Config
from analysis.settings.key import installation_key
from analysis.store.base import Store
from crawler.cluster.hired import ClusterWorkers
from crawler.history.archives import ArchiveTaking
from crawler.history.exports import ExportTaking, RowsOf
from crawler.history.writing import PastWriter, Told
from crawler.workers import memory
from crawler.workers.pool import ReadingPool, Workers, start_importing
from crawler.workers.preload import ALL_PRELOADED, load_enricher
from crawler.workers.work import EnricherSetup

ROWS = "jsonl"
"""The kind of file that is read by rows; all others are WARC files."""
KINDS_OF_PAST = ("commoncrawl", "warc", ROWS)
_RECYCLE_AFTER = 100
"""Stretches after which a worker of this machine is replaced, because parsers keep some memory."""
_AHEAD = 2


def take_past(
    config: Config,
    store: Store,
    kind: str,
    paths: Sequence[Path],
    *,
    run: str,
    source: str,
    rows_of: RowsOf,
    told: Told,
    hired: ClusterWorkers | None = None,
) -> tuple[list[PastFile], bool]:
    """Take files into the store; return how far each is, in their order, and whether all was stopped. Blocks.

    A file goes on where an earlier call ended, and one that is done and as long as it was is left alone. ``source`` is
    the id that posts from WARC files get; ``rows_of`` reads a file of rows. ``told`` is called as a file moves on.
    The first SIGINT or SIGTERM stops after what is under way, the second raises ``KeyboardInterrupt``. Raises
    ``StoreError`` where the store cannot write, ``CandorError`` where no worker can start.
    """
    memory.keep_bounded()
    key = installation_key(config.key_file, named=config.key_is_named)
    setup = EnricherSetup.of(config, key, layer=learnt.bytes_of(store.records))
    if hired is None:
        start_importing(ALL_PRELOADED)
    workers = config.crawl.workers
    count = workers if hired is None else hired.count
    hands = hired or Workers(workers, recycle_after=_RECYCLE_AFTER, preload=ALL_PRELOADED, start=load_enricher)
    pool = ReadingPool(workers=workers, setup=setup, understanders=hands, layer=lambda: setup.layer)
    writer = PastWriter(store, kind=kind, run=run, told=told)
    if kind == ROWS:
        # Rows come from one file after the other: their order tells who was first at an address.
        ahead = _AHEAD * max(1, count // 2)
        export = ExportTaking(writer, pool, rows_of=rows_of, pseudonym=partial(_pseudonym, key), ahead=ahead)
        return asyncio.run(_all(paths, writer, pool, export.take, at_once=1))
    archive = ArchiveTaking(writer, pool, setup, source=source)
    # One file more than workers: while a stretch is written, its worker has another to read.
    return asyncio.run(_all(paths, writer, pool, archive.take, at_once=count + 1))


def _pseudonym(key: bytes, url: str, author: str) -> str:
    return "" if author in NOBODY else pseudonym(key, site(url), author)


async def _all(
    paths: Sequence[Path],
    writer: PastWriter,
    pool: ReadingPool,
    take: Callable[[Path, PastFile, Callable[[], bool]], Awaitable[PastFile]],
    *,
    at_once: int,
) -> tuple[list[PastFile], bool]:
    room = asyncio.Semaphore(at_once)
    stopped = asyncio.Event()

    async def one(path: Path) -> PastFile:
        async with room:
            file = await writer.known(path)
            return file if file.is_done or file.error or stopped.is_set() else await take(path, file, stopped.is_set)

    tasks: list[asyncio.Task[PastFile]] = []
    try:
        with _signals(stopped):
            # Where the enricher cannot be built it is said now, and not taken for the fault of each record.
            await pool.understand([])
            tasks = [asyncio.ensure_future(one(path)) for path in paths]
            files = await asyncio.gather(*tasks)
            await asyncio.to_thread(writer.store.refresh)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(pool.close)
    return files, stopped.is_set()


@contextmanager
def _signals(stopped: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop() -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    # Elsewhere than on the main thread nobody is told of signals.
    with suppress(ValueError, RuntimeError):
        for number in before:
            loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        with suppress(ValueError, RuntimeError):
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)
