"""What was taken from a file of the past, stored by one writer, and noted when it is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from analysis.flow import Ingested, Understood, ingest
from analysis.model.records.past import PAST_FILES, PastFile
from analysis.store.base import Store
from crawler.context import utc_now

Told = Callable[[PastFile], None]


class PastWriter:
    """Stores what is understood, one thing at a time, and then notes how far its file is. ``told`` is called each time.

    A machine that dies in between reads that stretch again and finds it stored.
    """

    def __init__(self, store: Store, *, kind: str, run: str, told: Told) -> None:
        self.store = store
        self._kind, self._run, self._told = kind, run, told
        self._one = asyncio.Lock()

    async def known(self, path: Path) -> PastFile:
        """Return how far a file is; at its beginning where it is not as long as it was, or could not be read on."""
        file = await asyncio.to_thread(self._known, path)
        self._told(file)
        return file

    async def put(self, file: PastFile, understood: Sequence[Understood] = ()) -> PastFile:
        """Store what was understood and then that its file is as ``file`` says; return that with what it gave."""
        async with self._one:
            became = await asyncio.to_thread(self._stored, understood)
            file = _added(file, understood, became)
            await asyncio.to_thread(PAST_FILES.put, self.store.records, file)
        self._told(file)
        return file

    def _known(self, path: Path) -> PastFile:
        new = PastFile(kind=self._kind, name=str(path.absolute()), begun_at=utc_now().replace(microsecond=0))
        try:
            size = path.stat().st_size
        except OSError as problem:
            return replace(new, error=f"{path}: cannot be read ({problem.strerror})")
        before = PAST_FILES.get(self.store.records, PAST_FILES.key(new))
        if before is None or before.value.size != size or before.value.error:
            return replace(new, size=size)
        return before.value

    def _stored(self, understood: Sequence[Understood]) -> Ingested:
        size = max(1, len(understood))
        return sum(ingest(understood, store=self.store, run=self._run, batch=size), Ingested())


def _added(file: PastFile, understood: Sequence[Understood], became: Ingested) -> PastFile:
    return replace(
        file,
        posts=file.posts + len(understood),
        mentions=file.mentions + sum(len(item.mentions) for item in understood),
        new=file.new + became.mentions_new,
        updated=file.updated + became.mentions_updated,
        unmatched=file.unmatched + became.unmatched,
        errors=file.errors + became.failed,
        dropped=dict(Counter(file.dropped) + became.dropped),
    )
