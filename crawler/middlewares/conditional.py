"""Conditional requests: ask only for what changed. What may be remembered, and when: ``crawler.keeping.validators``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.statscollectors import StatsCollector

from analysis.model.errors import StoreError
from analysis.model.records.base import Records
from crawler.context import context_of
from crawler.keeping.validators import META, from_headers, recall
from crawler.middlewares.robots import READING
from crawler.politeness.causes import Refused

ASKED = "asked_if_changed"
WHOLE = "whole"
_HEADERS = ("If-None-Match", "If-Modified-Since")


class Conditional:
    """Adds the stored validators to GET requests, and puts an answer's validator into ``meta["validator"]``.

    A 304 reaches the callback as a response with status 304 and an empty body. A request with ``meta["whole"]`` is
    asked unconditionally, and so is every request of a spider that does not take a 304: others' spiders in this
    project, the page that somebody looks at in ``scrapy shell``, and a source that is read afresh. ``records`` is
    called once a request needs them, in a thread, because it may open the store.
    """

    def __init__(self, *, records: Callable[[], Records], stats: StatsCollector, is_taken: Callable[[], bool]) -> None:
        self._records = records
        self._is_taken = is_taken
        self._stats = stats
        self._asking: list[tuple[str, asyncio.Future[dict[str, str]]]] = []
        self._lookup: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Use the records of the context of ``crawler``."""
        context = context_of(crawler)
        is_known = 304 in getattr(crawler.spidercls, "handle_httpstatus_list", ())

        def is_taken() -> bool:
            source = getattr(crawler.spider, "source", None)
            return is_known and not getattr(source, "afresh", False)

        return cls(records=lambda: context.records, stats=crawler.stats, is_taken=is_taken)

    async def process_request(self, request: Request) -> None:
        """Set the headers for this very address: a redirect or retry may have brought those of another."""
        for name in _HEADERS:
            request.headers.pop(name, None)
        request.meta.pop(ASKED, None)
        request.meta.pop(META, None)
        if request.method != "GET" or request.meta.get(READING) or request.meta.get(WHOLE) or not self._is_taken():
            return
        headers = await self._recall(request.url)
        for name, value in headers.items():
            request.headers[name] = value
        if headers:
            request.meta[ASKED] = True

    def process_response(self, request: Request, response: Response) -> Response:
        """Count a 304, or note the answer's validator. Raises ``Refused`` for a 304 that nobody asked for."""
        if response.status == 304:
            if not request.meta.get(ASKED):
                raise Refused("answered 304 without being asked for changes", kind="answer")
            self._stats.inc_value("conditional/unchanged")
        elif response.status == 200 and request.method == "GET" and not response.flags:
            # Flags mean a partial body: its version must not be called known.
            request.meta[META] = from_headers(request.url, response.headers)
        return response

    async def _recall(self, url: str) -> dict[str, str]:
        answer: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self._asking.append((url, answer))
        if self._lookup is None:
            self._lookup = asyncio.ensure_future(self._look_up())
        return await answer

    async def _look_up(self) -> None:
        # One thread hop for all requests that came in during the last one: a hop each costs a third of the rate.
        while self._asking:
            batch, self._asking = self._asking, []
            urls = [url for url, _ in batch]
            try:
                headers = await asyncio.to_thread(self._recall_all, urls)
            except StoreError as error:
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for url, answer in batch:
                if not answer.done():
                    answer.set_result(headers[url])
        self._lookup = None

    def _recall_all(self, urls: list[str]) -> dict[str, dict[str, str]]:
        return recall(self._records(), urls)
