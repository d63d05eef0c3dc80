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
from analysis.model.records.crawl import PAGE_LINKS, PageLinks
from crawler.kinds.pages import KIND, is_wanted
from crawler.politeness.causes import cause, gone_at
from crawler.spiders.base import SourceSpider

MAX_LINKS = 2000


class PagesSpider(SourceSpider):
    """Reads ``url`` and ``urls``; with ``depth`` above 0 also what they link to on the same hosts, so many steps away.

    A link is followed if its address matches one of ``allow`` (all do where none is given) and none of ``deny``.
    At most ``max_pages`` addresses are asked for: those given, then what no run has read yet, then what was read the
    longest ago. ``read`` is the kind of page: auto, article, forum or review.
    """

    name = "pages"
    kind = "pages"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = KIND.options_of(self.source.options)
        self._depth = self.options.depth
        self.follows = self._depth > 0
        self._asked: set[str] = set()
        self._open = 0
        self._notes = False
        self._later: dict[str, tuple[str, int]] = {}
        self._hosts = {urlsplit(url).netloc.lower() for url in (self.source.url, *self.options.urls)}

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the addresses given."""
        starts = [ask.url for ask in KIND.start(self.options, self.known(self.context.now()))]
        self._notes = self._depth > 0 or len(starts) > self.options.max_pages
        if self._notes:
            seen = await self.seen(dict.fromkeys(starts, ""))
            starts.sort(key=seen.asked_last)
        for url in self._new(starts):
            self._open += 1
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
        left: list[str] = []
        receipt = self.receipt(response, note=lambda: self._note(asked.url, links, left))
        reading = await self.read_page(response, entry=depth == 0)
        for post in reading.posts:
            yield self.own(post, receipt)
        if depth < self._depth and response.status == 304:
            known = await self._remembered(asked.url)
            if known is None:
                # It was read before without following its links: only the whole page tells them.
                self._open += 1
                yield asked.replace(dont_filter=True, meta={**asked.meta, "whole": True})
            links += known or []
        links += [link for link in reading.links if self.wanted(link)]
        if depth < self._depth:
            unread = await self._unread(links, depth + 1)
            taken = list(self._new(unread))
            left += [url for url in unread if url not in self._asked]
            for request in self._linked(taken, depth + 1):
                yield request
        receipt.settle()
        for request in self._go_on():
            yield request

    def entry_failed(self, failure: Failure) -> list[Request]:  # type: ignore[override]
        """Note why an address that the source starts from could not be fetched, and go on with the rest."""
        super().entry_failed(failure)
        self.visit.lost(gone_at(failure))
        return self._go_on()

    def linked_failed(self, failure: Failure) -> list[Request]:
        """Count a page that could not be fetched; the next run comes to it behind what was never asked for."""
        self.visit.drop(cause(failure))
        self.visit.lost(gone_at(failure))
        self.note_seen(failure.request.url, "")  # type: ignore[attr-defined]
        return self._go_on()

    async def _unread(self, links: Iterable[str], depth: int) -> list[str]:
        """Return those of ``links`` that no run has read; the others wait until nothing else is left to ask for."""
        new = [url for url in dict.fromkeys(links) if url not in self._asked and url not in self._later]
        seen = await self.seen(dict.fromkeys(new, ""))
        self._later |= {url: (read_at, depth) for url in new if (read_at := seen.asked_last(url))}
        return [url for url in new if url not in self._later]

    def _linked(self, urls: Iterable[str], depth: int) -> list[Request]:
        asked = (self.ask(url, self.parse, self.linked_failed, {"depth": depth}) for url in urls)
        requests = [request for request in asked if request is not None]
        self._open += len(requests)
        return requests

    def _go_on(self) -> list[Request]:
        """Return what is asked for once a page is done with: where no other is open, pages that were read before.

        They take half of the room that is left: they may lead to pages that nobody has read yet, and these come first.
        """
        self._open -= 1
        requests: list[Request] = []
        while not self._open and self._later and not requests:
            room = self.options.max_pages - len(self._asked)
            if room <= 0:
                self.visit.drop("over max_pages", len(self._later))
                self._later.clear()
                break
            for url in sorted(self._later, key=lambda each: self._later[each])[: max(1, room // 2)]:
                _, depth = self._later.pop(url)
                requests += self._linked(self._new([url]), depth)
        return requests

    async def _remembered(self, url: str) -> list[str] | None:
        """Return what the page at ``url`` linked to when it was last read, or None where that is not known."""
        page = await asyncio.to_thread(PAGE_LINKS.get, self.context.records, post_id(url))
        return [link for link in page.value.links if self.wanted(link)] if page else None

    def _note(self, url: str, links: list[str], left: list[str]) -> None:
        """Remember what a page links to, and that it was read, unless something that it led to was left for later."""
        if self._depth:
            self.context.intake.note(PAGE_LINKS, PageLinks(url=url, links=tuple(links[:MAX_LINKS])))
        if self._notes and not left:
            self.note_seen(url, "")

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
