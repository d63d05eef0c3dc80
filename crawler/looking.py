"""A look at a few addresses for a person who waits for the answer: as polite as a crawl, and nothing is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from twisted.python.failure import Failure

from analysis.model.errors import CandorError, ReadError
from analysis.settings.file import Config
from crawler.addon import user_agent
from crawler.context import Context, new_run, utc_now
from crawler.kinds.base import Ask
from crawler.politeness.causes import cause
from crawler.politeness.robots import meta_of
from crawler.readers.page import Page
from crawler.run import settings_for

T = TypeVar("T")
Fetch = Callable[[Ask], Awaitable[Page]]
"""Asks for something and returns the answer. Raises ``ReadError`` that says why none came."""


class Looker(Spider):
    """Hands ``work`` the means to ask, and keeps what came of it in ``results``: a value, or the error."""

    name = "looker"

    def __init__(self, *, work: Callable[[Fetch], Awaitable[Any]], results: list[Any]) -> None:
        super().__init__()
        self._work = work
        self._results = results

    async def start(self) -> AsyncIterator[Any]:
        """Do the work; nothing is scheduled."""
        try:
            self._results.append(await self._work(self._fetch))
        except CandorError as error:
            self._results.append(error)
        return
        yield

    async def _fetch(self, ask: Ask) -> Page:
        try:
            request = Request(
                ask.url,
                method="POST" if ask.body else "GET",
                headers=dict(ask.headers),
                body=ask.body,
                callback=NO_CALLBACK,
                dont_filter=True,
                meta=meta_of(replace(ask, whole=True)),
            )
            response = await self.crawler.engine.download_async(request)
        except Exception:  # noqa: BLE001 - whatever went wrong, it is told as the answer of this address
            why = cause(Failure())  # type: ignore[no-untyped-call]
            cure = "; name its network under [crawl] allow_networks" if why == "private address" else ""
            raise ReadError(f"{ask.url}: {why}{cure}") from None
        if response.status >= 400:
            raise ReadError(f"{ask.url}: answered {response.status}; is the address right, and open to all?")
        return page_of(response)


def page_of(response: Response) -> Page:
    """Return an answer as what readers take."""
    headers = {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in response.headers.items()
        if values
    }
    return Page(response.body, response.url, utc_now(), headers.get("content-type", ""), headers=headers)


def look(config: Config, work: Callable[[Fetch], Awaitable[T]]) -> T:
    """Return what ``work`` makes of the addresses that it asks for. Blocks; once per process (a reactor runs once).

    Raises ``ConfigError`` without a contact in ``config``, and what ``work`` raises.
    """
    user_agent(config.crawl.contact)
    results: list[Any] = []
    with TemporaryDirectory(prefix="candor-look-") as folder:
        # Its own state: a look leaves nothing behind, and needs no store that another process may hold.
        kept = replace(config, state=Path(folder), store=f"{folder}/store")
        process = AsyncCrawlerProcess(settings_for({"ITEM_PIPELINES": {}, "LOG_ENABLED": False}))
        crawler = process.create_crawler(Looker)
        context = Context(kept, run=new_run(utc_now()), key=bytes(32), owner=crawler)
        crawler.candor = context  # type: ignore[attr-defined]
        process.crawl(crawler, work=work, results=results)
        process.start()
    if not results:
        raise ReadError("nothing was asked, because the look was stopped; try again")
    if isinstance(results[0], CandorError):
        raise results[0]
    done: T = results[0]
    return done
