"""The readers by kind of page.

A new reader is one file here, one line in ``READERS`` and one saved case under ``tests/data``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC

from analysis.model.errors import ReadError, UsageError
from crawler.readers.feeds.feed import read_feed_posts
from crawler.readers.guess import guess, need_page
from crawler.readers.page import Page, PageReading
from crawler.readers.pages.article import read_article
from crawler.readers.placing import on_own_site
from crawler.readers.talk.forum import read_forum
from crawler.readers.talk.review import read_review


@dataclass(frozen=True, slots=True)
class PageReader:
    """Who reads a kind of page. With ``own_addresses`` its posts keep the addresses that they come with."""

    read: Callable[[Page], PageReading]
    own_addresses: bool = False


READERS: dict[str, PageReader] = {
    "article": PageReader(read_article),
    "forum": PageReader(read_forum),
    "review": PageReader(read_review),
    # A feed lists what others published; its entries keep their own addresses.
    "feed": PageReader(read_feed_posts, own_addresses=True),
}
"""The kinds of page and who reads them."""

ALIASES = {"pages": "auto", "sitemap": "auto", "blog": "article", "news": "article"}
"""Source kinds of the configuration whose pages are read by another name."""


def read(kind: str, page: Page) -> PageReading:
    """Return the posts and links of ``page``, read as ``kind`` (``auto`` guesses); all times are in UTC.

    Raises ReadError where the page cannot be read as that, and UsageError for an unknown kind.
    """
    reading = as_published(kind, page)
    posts = tuple(
        replace(post, published_at=post.published_at.astimezone(UTC)) if post.published_at else post
        for post in reading.posts
    )
    return PageReading(posts=posts, links=reading.links)


def as_published(kind: str, page: Page) -> PageReading:
    """Return the same as ``read``, with times in the offset that the page gives them in."""
    kind = ALIASES.get(kind, kind)
    if kind != "auto" and kind not in READERS:
        raise UsageError(f'there is no reader for kind "{kind}"; choose one of {", ".join((*READERS, "auto"))}')
    kind = guess(page) if kind == "auto" else kind
    if kind != "feed":
        need_page(page)
    reader = READERS[kind]
    try:
        reading = reader.read(page)
    except RecursionError as problem:
        raise ReadError(f"{page.place}: the page is nested too deeply to be read") from problem
    return reading if reader.own_addresses else PageReading(posts=on_own_site(reading.posts, page), links=reading.links)
