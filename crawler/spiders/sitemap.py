"""``sitemap``: sitemaps, indexes of them, gzipped ones, news sitemaps; reads what changed since the last run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from analysis.model.errors import ReadError
from crawler.archive.notes import ITEM, row_of
from crawler.keeping.receipts import Receipt
from crawler.keeping.seen import SeenBefore
from crawler.kinds.base import Ask, Drop, Step
from crawler.kinds.sitemap import CHILD, KIND, LISTED, dated_by, is_wanted, named_in, newest_last
from crawler.politeness.causes import cause, gone_at, is_passing
from crawler.politeness.robots import text_of
from crawler.readers.feeds.sitemap import SitemapUrl
from crawler.spiders.base import SourceSpider
from crawler.workers.pool import reason

MAX_NESTING = 3
MAX_SITEMAPS = 500
ASKED_ANYWAY = 50
"""Sitemaps of an index that are asked though their lastmod is the stored one, those read the longest ago first."""
_ROOM = 10_000


class SitemapSpider(SourceSpider):
    """Reads the sitemap at ``url`` (or those that a robots.txt there names), newest pages first.

    A page whose lastmod is the one that was stored is not fetched again, nor is one older than ``since``. ``allow`` and
    ``deny`` choose addresses; ``max_pages`` bounds the pages of one run, and the next run goes on with the rest.
    """

    name = "sitemap"
    kind = "sitemap"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = KIND.options_of(self.source.options)
        self._asked: set[str] = set()
        self._sitemaps: set[str] = {self.source.url}
        self._waiting: list[tuple[Ask, Receipt, int]] = []
        self._reading = 0
        self._later: list[tuple[str, Ask, Receipt]] = []
        self._order = 0

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the sitemap."""
        for ask in KIND.start(self.options, self.known(self.context.now())):
            self._reading += 1
            yield self.entry(ask.url, self.parse)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Any]:
        """Read what the source starts from: a sitemap, or a robots.txt that names some."""
        if _is_robots(response) and response.status == 200:
            for request in self._named(response):
                yield request
        elif (steps := await self.read_entry(response)) is not None:
            # An index that is unchanged says nothing of the sitemaps that it names: it is always read.
            receipt = self.receipt(response, known=not asked(steps, CHILD))
            async for request in self._follow(steps, receipt, nesting=0):
                yield request
        for request in self._go_on():
            yield request

    def entry_failed(self, failure: Failure) -> list[Request]:  # type: ignore[override]
        """Note why what the source starts from could not be fetched, and go on with the rest."""
        super().entry_failed(failure)
        return self._go_on()

    def _named(self, response: Response) -> Iterator[Request]:
        """Ask for the sitemaps that a robots.txt names, none twice. One that names none is no place to start from."""
        named = named_in(text_of(response.body), response.url)
        self.visit.entries_read += bool(named)
        if not named:
            self.visit.entry_causes[f'{response.url} names no sitemap; set url to one, or use kind = "pages"'] += 1
        for url in named:
            if url not in self._sitemaps and len(self._sitemaps) < MAX_SITEMAPS:
                self._sitemaps.add(url)
                request = self.ask(url, self.parse, self.entry_failed, {})
                if request is not None:
                    self._reading += 1
                    yield request
            else:
                self.visit.drop("a sitemap asked for before, or one too many")

    async def parse_child(
        self, response: Response, url: str, nesting: int, mark: str, parent: Receipt
    ) -> AsyncIterator[Any]:
        """Read a sitemap that an index names, then ask for the next one."""
        try:
            steps = None if response.status == 304 else await self.read(self.kind, response)
        except ReadError as error:
            self.logger.warning("%s", error)
            self.visit.drop(f"a sitemap {reason(error)}")
            self.visit.unread += 1
            steps = None
        known = response.status == 304 or (steps is not None and not asked(steps, CHILD))
        receipt = self.receipt(response, parent=parent, mark=mark, listed=url, known=known)
        parent.settle()
        self.visit.unchanged += response.status == 304
        async for request in self._follow(steps or (), receipt, nesting=nesting):
            yield request
        for request in self._go_on():
            yield request

    async def parse_page(self, response: Response, item: SitemapUrl, mark: str, parent: Receipt) -> AsyncIterator[Any]:
        """Read a listed page; what it lacks comes from the sitemap."""
        receipt = self.receipt(response, parent=parent, mark=mark, listed=item.loc)
        parent.settle()
        posts = (await self.read_page(response)).posts
        for post in posts:
            yield self.own(dated_by(post, item) if len(posts) == 1 else post, receipt)
        receipt.settle()

    def told(self, response: Response) -> dict[str, Any]:
        """Return what the sitemap says of a listed page."""
        item = response.cb_kwargs.get("item")
        return {ITEM: row_of(item)} if item else {}

    def failed(self, failure: Failure) -> list[Request]:
        """Count a page or sitemap that could not be fetched; the next run tries again where that may help."""
        self.visit.drop(cause(failure))
        arguments = failure.request.cb_kwargs  # type: ignore[attr-defined]
        if "item" in arguments:
            self.visit.lost(gone_at(failure))
            # Asked again by the next run, but behind what was never asked for.
            self.note_seen(arguments["item"].loc, "")
            arguments["parent"].settle(kept=not is_passing(failure))
            return []
        arguments["parent"].settle(kept=not is_passing(failure))
        self.visit.unread += 1
        return self._go_on()

    async def _follow(self, steps: Iterable[Step], receipt: Receipt, *, nesting: int) -> AsyncIterator[Any]:
        for step in steps:
            if isinstance(step, Drop):
                self.visit.drop(step.reason, step.count)
        children = await self._children(asked(steps, CHILD), nesting)
        for _ in children:
            receipt.hold()
        # Those of an index within an index before the index's next: the newest of the newest first.
        self._waiting[:0] = [(child, receipt, nesting + 1) for child in children]
        pages, again, is_all = await self._fresh(asked(steps, LISTED))
        for page in pages:
            for request in self._page(page, receipt):
                yield request
        for read_at, page in again:
            receipt.hold()
            self._later.append((read_at, page, receipt))
        self._bound_later()
        # What was left out for the next run must not be hidden from it by an answer of 304 or a lastmod.
        receipt.settle(kept=is_all)

    def _page(self, page: Ask, receipt: Receipt) -> list[Request]:
        arguments = {"parent": receipt, "item": page.carry, "mark": page.mark}
        request = self.ask(page.url, self.parse_page, self.failed, arguments)
        if request is None:
            return []
        receipt.hold()
        self._order -= 1
        return [request.replace(priority=self._order)]

    def _go_on(self) -> list[Request]:
        """Return what is asked for once a sitemap is done with: the next one, or where none is left, pages again."""
        self._reading -= 1
        return self._next_sitemap() or ([] if self._reading else self._again())

    def _again(self) -> list[Request]:
        """Return the requests of pages without a version that were read before, the longest ago first.

        They come behind the new pages of every sitemap, else those of the first would be read for ever.
        """
        room = max(0, self.options.max_pages - len(self._asked))
        waiting = {page.url: (page, receipt) for _, page, receipt in sorted(self._later, key=lambda each: each[0])}
        taken = [url for url in waiting if url not in self._asked][:room]
        requests = [request for url in taken for request in self._page(*waiting[url])]
        self._asked |= set(taken)
        for _, page, receipt in self._later:
            receipt.settle(kept=page.url in self._asked)
        if left := len(waiting.keys() - self._asked):
            self.visit.drop("over max_pages", left)
        self._later = []
        return requests

    def _bound_later(self) -> None:
        """Forget the pages to read again that this run will not come to: a site may list millions."""
        most = self.options.max_pages
        if len(self._later) > 2 * most + _ROOM:
            self._later.sort(key=lambda each: each[0])
            for _, _, receipt in self._later[most:]:
                receipt.settle(kept=False)
            self.visit.drop("over max_pages", len(self._later) - most)
            del self._later[most:]

    def _next_sitemap(self) -> list[Request]:
        """Return the request of the newest sitemap that waits: one after the other, so that none takes another's room.

        Scrapy's queue is last in, first out, and answers come in any order.
        """
        while self._waiting:
            child, receipt, nesting = self._waiting.pop(0)
            request = None
            if len(self._asked) >= self.options.max_pages:
                self.visit.drop("a sitemap over max_pages")
            else:
                arguments = {"parent": receipt, "url": child.url, "mark": child.mark, "nesting": nesting}
                request = self.ask(child.url, self.parse_child, self.failed, arguments)
            if request is not None:
                self._reading += 1
                return [request.replace(priority=1)]
            receipt.settle(kept=False)
        return []

    async def _children(self, children: Iterable[Ask], nesting: int) -> list[Ask]:
        """Return the sitemaps to read that an index names, newest first; of too many the newest."""
        listed = {child.url: child for child in children if child.url not in self._sitemaps}
        room = max(0, MAX_SITEMAPS - len(self._sitemaps)) if nesting < MAX_NESTING else 0
        newest = sorted(listed.values(), key=lambda child: newest_last(child.carry), reverse=True)
        if len(newest) > room:
            self.visit.drop("sitemaps nested too deep or too many", len(newest) - room)
        wanted = {child.url: child for child in newest[:room]}
        self._sitemaps |= set(wanted)
        seen = await self._seen(wanted)
        # A lastmod that stands still while its sitemap grows is common: some that look unchanged are asked each time.
        again = sorted(seen.unchanged, key=lambda url: seen.read_at[url])[:ASKED_ANYWAY]
        self.visit.unchanged += len(seen.unchanged) - len(again)
        changed = [child for url, child in wanted.items() if url not in seen.unchanged]
        return [*changed, *(wanted[url] for url in again)]

    async def _fresh(self, pages: Iterable[Ask]) -> tuple[list[Ask], list[tuple[str, Ask]], bool]:
        """Return the listed pages to read, newest first, each address once; those that have no version and were asked
        for before, with when that was; and whether no other is left out.
        """
        now = self.context.now()
        wanted = {
            page.url: page for page in pages if page.url not in self._asked and is_wanted(page.carry, self.options, now)
        }
        seen = await self._seen(wanted)
        self.visit.unchanged += len(seen.unchanged)
        # Asked again: another sitemap may have listed the same page while this one waited for the records.
        new = [page for url, page in wanted.items() if url not in seen.unchanged and url not in self._asked]
        again = [(read_at, page) for page in new if (read_at := seen.asked_last(page.url))]
        fresh = [page for page in new if not seen.asked_last(page.url)]
        fresh.sort(key=lambda page: newest_last(page.carry), reverse=True)
        room = max(0, self.options.max_pages - len(self._asked))
        if len(fresh) > room:
            self.visit.drop("over max_pages", len(fresh) - room)
        self._asked |= {page.url for page in fresh[:room]}
        return fresh[:room], again, len(fresh) <= room

    async def _seen(self, listed: Mapping[str, Ask]) -> SeenBefore:
        return await self.seen({url: ask.mark for url, ask in listed.items()})


def _is_robots(response: Response) -> bool:
    """Return whether a robots.txt was asked for, wherever its answer came from."""
    urls = (response.url, *response.meta.get("redirect_urls", ())) if response.request else (response.url,)
    return any(urlsplit(url).path == "/robots.txt" for url in urls)


def asked(steps: Iterable[Step], step: str) -> list[Ask]:
    """Return what a sitemap lists: ``step`` says whether other sitemaps or pages."""
    return [each for each in steps if isinstance(each, Ask) and each.step == step]
