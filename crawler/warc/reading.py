"""A WARC file read offline, record by record: the core of ``candor read --kind commoncrawl``."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from analysis.model.errors import CandorError, ReadError
from crawler.readers.page import Page
from crawler.readers.recognise import read_as
from crawler.readers.saved import post_row
from crawler.warc.files import pieces_of
from crawler.warc.members import Members
from crawler.warc.records import MOST, Kept, kept_of

AHEAD = 4
"""Records for each worker that are read ahead of what was taken."""
Read = tuple[list[dict[str, Any]], str]


@dataclass(slots=True)
class ArchiveReading:
    """Reads one file. When ``posts`` is exhausted, ``dropped`` counts what gave none, and ``error`` says why it ended
    before its end; empty where it did not."""

    path: Path
    workers: int = 1
    dropped: Counter[str] = field(default_factory=Counter)
    error: str = ""

    def posts(self) -> Iterator[dict[str, Any]]:
        """Yield the posts as rows, in the order of the file."""
        try:
            for rows, why in self._read():
                yield from rows
                if why:
                    self.dropped[why] += 1
        except ReadError as problem:
            self.error = str(problem)

    def _read(self) -> Iterator[Read]:
        pages = (kept for kept in records_of(self.path) if kept.page is not None or kept.dropped)
        if self.workers <= 1:
            yield from map(read_kept, pages)
            return
        with ProcessPoolExecutor(self.workers, mp_context=get_context("forkserver")) as pool:
            waiting: deque[Future[Read]] = deque()
            for kept in pages:
                waiting.append(pool.submit(read_kept, kept))
                if len(waiting) >= AHEAD * self.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


def records_of(path: Path) -> Iterator[Kept]:
    """Yield what the records of a file give; no more than one is held. Raises ``ReadError``."""
    members = Members(name=str(path), limit=MOST)
    for piece in pieces_of(path, 0):
        yield from map(kept_of, members.feed(piece))
    yield from map(kept_of, members.finish())


def read_kept(kept: Kept) -> Read:
    """Return the posts of a record's page as rows, or why there is none."""
    if kept.page is None:
        return [], kept.dropped
    return read_one(kept.page)


def read_one(page: Page) -> Read:
    """Return the posts of a page as rows, or why there is none."""
    try:
        posts = read_as("pages", page)[1]
    except CandorError:
        return [], "could not be read"
    except Exception as problem:  # noqa: BLE001 - the edge of the reading stage: one bad page costs only itself
        return [], f"the reader broke on it ({type(problem).__name__})"
    return [post_row(post) for post in posts], "" if posts else "no post on the page"
