"""Hosts that asked us to wait in an earlier run are left alone: recalled before the first request goes out."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.context import Context, context_of


class Waits:
    """Passes every request on, as soon as the store has said which hosts are to be left alone until when."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Use the context of ``crawler``."""
        return cls(context_of(crawler))

    async def process_request(self, request: Request) -> None:  # noqa: ARG002 - the name that Scrapy hands it by
        """Recall once; what comes meanwhile waits for it."""
        await self._context.obey_waits()
