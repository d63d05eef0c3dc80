"""One spider for what is one's own: it reads the pieces that changed, in a thread, no faster than they are stored.

Each such kind has a file in ``crawler.own`` that says where its pieces are and how one is read.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from scrapy.http import Response

from analysis.ingest.shared_addresses import Apart
from analysis.model import Post
from analysis.model.errors import CandorError
from analysis.model.records.crawl import BOOKMARKS, Bookmark
from crawler.keeping.bookmarks import marks_of
from crawler.keeping.receipts import Receipt
from crawler.kinds import KINDS
from crawler.kinds.base import Drop, Knowledge, Mark, Took
from crawler.own.kinds import PIECES
from crawler.own.pieces import OwnPiece
from crawler.spiders.base import SourceSpider, posts_in

AHEAD = 3
"""Batches that may wait to be stored while the next is read."""
_POLL_S = 0.02


class OwnSpider(SourceSpider):
    """Reads one source of one's own: its files or boxes, or the address of a table. Ends when all is stored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kind = KINDS[self.kind]
        self.options = self._kind.options_of(self.source.options)
        self._waiting: deque[Receipt] = deque()
        self._marks: dict[str, str] = {}
        self._apart: Apart | None = None

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the address, or read the pieces."""
        self._apart = Apart(self.context.store, self.context.pseudonym)
        asks = list(self._kind.start(self.options, self.known(self.context.now())))
        for ask in asks:
            yield self.entry(ask.url, self.parse)
        if not asks:
            async with aclosing(self._pieces()) as posts:
                async for post in posts:
                    yield post

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Read the table at an address."""
        steps = await self.read_entry(response)
        receipt = self.receipt(response, known=steps is not None)
        for post in await self._placed(posts_in(steps or ())):
            yield self.own(post, receipt)
        for step in steps or ():
            self._obey(step, [])
        receipt.settle(kept=steps is not None or response.status == 304)

    async def _pieces(self) -> AsyncGenerator[Post]:
        self._marks = await asyncio.to_thread(marks_of, self.context.records, self.source.id)
        known = Knowledge(now=self.context.now(), marks=dict(self._marks))
        config = self.context.config
        folder = config.path.parent if config.path else Path.cwd()
        try:
            pieces = await asyncio.to_thread(
                lambda: list(PIECES[self.kind](self.options, folder, known, self.logger.info))
            )
        except CandorError as error:
            self._fail(error)
            return
        marks = {piece.name: piece.mark for piece in pieces if piece.mark}
        seen = await self.seen(marks)
        for piece in pieces:
            if piece.name in seen.unchanged:
                self.visit.unchanged += 1
                self.visit.entries_read += 1
                continue
            async with aclosing(self._piece(piece)) as posts:
                async for post in posts:
                    yield post

    async def _piece(self, piece: OwnPiece) -> AsyncGenerator[Post]:
        """Yield the posts of a piece. It is remembered when all of them are stored."""
        marks: list[Mark] = []
        receipt = Receipt(lambda: self._remember(piece, marks))
        steps = piece.read()
        try:
            while (step := await asyncio.to_thread(next, steps, None)) is not None:
                if self.context.intake.error is not None:
                    raise self.context.intake.error
                if isinstance(step, Took):
                    async for post in self._took(step, receipt):
                        yield post
                else:
                    self._obey(step, marks)
        except CandorError as error:
            self._fail(error)
            receipt.settle(kept=False)
        else:
            self.visit.pages += 1
            self.visit.entries_read += 1
            receipt.settle()
        finally:
            steps.close()

    async def _took(self, step: Took, parent: Receipt) -> AsyncIterator[Post]:
        batch = Receipt(lambda: None, parent=parent)
        for post in await self._placed(step.posts):
            yield self.own(post, batch)
        batch.settle()
        self._waiting.append(batch)
        while len(self._waiting) > AHEAD:
            if self._waiting[0].is_open:
                await asyncio.sleep(_POLL_S)
            else:
                self._waiting.popleft()

    async def _placed(self, posts: tuple[Post, ...]) -> list[Post]:
        assert self._apart is not None
        return await asyncio.to_thread(self._apart.placed, posts)

    def _obey(self, step: object, marks: list[Mark]) -> None:
        if isinstance(step, Drop):
            self.visit.drop(step.reason, step.count)
        elif isinstance(step, Mark):
            marks.append(step)

    def _fail(self, error: CandorError) -> None:
        self.logger.warning("%s", error)
        self.visit.entry_causes[error.fact] += 1
        self.visit.drop(error.fact)
        self.visit.unread += 1

    def _remember(self, piece: OwnPiece, marks: list[Mark]) -> None:
        if piece.mark:
            self.note_seen(piece.name, piece.mark)
        if piece.stored is not None:
            piece.stored()
        if marks:
            self._marks |= {mark.name: mark.value for mark in marks}
            bookmark = Bookmark(source=self.source.id, marks=dict(self._marks), written_at=self.context.now())
            self.context.intake.note(BOOKMARKS, bookmark)


def _spider(kind: str) -> type[OwnSpider]:
    """Return the spider of a kind, under the kind's name."""
    return type(f"{kind.capitalize()}Spider", (OwnSpider,), {"name": kind, "kind": kind, "__module__": __name__})


# Scrapy looks for spiders among a module's own names.
globals().update({f"{name}_spider": _spider(name) for name in PIECES})
