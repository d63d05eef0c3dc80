"""The item pipeline: posts go to the intake, which understands and stores them in batches outside the reactor."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from twisted.python.failure import Failure

from analysis.model import Post
from analysis.model.errors import CandorError
from crawler.context import Context, context_of, visit_of
from crawler.keeping.intake import Waiting
from crawler.keeping.visit import Visit

_POLL_S = 0.02


class KeepPosts:
    """Hands each post to the intake and waits while that is full, which makes Scrapy stop fetching.

    Ends in one of three ways: the post is on its way to the store; it is dropped with its reason counted; or the store
    has failed, and the crawl is stopped. When the spider closes, everything on its way is stored before this returns.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._looking: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the pipeline of one crawler."""
        pipeline = cls(crawler)
        crawler.signals.connect(pipeline.spider_broke, signals.spider_error)
        return pipeline

    @property
    def _context(self) -> Context:
        return context_of(self._crawler)

    @property
    def _visit(self) -> Visit:
        return visit_of(self._crawler)

    async def process_item(self, item: Any) -> Any:
        """Hand in a post. Raises ``DropItem`` for what is no post, has no words, or cannot be stored any more."""
        if not isinstance(item, Post):
            raise DropItem(f"a {type(item).__name__} is not a post")
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._let_close())
        visit = self._visit
        receipt, instead = visit.noted_of(item)
        if not item.text.strip() and not item.title.strip():
            visit.drop("no text")
            if receipt is not None:
                receipt.settle()
            raise DropItem("no text", log_level="DEBUG")
        visit.saw(item)
        try:
            await self._context.intake.put(Waiting(item, visit, receipt, instead))
        except CandorError as error:
            visit.drop("could not be stored")
            if receipt is not None:
                receipt.settle(kept=False)
            self._stop(error)
            raise DropItem(str(error), log_level="DEBUG") from None
        return item

    async def close_spider(self) -> None:
        """Store what is on its way; where Scrapy made the crawler, finish the visit and close the store too."""
        context, visit = self._context, self._visit
        await context.intake.drain()
        if context.intake.error is not None:
            visit.error = visit.error or str(context.intake.error)
        if context.owner is self._crawler:
            # A shell has nothing to say, and must not open the store for it.
            if visit.entries_read or visit.posts or visit.dropped:
                await asyncio.to_thread(context.finish, visit)
            await context.close()

    def spider_broke(self, failure: Failure) -> None:
        """Count a callback that raised: a mistake of ours that must not vanish."""
        self._visit.drop(f"the spider broke on it ({type(failure.value).__name__})")

    async def _let_close(self) -> None:
        """Wait until no post is under way, and let a crawl end that waits for just that.

        Scrapy 2.19 looks for it whenever an answer was read; posts of ``start()`` come of none, and a crawl that was
        told to close while they were under way waited for ever.
        """
        slot, spider = self._crawler.engine.scraper.slot, self._crawler.spider
        assert slot is not None
        assert spider is not None
        while slot.itemproc_size:
            await asyncio.sleep(_POLL_S)
        if slot.closing is not None and not slot.closing.called and slot.is_idle():
            slot.closing.callback(spider)

    def _stop(self, error: CandorError) -> None:
        visit = self._visit
        if not visit.error:
            visit.error = str(error)
            asyncio.ensure_future(self._crawler.engine.close_spider_async(reason="store_failed"))  # noqa: RUF006
