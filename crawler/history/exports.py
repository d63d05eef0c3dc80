"""One export of the past, by rows: they are read here, in order, and judged by workers some batches ahead."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from analysis.flow import Understood, whole
from analysis.ingest.rows import Row, Wrong
from analysis.ingest.shared_addresses import Apart, Pseudonym
from analysis.model import Mention, Post
from analysis.model.errors import UsageError
from analysis.model.records.past import PastFile
from crawler.history.writing import PastWriter
from crawler.workers.pool import ReadingPool

MOST = 64
"""Rows in a batch."""
REFUSED = "a row that cannot be read"
RowsOf = Callable[[Path], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class RowsJudged:
    """A batch of rows: how many rows of the file end with it, how many are wrong, and what becomes of the others."""

    reached: int
    wrong: int
    judging: asyncio.Task[list[Understood]]


class ExportTaking:
    """Takes files of rows into the store; ``ahead`` batches are judged while one is written."""

    def __init__(
        self, writer: PastWriter, pool: ReadingPool, *, rows_of: RowsOf, pseudonym: Pseudonym, ahead: int
    ) -> None:
        self._writer, self._pool = writer, pool
        self._rows_of, self._pseudonym, self._ahead = rows_of, pseudonym, ahead

    async def take(self, path: Path, file: PastFile, is_stopped: Callable[[], bool]) -> PastFile:
        """Take a file from where ``file`` says that it is; return how far it came."""
        batches = self._batches(path, file.reached)
        waiting: deque[RowsJudged] = deque()
        error = ""
        try:
            while not (error or is_stopped()):
                try:
                    batch = await asyncio.to_thread(next, batches, None)
                except UsageError as problem:
                    # What came before is kept and told.
                    batch, error = None, str(problem)
                if batch is None:
                    break
                reached, rows = batch
                waiting.append(self._begun(reached, rows))
                if len(waiting) > self._ahead:
                    file = await self._put(file, waiting.popleft())
            while waiting and not is_stopped():
                file = await self._put(file, waiting.popleft())
        finally:
            for each in waiting:
                each.judging.cancel()
        if is_stopped() and not error:
            return file
        return await self._writer.put(replace(file, is_done=not error, error=error))

    def _batches(self, path: Path, reached: int) -> Iterator[tuple[int, list[Row]]]:
        """Yield what is to be taken, with the number of rows up to its end. Blocks on the file and the store."""
        apart = Apart(self._writer.store, self._pseudonym)
        rows = self._rows_of(path)
        passed = 0
        while some := list(islice(rows, MOST)):
            passed += len(some)
            # Those that are stored too: who was first at an address keeps it.
            placed = iter(apart.placed([row for row in some if isinstance(row, Post)]))
            some = [next(placed) if isinstance(row, Post) else row for row in some]
            if passed > reached:
                yield passed, some

    def _begun(self, reached: int, rows: Sequence[Row]) -> RowsJudged:
        wrong = sum(isinstance(row, Wrong) for row in rows)
        return RowsJudged(reached, wrong, asyncio.ensure_future(self._judged(rows)))

    async def _judged(self, rows: Sequence[Row]) -> list[Understood]:
        judged = iter(await self._pool.understand([row for row in rows if isinstance(row, Post)]))
        sound = [row for row in rows if not isinstance(row, Wrong)]
        return [whole(row) if isinstance(row, Mention) else next(judged) for row in sound]

    async def _put(self, file: PastFile, batch: RowsJudged) -> PastFile:
        understood = await batch.judging
        why = Counter({REFUSED: batch.wrong} if batch.wrong else {})
        moved = replace(
            file,
            reached=batch.reached,
            records=batch.reached,
            errors=file.errors + batch.wrong,
            dropped=dict(Counter(file.dropped) + why),
        )
        return await self._writer.put(moved, understood)
