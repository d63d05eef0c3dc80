"""``sitemap``: sitemaps, indexes of them, gzipped ones, news sitemaps; leads to the pages that they list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from analysis.model import Post
from analysis.settings.values import Regex, Seconds
from crawler.kinds.base import Ask, Drop, Kind, Knowledge, PageOptions, Step

if TYPE_CHECKING:
    from crawler.readers.feeds.sitemap import SitemapUrl
    from crawler.readers.page import Page

CHILD, LISTED = "sitemap", "page"
MOST_NAMED = 500
MOST_OF_ROBOTS = 512 * 1024
MIDNIGHT = time()
_IN_ROBOTS = re.compile(r"[ \t]{0,80}site-?maps?[ \t]{0,80}:(.*)", re.IGNORECASE)


class SitemapOptions(PageOptions):
    """``allow`` and ``deny`` choose addresses by regular expressions; ``since`` leaves out what changed longer ago."""

    allow: tuple[Regex, ...] = ()
    deny: tuple[Regex, ...] = ()
    since: Seconds | None = None


def start(options: SitemapOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the sitemap, or the robots.txt that names some."""
    yield Ask(url=options.url)


def read(page: Page, ask: Ask, options: SitemapOptions, known: Knowledge) -> Iterator[Step]:
    """Yield what a sitemap lists: other sitemaps first, then pages, each with the mark of its version."""
    from crawler.readers.feeds.sitemap import read_sitemap

    sitemap = read_sitemap(page)
    for child in sitemap.children:
        yield Ask(url=child.loc, step=CHILD, mark=_mark(child), carry=child)
    if sitemap.broken:
        yield Drop("no web address", sitemap.broken)
    for item in sitemap.urls:
        yield Ask(url=item.loc, step=LISTED, mark=_mark(item), carry=item)


def named_in(robots: str, base: str) -> list[str]:
    """Return the sitemaps that the robots.txt at ``base`` names, absolute, each once; broken addresses as they are."""
    named: dict[str, None] = {}
    for line in robots[:MOST_OF_ROBOTS].splitlines():
        said = _IN_ROBOTS.match(line)
        address = said[1].partition(" #")[0].strip() if said else ""
        if address:
            named[_joined(base, address)] = None
        if len(named) >= MOST_NAMED:
            break
    return list(named)


def is_wanted(item: SitemapUrl, options: SitemapOptions, now: datetime) -> bool:
    """Tell whether a listed page is to be read: not too old, and of a chosen address."""
    changed = item.lastmod or item.news_date
    if options.since and changed and changed < now - timedelta(seconds=options.since):
        return False
    if options.allow and not any(re.search(pattern, item.loc) for pattern in options.allow):
        return False
    return not any(re.search(pattern, item.loc) for pattern in options.deny)


def newest_last(item: SitemapUrl) -> str:
    """Return what listed pages are ordered by: when they changed, undated ones first."""
    changed = item.lastmod or item.news_date
    return changed.isoformat() if changed else ""


def dated_by(post: Post, item: SitemapUrl) -> Post:
    """Return ``post`` with the title and date of the sitemap's ``item`` where its page has none.

    A news sitemap tells when a page was published. A lastmod does not: it only bounds it, and is not used as a date.
    """
    title = post.title or item.news_title
    if post.published_at is not None or item.news_date is None:
        return replace(post, title=title)
    return replace(post, title=title, published_at=item.news_date, published_at_source="sitemap")


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, "".join(address.split()))
    except ValueError:
        return address


def _mark(item: SitemapUrl) -> str:
    """Return the version that a lastmod names: a day where it tells no time of day, as most do."""
    if item.lastmod is None:
        return ""
    return item.lastmod.isoformat() if item.lastmod.time() != MIDNIGHT else item.lastmod.date().isoformat()


KIND = Kind(
    name="sitemap",
    options=SitemapOptions,
    driver="sitemap",
    own_addresses=False,
    start=start,
    read=read,
    posts_are_news=True,
)
