"""Which kind reads an answer of which nothing is known: pages by a guess, JSON by the API that answers so."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from analysis.model import Post
from analysis.model.errors import CandorError, ReadError
from crawler.kinds import KINDS
from crawler.kinds.base import Ask, Kind, Knowledge, Took
from crawler.readers.encoding import decode
from crawler.readers.feeds.feed import read_feed
from crawler.readers.guess import guess
from crawler.readers.page import Page
from crawler.readers.reading import ALIASES, READERS, as_published

_TABLE_TYPES = (
    "text/csv",
    "text/tab-separated-values",
    "application/x-ndjson",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_TABLE_ENDS = (".csv", ".tsv", ".xlsx", ".xlsm", ".jsonl", ".ndjson")
_ODD = (CandorError, ValueError, TypeError, LookupError, AttributeError)


def read_as(kind: str, page: Page) -> tuple[str, tuple[Post, ...]]:
    """Return the name of what read ``page`` and its posts; ``auto`` recognises it. Raises ``ReadError``."""
    if kind == "auto" and is_json(page):
        return _api_posts(page)
    if kind == "auto" and is_table(page):
        kind = "table"
    if kind not in READERS and kind in KINDS and KINDS[kind].driver in ("api", "own", "news"):
        return kind, answered(KINDS[kind], page)
    name = ALIASES.get(kind, kind)
    name = guess(page) if name == "auto" else name
    # A feed's entries keep the links that the file holds; only a crawl looks through counters and redirects.
    return name, read_feed(page, resolve=False).posts if name == "feed" else as_published(name, page).posts


def is_table(page: Page) -> bool:
    """Tell whether this is a table, by its type or the end of its address: a text of rows may be anything."""
    type_ = page.content_type.partition(";")[0].strip().lower()
    return type_ in _TABLE_TYPES or urlsplit(page.url).path.lower().removesuffix(".gz").endswith(_TABLE_ENDS)


def is_json(page: Page) -> bool:
    """Tell whether this is JSON that is no feed: what an API answers, or a table."""
    head = decode(page.content[:4096], page.content_type).lstrip("\ufeff \t\r\n")
    return head.startswith(("{", "[")) and "jsonfeed.org" not in head.replace("\\", "")


def answered(kind: Kind[Any], page: Page) -> tuple[Post, ...]:
    """Return the posts of an API's saved answer, read as if nothing else were known of the source."""
    steps = kind.steps(page, Ask(url=page.url), kind.options.model_construct(), Knowledge(now=page.fetched_at))
    return tuple(post for step in steps if isinstance(step, Took) for post in step.posts)


def _api_posts(page: Page) -> tuple[str, tuple[Post, ...]]:
    """Return the API whose answer this is, by trial: that which finds the most posts with words of their own."""
    found: list[tuple[int, str, tuple[Post, ...]]] = []
    for name, kind in KINDS.items():
        if kind.driver not in ("api", "news"):
            continue
        try:
            posts = answered(kind, page)
        except _ODD:
            # The answer of another API has another shape: that is what is found out here.
            continue
        said = sum(bool(post.text or post.title) for post in posts)
        if said:
            found.append((said, name, posts))
    if found:
        _, name, posts = max(found, key=lambda one: one[0])
        return name, posts
    try:
        return "feed", read_feed(page, resolve=False).posts
    except CandorError:
        with suppress(CandorError):
            if rows := answered(KINDS["table"], page):
                return "table", rows
        apis = ", ".join(name for name, kind in KINDS.items() if kind.driver in ("api", "news"))
        raise ReadError(f"{page.place}: this JSON is the answer of no API that is known; say which: {apis}") from None
