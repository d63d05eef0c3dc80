"""Readers: pure functions from a page's bytes to posts. No request, setting or clock inside.

A new reader is one file here, one line in ``KINDS`` and one saved case under ``tests/data``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

from analysis.errors import ReadError, UsageError
from crawler.readers.article import read_article
from crawler.readers.feed import read_feed_posts
from crawler.readers.forum import read_forum
from crawler.readers.guess import guess
from crawler.readers.page import Page, Reading
from crawler.readers.review import read_review

Reader = Callable[[Page], Reading]

KINDS: dict[str, Reader] = {
    "article": read_article,
    "forum": read_forum,
    "review": read_review,
    "feed": read_feed_posts,
}
"""The kinds of page and who reads them."""

ALIASES = {"pages": "auto", "sitemap": "auto", "blog": "article", "news": "article"}
"""Source kinds of the configuration whose pages are read by another name."""


def read(kind: str, page: Page) -> Reading:
    """Return the posts and links of ``page``, read as ``kind`` (``auto`` guesses); all times are in UTC.

    Raises ReadError where the page cannot be read as that, and UsageError for an unknown kind.
    """
    reading = as_published(kind, page)
    posts = tuple(
        replace(post, published_at=post.published_at.astimezone(UTC)) if post.published_at else post
        for post in reading.posts
    )
    return Reading(posts=posts, links=reading.links)


def as_published(kind: str, page: Page) -> Reading:
    """Return the same as ``read``, with times in the offset that the page gives them in."""
    kind = ALIASES.get(kind, kind)
    if kind != "auto" and kind not in KINDS:
        raise UsageError(f'there is no reader for kind "{kind}"; choose one of {", ".join((*KINDS, "auto"))}')
    name = guess(page) if kind == "auto" else kind
    try:
        return KINDS[name](page)
    except RecursionError as problem:
        raise ReadError(f"{page.place}: the page is nested too deeply to be read") from problem


__all__ = ["KINDS", "Page", "Reader", "Reading", "as_published", "guess", "read"]
