"""``pages``: a list of addresses, or a site crawled from them with allow and deny patterns, a depth and a cap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from analysis.model import post_id
from crawler.kinds.pages import KIND, is_wanted
from crawler.politeness.causes import cause
from crawler.spiders.base import SourceSpider

LINKS = "page_links"
MAX_LINKS = 2000


class PagesSpider(SourceSpider):
    """Reads ``url`` and ``urls``; with ``depth`` above 0 also what they link to on the same hosts, so many steps away.

    A link is followed if its address matches one of ``allow`` (all do where none is given) and none of ``deny``.
    At most ``max_pages`` addresses are asked for. ``read`` is the kind of page: auto, article, forum or review.
    """

    name = "pages"
    kind = "pages"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = KIND.options_of(self.source.options)
        self._depth = self.options.depth
        self.follows = self._depth > 0
        self._asked: set[str] = set()
        self._hosts = {urlsplit(url).netloc.lower() for url in (self.source.url, *self.options.urls)}

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the addresses given."""
        starts = KIND.start(self.options, self.known(self.context.now()))
        for url in self._new(ask.url for ask in starts):
            yield self.entry(url, self.parse_entry)

    async def parse_entry(self, response: Response) -> AsyncIterator[Any]:
        """Read a page that the source starts from."""
        self._hosts.add(urlsplit(response.url).netloc.lower())
        async for item in self.parse(response, depth=0):
            yield item

    async def parse(self, response: Response, depth: int = 0) -> AsyncIterator[Any]:
        """Read a page: yield its posts, then ask for the pages that it links to."""
        asked = response.request or Request(response.url)
        links: list[str] = []
        receipt = self.receipt(response, note=lambda: self._note_links(asked.url, links))
        reading = await self.read_page(response, entry=depth == 0)
        for post in reading.posts:
            yield self.own(post, receipt)
        if depth < self._depth and response.status == 304:
            known = await self._remembered(asked.url)
            if known is None:
                # It was read before without following its links: only the whole page tells them.
                yield asked.replace(dont_filter=True, meta={**asked.meta, "whole": True})
            links += known or []
        links += [link for link in reading.links if self.wanted(link)]
        if depth < self._depth:
            for url in self._new(links):
                request = self.ask(url, self.parse, self.linked_failed, {"depth": depth + 1})
                if request is not None:
                    yield request
        receipt.settle()

    def linked_failed(self, failure: Failure) -> None:
        """Count a page that could not be fetched."""
        self.visit.drop(cause(failure))

    async def _remembered(self, url: str) -> list[str] | None:
        """Return what the page at ``url`` linked to when it was last read, or None where that is not known."""
        record = await asyncio.to_thread(self.context.records.get, LINKS, post_id(url))
        return [link for link in record.body["links"] if self.wanted(link)] if record else None

    def _note_links(self, url: str, links: list[str]) -> None:
        if self._depth:
            self.context.intake.note(LINKS, post_id(url), {"url": url, "links": links[:MAX_LINKS]})

    def wanted(self, url: str) -> bool:
        """Tell whether a link is to be followed."""
        return is_wanted(url, self._hosts, self.options)

    def _new(self, urls: Iterable[str]) -> Iterable[str]:
        for url in urls:
            if url in self._asked:
                continue
            if len(self._asked) >= self.options.max_pages:
                self.visit.drop("over max_pages")
                continue
            self._asked.add(url)
            yield url
