"""``commoncrawl``: pages out of WARC files, read piece by piece, no faster than what came of them is stored."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from analysis.model import Post
from analysis.model.errors import ReadError
from analysis.model.records.crawl import BOOKMARKS, Bookmark
from crawler.keeping.bookmarks import marks_of
from crawler.keeping.health import NONE_ON_PAGE
from crawler.keeping.receipts import Receipt
from crawler.kinds.base import Ask, Step
from crawler.kinds.commoncrawl import KIND, RECORD, is_list, left_out
from crawler.politeness.causes import cause
from crawler.politeness.dial import WAITS, is_stopping
from crawler.readers.page import Page
from crawler.spiders.base import SourceSpider, posts_in
from crawler.warc.files import Place, Reached, pieces_of, places_at, places_in, reached, size_of
from crawler.warc.members import Members
from crawler.warc.records import MOST, Kept, kept_of
from crawler.warc.trail import Trail
from crawler.workers.pool import reason
from crawler.workers.work import Reader

PART = 4 * 1024 * 1024
"""Bytes that are asked for at once from a file at an address; never more than ``[crawl] max_bytes``."""
AT_ONCE = 4 * 1024 * 1024
"""Bytes of pages that are unpacked before any of them is read."""
UNSETTLED = 512
"""Records of a file that may wait to be stored while the next are read."""
NOTED_EVERY = 32
"""Records after which it is written how far a file was read: so many may be read once more after a stop."""
_POLL_S = 0.02
_RANGE = re.compile(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})")


class WarcSpider(SourceSpider):
    """Reads the WARC files at ``path`` or ``url``, each once, and goes on where the last run ended within one.

    At most ``max_pages`` records become pages in one run.
    """

    name = "commoncrawl"
    kind = "commoncrawl"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = KIND.options_of(self.source.options)
        self._marks: dict[str, str] = {}
        self._left = self.options.max_pages
        self._moved = 0
        self._read_through: set[Place] = set()

    async def start(self) -> AsyncIterator[Any]:
        """Read one file after the other."""
        self._marks = await asyncio.to_thread(marks_of, self.context.records, self.source.id)
        try:
            places = await self._places()
        except ReadError as error:
            self._fail(error)
            return
        for place in places:
            if not self._left:
                return
            async with aclosing(self._file(place)) as posts:
                async for post in posts:
                    yield post

    async def _places(self) -> list[Place]:
        path, url, api = self.options.path, self.options.url, self.options.api
        if url is None:
            config = self.context.config
            folder = config.path.parent if config.path else Path.cwd()
            return await asyncio.to_thread(lambda: places_at(path, folder, api=api))
        if not is_list(url):
            return [Place(url)]
        response = await self._asked(url)
        if response.status != 200:
            raise ReadError(f"{url}: {cause(response)}")
        places = places_in(response.body, base=url, api=api)
        if not places:
            raise ReadError(f"{url}: this list names no file; is it the address of a warc.paths.gz?")
        return places

    async def _file(self, place: Place) -> AsyncGenerator[Post]:
        """Yield the posts of a file, from where the last run ended."""
        try:
            size = 0 if place.is_remote else await asyncio.to_thread(size_of, Path(place.name))
        except ReadError as error:
            self._fail(error)
            return
        before = reached(self._marks.get(place.name, ""))
        if before.size and (place.is_remote or before.size == size):
            self.visit.unchanged += 1
            self.visit.entries_read += 1
            return
        if not place.is_remote and before.offset > size:
            # Another file of the same name.
            before = Reached()
        trail = Trail(lambda to: self._remember(place, to), is_failed=lambda: self.context.intake.error is not None)
        try:
            async with aclosing(self._read_file(place, before.offset, size, trail)) as posts:
                async for post in posts:
                    yield post
        except ReadError as error:
            self._fail(error)
        else:
            self.visit.entries_read += 1

    async def _read_file(self, place: Place, offset: int, size: int, trail: Trail) -> AsyncGenerator[Post]:
        running: deque[tuple[asyncio.Task[tuple[Step, ...]], Receipt]] = deque()
        ahead = 2 * self.context.crawl.workers
        try:
            async with aclosing(self._records(place, offset)) as records:
                async for kept in records:
                    offset = kept.end if kept.end >= 0 else offset
                    size = max(size, offset)
                    receipt = trail.expect(Reached(offset))
                    if not self._is_wanted(kept) or kept.page is None:
                        receipt.settle()
                        continue
                    running.append((asyncio.ensure_future(self._steps(kept.page)), receipt))
                    while len(running) > ahead:
                        async for post in self._took(*running.popleft()):
                            yield post
                    while len(trail) > UNSETTLED and not self._is_over():
                        await asyncio.sleep(_POLL_S)
                    self._left -= 1
                    if not self._left or self._is_over():
                        break
            while running:
                async for post in self._took(*running.popleft()):
                    yield post
            self._read_through.add(place)
            if not self._left:
                # The next run goes on here.
                self.visit.drop("over max_pages")
            elif not self._is_over():
                trail.expect(Reached(offset, size)).settle()
        finally:
            for task, _ in running:
                task.cancel()

    async def _records(self, place: Place, offset: int) -> AsyncGenerator[Kept]:
        """Yield what the file's records give, from ``offset`` on, unpacked in a thread."""
        members = Members(name=place.name, limit=MOST, offset=offset)
        async with aclosing(self._pieces(place, offset)) as pieces:
            async for piece in pieces:
                found = map(kept_of, members.feed(piece))
                while some := await asyncio.to_thread(_some, found):
                    for kept in some:
                        yield kept
        for member in members.finish():
            yield kept_of(member)

    async def _pieces(self, place: Place, offset: int) -> AsyncGenerator[bytes]:
        if place.is_remote:
            async with aclosing(self._parts(place.name, offset)) as parts:
                async for part in parts:
                    yield part
            return
        pieces = pieces_of(Path(place.name), offset)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece

    async def _parts(self, url: str, offset: int) -> AsyncGenerator[bytes]:
        """Yield a file at an address from ``offset`` on, a part at a time (RFC 9110, section 14)."""
        length = min(PART, self.context.crawl.max_bytes)
        whole = offset + 1
        while offset < whole:
            response = await self._asked(url, {"Range": f"bytes={offset}-{offset + length - 1}"})
            said = _RANGE.fullmatch((response.headers.get("Content-Range") or b"").decode("latin-1"))
            if response.status == 206 and said and int(said[1]) == offset and response.body:
                whole = int(said[2])
                yield response.body
                offset += len(response.body)
            elif response.status == 200:
                # It gives no parts: then this is all of it.
                yield response.body[offset:]
                return
            elif response.status == 416 and offset:
                return
            else:
                raise ReadError(f"{url}: {cause(response)}")

    async def _asked(self, url: str, headers: dict[str, str] | None = None) -> Response:
        """Return an answer, asked for as politely as all others. Raises ``ReadError`` that says why none came."""
        # A packed file must come as it is, not packed once more.
        headers = {"Accept-Encoding": "identity", **(headers or {})}
        meta = {"whole": True, WAITS: True}
        try:
            request = Request(url, headers=headers, meta=meta, callback=NO_CALLBACK, dont_filter=True)
            return await self.crawler.engine.download_async(request)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it is told as the answer of this address
            raise ReadError(f"{url}: {cause(error)}") from None

    def _is_wanted(self, kept: Kept) -> bool:
        why = left_out(kept, self.options, self.context.now())
        if why:
            self.visit.drop(why)
        return not why

    async def _steps(self, page: Page) -> tuple[Step, ...]:
        ask = Ask(url=page.url, step=RECORD)
        reader = Reader(kind=self.kind, ask=ask, options=self.options, known=self.known(page.fetched_at))
        return await self.context.pool.read(reader, page, whole=bool(self.settings.getdict("FEEDS")))

    async def _took(self, task: asyncio.Task[tuple[Step, ...]], receipt: Receipt) -> AsyncIterator[Post]:
        try:
            posts = posts_in(await task)
        except ReadError as error:
            self.visit.drop(reason(error))
        else:
            self.visit.pages += 1
            if not posts:
                self.visit.drop(NONE_ON_PAGE)
            for post in posts:
                yield self.own(post, receipt)
        receipt.settle()

    def _is_over(self) -> bool:
        return is_stopping(self.crawler) or self.context.intake.error is not None

    def _fail(self, error: ReadError) -> None:
        self.logger.warning("%s", error)
        self.visit.entry_causes[str(error)] += 1
        self.visit.drop(reason(error))
        self.visit.unread += 1

    def _remember(self, place: Place, to: Reached) -> None:
        self._marks[place.name] = to.written
        self._moved += 1
        if self._moved % NOTED_EVERY and place not in self._read_through:
            return
        bookmark = Bookmark(source=self.source.id, marks=dict(self._marks), written_at=self.context.now())
        self.context.intake.note(BOOKMARKS, bookmark)


def _some(found: Iterator[Kept]) -> list[Kept]:
    """Return the next few records: one at least where there is one, and not many more bytes than ``AT_ONCE``."""
    some, size = [], 0
    for kept in found:
        some.append(kept)
        size += len(kept.page.content) if kept.page else 1
        if size >= AT_ONCE:
            break
    return some
