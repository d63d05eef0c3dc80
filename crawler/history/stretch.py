"""A stretch of a WARC file, read and judged in one worker: no page leaves it, only what became of its posts.

A stretch is asked for by the byte where it begins, and holds so many records or bytes: that is what bounds a worker's
memory, and what is lost with a worker that dies is read again from that byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.flow import Understood
from analysis.model import Post
from analysis.model.errors import ReadError
from crawler.kinds.base import Ask, Knowledge, Took
from crawler.kinds.commoncrawl import RECORD, CommoncrawlOptions
from crawler.readers.page import Page
from crawler.warc.files import pieces_of
from crawler.warc.members import Members
from crawler.warc.records import MOST, Kept, kept_of
from crawler.workers.work import EnricherSetup, Reader, read_page, understand_posts

KIND = "commoncrawl"
"""The kind of source by which records are read."""
MOST_BYTES = 8 * 1024 * 1024
"""Bytes of pages in a stretch: one page may be as large, so a stretch has less than two such."""
MOST_READ = 256 * 1024 * 1024
"""Bytes of the file in a stretch, where nothing in it is a page."""
UNREADABLE = "could not be read"
NO_POST = "no post on the page"


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchRead:
    """What a stretch gave. ``end`` is the byte where the next begins; ``is_last`` says that none does.

    ``records`` held a page or something that cannot be read, which ``dropped`` counts by its reason, as it does pages
    without a post. ``error`` is why the file cannot be read on.
    """

    end: int
    is_last: bool = False
    records: int = 0
    understood: tuple[Understood, ...] = ()
    dropped: Counter[str] = field(default_factory=Counter)
    error: str = ""


def read_stretch(path: Path, source: str, setup: EnricherSetup, offset: int, most: int) -> StretchRead:
    """Read at most ``most`` records of the WARC file at ``path`` from the byte ``offset`` on, and judge their posts."""
    posts: list[Post] = []
    dropped: Counter[str] = Counter()
    records = size = 0
    end, error, is_last = offset, "", False
    options = CommoncrawlOptions(path=path.name)
    found = _records(path, offset)
    try:
        while records < most and size < MOST_BYTES and end - offset < MOST_READ:
            kept = next(found, None)
            if kept is None:
                is_last = True
                break
            end = kept.end if kept.end >= 0 else end
            records += kept.page is not None or bool(kept.dropped)
            if kept.page is None:
                dropped.update([kept.dropped] if kept.dropped else [])
                continue
            size += len(kept.page.content)
            read, why = _posts(kept.page, source, setup, options)
            posts += read
            dropped.update([why] if why else [])
    except ReadError as problem:
        error, is_last = str(problem), True
    understood = tuple(understand_posts(posts, setup)) if posts else ()
    return StretchRead(end=end, is_last=is_last, records=records, understood=understood, dropped=dropped, error=error)


def pass_over(path: Path, offset: int, why: str) -> StretchRead:
    """Pass over the next record that holds a page, which no worker survives; ``why`` is counted."""
    end = offset
    for kept in _records(path, offset):
        end = kept.end if kept.end >= 0 else end
        if kept.page is not None:
            return StretchRead(end=end, records=1, dropped=Counter([why]))
    return StretchRead(end=end, is_last=True)


def _records(path: Path, offset: int) -> Iterator[Kept]:
    members = Members(name=str(path), limit=MOST, offset=offset)
    for piece in pieces_of(path, offset):
        yield from map(kept_of, members.feed(piece))
    yield from map(kept_of, members.finish())


def _posts(page: Page, source: str, setup: EnricherSetup, options: CommoncrawlOptions) -> tuple[list[Post], str]:
    """Return the posts of a record's page, or why there is none."""
    brands = tuple(dict.fromkeys(name for brand in setup.brands for name in (brand.name, *brand.aliases)))
    known = Knowledge(now=page.fetched_at, brands=brands)
    reader = Reader(kind=KIND, ask=Ask(url=page.url, step=RECORD), options=options, known=known)
    try:
        steps = read_page(reader, page, setup)
    except ReadError:
        return [], UNREADABLE
    posts = [
        replace(post, source=source, source_kind=KIND)
        for step in steps
        if isinstance(step, Took)
        for post in step.posts
    ]
    return posts, "" if posts else NO_POST
