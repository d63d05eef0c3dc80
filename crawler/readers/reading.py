"""The readers by kind of page.

A new reader is one file here, one line in ``KINDS`` and one saved case under ``tests/data``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

from analysis.model import Post
from analysis.model.addresses import canonical, same_site
from analysis.model.errors import ReadError, UsageError
from crawler.readers.feeds.feed import read_feed_posts
from crawler.readers.guess import guess
from crawler.readers.page import Page, Reading
from crawler.readers.pages.article import read_article
from crawler.readers.talk.forum import read_forum
from crawler.readers.talk.review import read_review

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


def _placed(posts: tuple[Post, ...], page: Page) -> tuple[Post, ...]:
    """Return ``posts`` with an address each, all on the page's own site.

    An address is what a post is known by: a page that claims another site's would overwrite that site's post, and two
    posts with one address would be taken for one. The anchor made for the second is of its author, date and words.
    """
    taken: set[str] = set()
    placed = []
    for post in posts:
        url = post.url
        if not url or (page.url and not same_site(url, page.url)):
            url = canonical(page.url)
        if url in taken:
            mark = hashlib.sha256(
                f"{post.author}\n{post.published_at}\n{post.text}".encode(errors="replace")
            ).hexdigest()
            url = f"{url.partition('#')[0]}#post-{mark[:12]}"
        taken.add(url)
        placed.append(post if url == post.url else replace(post, url=url))
    return tuple(placed)


def as_published(kind: str, page: Page) -> Reading:
    """Return the same as ``read``, with times in the offset that the page gives them in."""
    kind = ALIASES.get(kind, kind)
    if kind != "auto" and kind not in KINDS:
        raise UsageError(f'there is no reader for kind "{kind}"; choose one of {", ".join((*KINDS, "auto"))}')
    name = guess(page) if kind == "auto" else kind
    try:
        reading = KINDS[name](page)
    except RecursionError as problem:
        raise ReadError(f"{page.place}: the page is nested too deeply to be read") from problem
    # A feed lists what others published; its entries keep their own addresses.
    return reading if name == "feed" else Reading(posts=_placed(reading.posts, page), links=reading.links)


__all__ = ["KINDS", "Page", "Reader", "Reading", "as_published", "guess", "read"]
