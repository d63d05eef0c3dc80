"""One WARC file of the past, a stretch after the other, each by any worker; one that dies costs nothing but time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from analysis.model.errors import ReadError
from analysis.model.records.past import PastFile
from crawler.history.stretch import NO_POST, StretchRead, pass_over, read_stretch
from crawler.history.writing import PastWriter
from crawler.workers.pool import READ_S, UNDERSTAND_S, ReadingPool, TookTooLongError, WorkerKilledError, reason
from crawler.workers.work import EnricherSetup

MOST = 64
"""Records in a stretch: some seconds of work, and all that a worker that dies has to do again."""


class ArchiveTaking:
    """Takes WARC files into the store: while a stretch is written, a worker reads the next."""

    def __init__(self, writer: PastWriter, pool: ReadingPool, setup: EnricherSetup, *, source: str) -> None:
        self._writer, self._pool, self._setup, self._source = writer, pool, setup, source

    async def take(self, path: Path, file: PastFile, is_stopped: Callable[[], bool]) -> PastFile:
        """Take a file from where ``file`` says that it is; return how far it came."""
        careful = 0
        reading = asyncio.ensure_future(self._read(path, file.reached, careful))
        try:
            while True:
                stretch, spoilt = await reading
                # Something in a spoilt stretch ends or keeps its worker: then each record alone, so that one is lost.
                careful = MOST if spoilt else max(0, careful - 1)
                is_over = stretch.is_last or is_stopped()
                if not is_over:
                    reading = asyncio.ensure_future(self._read(path, stretch.end, careful))
                file = await self._writer.put(_moved(file, stretch), stretch.understood)
                if is_over:
                    return file
        finally:
            reading.cancel()

    async def _read(self, path: Path, offset: int, careful: int) -> tuple[StretchRead, bool]:
        """Return the stretch that begins at ``offset``, and whether no worker survives it as a whole."""
        most, limit_s = (1, READ_S) if careful else (MOST, UNDERSTAND_S)
        try:
            asked = (path, self._source, self._setup, offset, most)
            return await self._called(read_stretch, asked, offset, limit_s), False
        except (TookTooLongError, WorkerKilledError) as error:
            if not careful:
                return StretchRead(end=offset), True
            return await self._called(pass_over, (path, offset, reason(error)), offset, READ_S), False

    async def _called(
        self, function: Callable[..., StretchRead], given: tuple[Any, ...], offset: int, limit_s: float
    ) -> StretchRead:
        try:
            return cast("StretchRead", await self._pool.judged(str(given[0]), function, given, limit_s))
        except (TookTooLongError, WorkerKilledError):
            raise
        except ReadError as error:
            return StretchRead(end=offset, is_last=True, error=str(error))


def _moved(file: PastFile, stretch: StretchRead) -> PastFile:
    unread = sum(count for why, count in stretch.dropped.items() if why != NO_POST and not why.startswith("answered"))
    return replace(
        file,
        reached=stretch.end,
        is_done=stretch.is_last and not stretch.error,
        records=file.records + stretch.records,
        errors=file.errors + unread,
        dropped=dict(Counter(file.dropped) + stretch.dropped),
        error=stretch.error,
    )
