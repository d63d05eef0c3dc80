"""Posts wait here for each other and go to the store in batches; whoever hands in faster than it stores, waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.flow import Ingested, Understood
from analysis.model import Post
from analysis.model.errors import CandorError, StoreError
from analysis.model.records.base import RecordKind, Value
from analysis.model.records.crawl import Validator
from crawler.keeping.receipts import Receipt
from crawler.keeping.visit import Visit
from crawler.workers.pool import LOST

log = logging.getLogger(__name__)
SIZE = 128
WAIT_S = 1.0
NOT_ON_PAGE = "the page names no tracked brand"

Understand = Callable[[Sequence[Post]], Awaitable[Sequence[Understood]]]
Keep = Callable[[Sequence[Understood]], Ingested]
Notes = Mapping[RecordKind[Any], Sequence[Any]]
"""Values to be written, by their kind."""
Remember = Callable[[Notes, Sequence[Validator]], None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One post on its way to the store.

    ``instead`` is what its feed says of it: that is taken where it names a brand and the post itself, as its page shows
    it, does not (a wall in front of it, a script). ``is_instead`` says that it was, so that the page is read again.
    """

    post: Post
    visit: Visit
    receipt: Receipt | None
    instead: Post | None = None
    is_instead: bool = False


class Intake:
    """One for all sources of a run. Batches by count and time; understands the next batch while one is stored.

    ``understand`` is awaited (the pool works), ``keep`` and ``remember`` run in a thread: they write to the store.
    After the store (or the enricher) has failed once, every later post fails with the same error: a crawl must not go
    on fetching what it cannot keep.
    """

    def __init__(
        self,
        *,
        understand: Understand,
        keep: Keep,
        remember: Remember,
        size: int = SIZE,
        wait_s: float = WAIT_S,
    ) -> None:
        self._understand = understand
        self._keep = keep
        self._remember = remember
        self._size = size
        self._wait_s = wait_s
        self._waiting: list[Waiting] = []
        self._notes: dict[RecordKind[Any], list[Any]] = {}
        self._validators: list[Validator] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        # Two batches: one being understood, one being stored.
        self._room = asyncio.Semaphore(2)
        self._storing = asyncio.Lock()
        self.error: CandorError | None = None

    async def put(self, item: Waiting) -> None:
        """Take a post; returns when there is room for more. Raises the store's error if it has failed."""
        if self.error:
            raise self.error
        self._waiting.append(item)
        if len(self._waiting) >= self._size:
            await self._send()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._wait_s, self._send_soon)

    async def room(self) -> None:
        """Return when fewer posts wait than fill a batch, or the store has failed. Whoever is about to ask for more
        than it has handed in waits here: a list is then read no further ahead of the store than by a page."""
        # What was yielded just now is handed in first.
        await asyncio.sleep(0)
        while len(self._waiting) >= self._size and self.error is None:
            await self._send()

    def note(self, kind: RecordKind[Value], value: Value) -> None:
        """Write a small record with the next batch. Call it when what it speaks of is stored; see ``Receipt``."""
        self._notes.setdefault(kind, []).append(value)

    def remember(self, validator: Validator | None) -> None:
        """Store an answer's validator in the same way."""
        if validator is not None:
            self._validators.append(validator)

    async def drain(self) -> None:
        """Return when everything handed in so far is stored, or lost with its reason."""
        await self._send()
        # Only what is under way now: other sources go on handing in, and this one must not wait for them.
        if self._under_way:
            await asyncio.wait(set(self._under_way))
        async with self._storing:
            await self._write_records()

    def _send_soon(self) -> None:
        self._timer = None
        self._track(asyncio.ensure_future(self._send()))

    async def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # Room first, then the batch: while the store is busy the batch grows instead of a queue of small ones.
        await self._room.acquire()
        batch, self._waiting = self._waiting, []
        if not batch:
            self._room.release()
            return
        self._track(asyncio.ensure_future(self._process(batch)))

    def _track(self, task: asyncio.Task[None]) -> None:
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _process(self, batch: list[Waiting]) -> None:
        try:
            if self.error is not None:
                # Nobody will take it: to judge it would only keep the crawl from ending.
                self._fail(self.error, batch)
                return
            batch, understood = await self._understood(batch)
        except CandorError as error:
            self._fail(error, batch)
        else:
            async with self._storing:
                await self._store(batch, understood)
        finally:
            self._room.release()

    async def _understood(self, batch: list[Waiting]) -> tuple[list[Waiting], list[Understood]]:
        understood = list(await self._understand([item.post for item in batch]))
        asked = [
            (place, item.instead)
            for place, (item, each) in enumerate(zip(batch, understood, strict=True))
            if item.instead is not None and not each.mentions and each.reason not in LOST
        ]
        if asked:
            told = await self._understand([instead for _, instead in asked])
            for (place, _), each in zip(asked, told, strict=True):
                if each.mentions:
                    batch[place], understood[place] = replace(batch[place], is_instead=True), each
                    batch[place].visit.kept_short[NOT_ON_PAGE] += 1
        return batch, understood

    def _fail(self, error: CandorError, batch: Sequence[Waiting]) -> None:
        self.error = self.error or error
        for item in batch:
            item.visit.drop("could not be stored")
            if item.receipt is not None:
                item.receipt.settle(kept=False)

    async def _store(self, batch: list[Waiting], understood: Sequence[Understood]) -> None:
        for visit, pairs in _by_visit(batch, understood):
            await self._store_some(visit, pairs)
        await self._write_records()

    async def _store_some(self, visit: Visit, pairs: Sequence[tuple[Waiting, Understood]]) -> None:
        try:
            became = None if self.error else await asyncio.to_thread(self._keep, [each for _, each in pairs])
        except StoreError as error:
            self.error = error
            became = None
        except Exception as error:  # noqa: BLE001 - the edge of the storing stage: one post must not cost the others
            if len(pairs) > 1:
                for pair in pairs:
                    await self._store_some(visit, [pair])
                return
            became = None
            log.error("%s: it cannot be stored (%s: %s)", pairs[0][1].url, type(error).__name__, error)
        if became is None:
            visit.drop("could not be stored", len(pairs))
        else:
            visit.add(became)
        for item, each in pairs:
            if item.receipt is not None:
                is_kept = became is not None and each.reason not in LOST and not item.is_instead
                item.receipt.settle(kept=is_kept)

    async def _write_records(self) -> None:
        notes, self._notes = self._notes, {}
        validators, self._validators = self._validators, []
        if not (notes or validators) or self.error:
            return
        try:
            await asyncio.to_thread(self._remember, notes, validators)
        except StoreError as error:
            self.error = error


def _by_visit(
    batch: Sequence[Waiting], understood: Sequence[Understood]
) -> list[tuple[Visit, list[tuple[Waiting, Understood]]]]:
    groups: dict[int, tuple[Visit, list[tuple[Waiting, Understood]]]] = {}
    for item, each in zip(batch, understood, strict=True):
        groups.setdefault(id(item.visit), (item.visit, []))[1].append((item, each))
    return list(groups.values())
