"""``feed``: RSS, Atom and JSON Feed. Each entry leads to its full article; the feed's own text stands in for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from analysis.model import Post
from analysis.model.addresses import is_web, own_address, same_site
from analysis.settings.values import Seconds
from crawler.kinds.base import Ask, Drop, Kind, Knowledge, PageOptions, Step, Took, addresses

if TYPE_CHECKING:
    from crawler.readers.page import Page


class FeedOptions(PageOptions):
    """``full``: follow each entry to its article; ``since``: leave out entries that are dated longer ago."""

    since: Seconds | None = None
    full: bool = True


def start(options: FeedOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the feed, or one for each brand where its address has ``{query}``."""
    for url in addresses(options.url, known):
        yield Ask(url=url)


def read(page: Page, ask: Ask, options: FeedOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the entries as posts, in the order of the feed, and how many were in it twice."""
    from crawler.readers.feeds.feed import read_feed

    feed = read_feed(page)
    if feed.merged:
        yield Drop("the same entry twice in the feed", feed.merged)
    yield Took(feed.posts)


def is_old(entry: Post, since: float | None, now: datetime) -> bool:
    """Tell whether ``since`` (seconds before ``now``) leaves the entry out."""
    if not since or entry.published_at is None:
        return False
    return entry.published_at < now - timedelta(seconds=since)


def kept(entry: Post) -> Post:
    """Return the entry as it is stored where its article is not: at the address that other ways to it lead to."""
    return replace(entry, url=own_address(entry.url)) if entry.url else entry


def mark_of(entry: Post) -> str:
    """Return a short mark of the entry's version: it changes with its title, its date and its text."""
    parts = (entry.title, entry.published_at, entry.text)
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]


def is_its_own(entry: Post, feed: str) -> bool:
    """Return whether the entry is of the site that the feed at ``feed`` is of: only then may it speak for the page."""
    return not is_web(entry.url) or same_site(entry.url, feed)


def completed(post: Post, entry: Post, *, alone: bool, own: bool = True) -> Post:
    """Return ``post`` with what its page lacks filled from the feed's ``entry``.

    On a page with several posts (a discussion) only the date and author of a post of its own are known, so nothing is
    filled. The feed's title and text are taken where they say more than the page (a wall in front of the article), but
    for a page of another site (``own`` is false): whoever writes a feed could put words into that site's mouth.
    """
    if not alone:
        return post
    dated = post.published_at is not None
    says_more = len(entry.text) > len(post.text) if own else not post.text
    return replace(
        post,
        title=(entry.title if says_more else "") or post.title or entry.title,
        text=entry.text if says_more else post.text,
        author=post.author or entry.author,
        published_at=post.published_at if dated else entry.published_at,
        published_at_source=post.published_at_source if dated else entry.published_at_source,
        tags=post.tags or entry.tags,
    )


KIND = Kind(
    name="feed",
    options=FeedOptions,
    driver="feed",
    # A feed lists what others published; its entries keep their own addresses.
    own_addresses=True,
    start=start,
    read=read,
    posts_are_news=True,
)
