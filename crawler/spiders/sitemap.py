"""``sitemap``: sitemaps, indexes of them, gzipped ones, news sitemaps; reads what changed since the last run."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from scrapy.http import Response
from twisted.python.failure import Failure

from analysis.model import Post
from analysis.model.errors import ReadError
from crawler.keeping.receipts import Receipt
from crawler.keeping.seen import unchanged
from crawler.politeness.causes import cause, is_passing
from crawler.readers.feeds.sitemap import Sitemap, SitemapUrl
from crawler.spiders.base import SourceSpider
from crawler.workers.pool import reason

MAX_NESTING = 3
MAX_SITEMAPS = 500
_IN_ROBOTS = re.compile(rb"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class SitemapSpider(SourceSpider):
    """Reads the sitemap at ``url`` (or those that a robots.txt there names), newest pages first.

    A page whose lastmod is the one that was stored is not fetched again, nor is one older than ``since``. ``allow`` and
    ``deny`` choose addresses; ``max_pages`` bounds the pages of one run.
    """

    name = "sitemap"
    kind = "sitemap"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._allow = [re.compile(pattern) for pattern in self.options.get("allow", ())]
        self._deny = [re.compile(pattern) for pattern in self.options.get("deny", ())]
        self._room = int(self.options.get("max_pages", 1000))
        self._asked: set[str] = set()
        self._sitemaps: set[str] = {self.source.url}

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the sitemap."""
        yield self.entry(self.source.url, self.parse)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Any]:
        """Read what the source starts from: a sitemap, or a robots.txt that names some."""
        if response.url.endswith("/robots.txt") and response.status == 200:
            self.visit.entries_read += 1
            for url in _IN_ROBOTS.findall(response.body)[:MAX_SITEMAPS]:
                yield self.entry(url.decode("latin-1"), self.parse)
            return
        sitemap = await self.read_entry("sitemap", response)
        if sitemap is not None:
            # An index that is unchanged says nothing of the sitemaps that it names: it is always read.
            receipt = self.receipt(response, known=not sitemap.children)
            async for found in self._follow(sitemap, receipt, nesting=0):
                yield found

    async def parse_child(
        self, response: Response, url: str, nesting: int, mark: str, parent: Receipt
    ) -> AsyncIterator[Any]:
        """Read a sitemap that an index names."""
        try:
            sitemap = None if response.status == 304 else await self.read("sitemap", response)
        except ReadError as error:
            self.logger.warning("%s", error)
            self.visit.drop(f"a sitemap {reason(error)}")
            sitemap = None
        known = sitemap is None or not sitemap.children
        receipt = self.receipt(response, parent=parent, mark=mark, listed=url, known=known)
        parent.settle()
        if sitemap is None:
            self.visit.unchanged += response.status == 304
            receipt.settle()
            return
        async for found in self._follow(sitemap, receipt, nesting=nesting):
            yield found

    async def parse_page(self, response: Response, item: SitemapUrl, parent: Receipt) -> AsyncIterator[Any]:
        """Read a listed page; what it lacks comes from the sitemap."""
        receipt = self.receipt(response, parent=parent, mark=_mark(item), listed=item.loc)
        parent.settle()
        found = (await self.read_page(response)).posts
        for post in found:
            yield self.own(dated_by(post, item) if len(found) == 1 else post, receipt)
        receipt.settle()

    def failed(self, failure: Failure) -> None:
        """Count a page or sitemap that could not be fetched; the next run tries again where that may help."""
        self.visit.drop(cause(failure))
        failure.request.cb_kwargs["parent"].settle(kept=not is_passing(failure))  # type: ignore[attr-defined]

    async def _follow(self, sitemap: Sitemap, receipt: Receipt, *, nesting: int) -> AsyncIterator[Any]:
        asked = [
            self.ask(
                child, self.parse_child, self.failed, _arguments(receipt, url=child, mark=mark, nesting=nesting + 1)
            )
            for child, mark in await self._children(sitemap.children, nesting)
        ]
        asked += [
            self.ask(item.loc, self.parse_page, self.failed, _arguments(receipt, item=item))
            for item in await self._fresh(sitemap.urls)
        ]
        for request in filter(None, asked):
            receipt.hold()
            yield request
        receipt.settle()

    async def _children(self, children: Iterable[SitemapUrl], nesting: int) -> list[tuple[str, str]]:
        marks = {child.loc: _mark(child) for child in children if child.loc not in self._sitemaps}
        if nesting >= MAX_NESTING or len(self._sitemaps) + len(marks) > MAX_SITEMAPS:
            self.visit.drop("sitemaps nested too deep or too many", len(marks))
            return []
        self._sitemaps |= set(marks)
        known = await unchanged(self.context.records, self.source.id, marks)
        self.visit.unchanged += len(known)
        return [(url, mark) for url, mark in marks.items() if url not in known]

    async def _fresh(self, items: Iterable[SitemapUrl]) -> list[SitemapUrl]:
        """Return the listed pages to read, newest first, each address once."""
        wanted = {item.loc: item for item in items if item.loc not in self._asked and self._wanted(item)}
        known = await unchanged(
            self.context.records, self.source.id, {url: _mark(item) for url, item in wanted.items()}
        )
        self.visit.unchanged += len(known)
        # Asked again: another sitemap may have listed the same page while this one waited for the records.
        new = (item for url, item in wanted.items() if url not in known and url not in self._asked)
        fresh = sorted(new, key=_age_last, reverse=True)
        room = max(0, self._room - len(self._asked))
        if len(fresh) > room:
            self.visit.drop("over max_pages", len(fresh) - room)
        self._asked |= {item.loc for item in fresh[:room]}
        return fresh[:room]

    def _wanted(self, item: SitemapUrl) -> bool:
        since, changed = self.options.get("since"), item.lastmod or item.news_date
        if since and changed and changed < self.context.now() - timedelta(seconds=since):
            return False
        if self._allow and not any(pattern.search(item.loc) for pattern in self._allow):
            return False
        return not any(pattern.search(item.loc) for pattern in self._deny)


def dated_by(post: Post, item: SitemapUrl) -> Post:
    """Return ``post`` with the title and date of the sitemap's ``item`` where its page has none.

    A news sitemap tells when a page was published. A lastmod does not: it only bounds it, and is not used as a date.
    """
    title = post.title or item.news_title
    if post.published_at is not None or item.news_date is None:
        return replace(post, title=title)
    return replace(post, title=title, published_at=item.news_date, published_at_source="sitemap")


def _mark(item: SitemapUrl) -> str:
    return item.lastmod.isoformat() if item.lastmod else ""


def _age_last(item: SitemapUrl) -> str:
    changed = item.lastmod or item.news_date
    return changed.isoformat() if changed else ""


def _arguments(parent: Receipt, **more: Any) -> dict[str, Any]:
    return {"parent": parent, **more}
