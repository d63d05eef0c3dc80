"""``sitemap``: sitemaps, indexes of them, gzipped ones, news sitemaps; reads what changed since the last run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from scrapy.http import Response
from twisted.python.failure import Failure

from analysis.model.errors import ReadError
from crawler.keeping.receipts import Receipt
from crawler.keeping.seen import unchanged
from crawler.kinds.base import Ask, Step
from crawler.kinds.sitemap import CHILD, KIND, LISTED, dated_by, is_wanted, named_in, newest_last
from crawler.politeness.causes import cause, is_passing
from crawler.readers.feeds.sitemap import SitemapUrl
from crawler.spiders.base import SourceSpider
from crawler.workers.pool import reason

MAX_NESTING = 3
MAX_SITEMAPS = 500


class SitemapSpider(SourceSpider):
    """Reads the sitemap at ``url`` (or those that a robots.txt there names), newest pages first.

    A page whose lastmod is the one that was stored is not fetched again, nor is one older than ``since``. ``allow`` and
    ``deny`` choose addresses; ``max_pages`` bounds the pages of one run.
    """

    name = "sitemap"
    kind = "sitemap"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = KIND.options_of(self.source.options)
        self._asked: set[str] = set()
        self._sitemaps: set[str] = {self.source.url}

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the sitemap."""
        for ask in KIND.start(self.options, self.known(self.context.now())):
            yield self.entry(ask.url, self.parse)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Any]:
        """Read what the source starts from: a sitemap, or a robots.txt that names some."""
        if response.url.endswith("/robots.txt") and response.status == 200:
            self.visit.entries_read += 1
            for url in named_in(response.body):
                yield self.entry(url, self.parse)
            return
        steps = await self.read_entry(response)
        if steps is not None:
            # An index that is unchanged says nothing of the sitemaps that it names: it is always read.
            receipt = self.receipt(response, known=not asked(steps, CHILD))
            async for request in self._follow(steps, receipt, nesting=0):
                yield request

    async def parse_child(
        self, response: Response, url: str, nesting: int, mark: str, parent: Receipt
    ) -> AsyncIterator[Any]:
        """Read a sitemap that an index names."""
        try:
            steps = None if response.status == 304 else await self.read(self.kind, response)
        except ReadError as error:
            self.logger.warning("%s", error)
            self.visit.drop(f"a sitemap {reason(error)}")
            steps = None
        known = steps is None or not asked(steps, CHILD)
        receipt = self.receipt(response, parent=parent, mark=mark, listed=url, known=known)
        parent.settle()
        if steps is None:
            self.visit.unchanged += response.status == 304
            receipt.settle()
            return
        async for request in self._follow(steps, receipt, nesting=nesting):
            yield request

    async def parse_page(self, response: Response, item: SitemapUrl, mark: str, parent: Receipt) -> AsyncIterator[Any]:
        """Read a listed page; what it lacks comes from the sitemap."""
        receipt = self.receipt(response, parent=parent, mark=mark, listed=item.loc)
        parent.settle()
        posts = (await self.read_page(response)).posts
        for post in posts:
            yield self.own(dated_by(post, item) if len(posts) == 1 else post, receipt)
        receipt.settle()

    def failed(self, failure: Failure) -> None:
        """Count a page or sitemap that could not be fetched; the next run tries again where that may help."""
        self.visit.drop(cause(failure))
        failure.request.cb_kwargs["parent"].settle(kept=not is_passing(failure))  # type: ignore[attr-defined]

    async def _follow(self, steps: Iterable[Step], receipt: Receipt, *, nesting: int) -> AsyncIterator[Any]:
        requests = [
            self.ask(
                child.url,
                self.parse_child,
                self.failed,
                _arguments(receipt, url=child.url, mark=child.mark, nesting=nesting + 1),
            )
            for child in await self._children(asked(steps, CHILD), nesting)
        ]
        requests += [
            self.ask(page.url, self.parse_page, self.failed, _arguments(receipt, item=page.carry, mark=page.mark))
            for page in await self._fresh(asked(steps, LISTED))
        ]
        for request in filter(None, requests):
            receipt.hold()
            yield request
        receipt.settle()

    async def _children(self, children: Iterable[Ask], nesting: int) -> list[Ask]:
        wanted = {child.url: child for child in children if child.url not in self._sitemaps}
        if nesting >= MAX_NESTING or len(self._sitemaps) + len(wanted) > MAX_SITEMAPS:
            self.visit.drop("sitemaps nested too deep or too many", len(wanted))
            return []
        self._sitemaps |= set(wanted)
        known = await self._unchanged(wanted)
        return [child for url, child in wanted.items() if url not in known]

    async def _fresh(self, pages: Iterable[Ask]) -> list[Ask]:
        """Return the listed pages to read, newest first, each address once."""
        now = self.context.now()
        wanted = {
            page.url: page for page in pages if page.url not in self._asked and is_wanted(page.carry, self.options, now)
        }
        known = await self._unchanged(wanted)
        # Asked again: another sitemap may have listed the same page while this one waited for the records.
        new = (page for url, page in wanted.items() if url not in known and url not in self._asked)
        fresh = sorted(new, key=lambda page: newest_last(page.carry), reverse=True)
        room = max(0, self.options.max_pages - len(self._asked))
        if len(fresh) > room:
            self.visit.drop("over max_pages", len(fresh) - room)
        self._asked |= {page.url for page in fresh[:room]}
        return fresh[:room]

    async def _unchanged(self, listed: Mapping[str, Ask]) -> set[str]:
        marks = {url: ask.mark for url, ask in listed.items()}
        known = await unchanged(self.context.records, self.source.id, marks)
        self.visit.unchanged += len(known)
        return known


def asked(steps: Iterable[Step], step: str) -> list[Ask]:
    """Return what a sitemap lists: ``step`` says whether other sitemaps or pages."""
    return [each for each in steps if isinstance(each, Ask) and each.step == step]


def _arguments(parent: Receipt, **more: Any) -> dict[str, Any]:
    return {"parent": parent, **more}
