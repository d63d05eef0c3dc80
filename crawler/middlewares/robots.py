"""robots.txt before every page, as RFC 9309 says.

Replaces Scrapy's own middleware, which reads rules from answers of any status (a 503's error page allows everything),
allows everything where there was no answer, never reads the file again, and does not obey Crawl-delay. Kept from it:
Protego, the fetch through the engine (so that limits, redirects and address checks hold for it too) and the
``robots_parsed`` signal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser

from crawler.context import context_of
from crawler.politeness.causes import ROBOTS, Refused, Stopped
from crawler.politeness.dial import WAITS, is_stopping
from crawler.politeness.hosts import Hosts, Rules, host_of, origin_of
from crawler.politeness.kept_robots import KeptRobots
from crawler.politeness.robots import KEYED, MOST_REDIRECTS, PRODUCT, is_fresh, newer, rules_from, rules_without_answer

READING = "reads_robots_txt"


class Robots:
    """Passes the request on when the rules allow it, else raises ``Refused``. One fetch at a time per origin.

    ``fetch`` downloads a request outside the scheduler; ``announce`` tells the others about parsed rules. ``kept`` are
    the files that other processes have read too; None where each process reads them itself.
    """

    def __init__(
        self,
        *,
        hosts: Hosts,
        fetch: Callable[[Request], Awaitable[Response]],
        announce: Callable[[RobotParser, Request], Awaitable[Any]],
        kept: KeptRobots | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._hosts = hosts
        self._kept = kept
        self._fetch = fetch
        self._announce = announce
        self._clock = clock

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Fetch through the engine of ``crawler`` and obey Crawl-delay through its ``robots_parsed`` signal."""

        async def fetch(request: Request) -> Response:
            crawler.stats.inc_value("robotstxt/request_count")
            try:
                return await crawler.engine.download_async(request)
            except Exception as error:
                # What is known about a host outlives this spider: its end says nothing about the host.
                if is_stopping(crawler):
                    raise Stopped from error
                raise

        async def announce(parser: RobotParser, request: Request) -> None:
            await crawler.signals.send_catch_log_async(signals.robots_parsed, robotparser=parser, request=request)

        context = context_of(crawler)
        made = cls(hosts=context.hosts, fetch=fetch, announce=announce, kept=context.robots)
        crawler.signals.connect(made.obey_crawl_delay, signals.robots_parsed)
        return made

    async def process_request(self, request: Request) -> None:
        """Raise ``Refused`` where robots.txt forbids the address or could not be read. The file itself is free.

        What carries a key of the very host is no crawl: whoever gave out the key has said what it may be used for.
        """
        if request.meta.get(READING) or urlsplit(request.url).path == "/robots.txt":
            return
        if request.meta.get(KEYED) == origin_of(request.url):
            return
        rules = await self._rules(request)
        if rules.closed:
            raise Refused(rules.closed, kind="robots", passing=rules.passing)
        if rules.parser is not None and not rules.parser.allowed(request.url, PRODUCT):
            raise Refused(ROBOTS, kind="robots")

    def obey_crawl_delay(self, robotparser: RobotParser, request: Request) -> None:
        """Slow the host down to its Crawl-delay, if it names one for us."""
        self._hosts.slow(host_of(request.url), robotparser.crawl_delay(PRODUCT) or 0.0)

    async def _rules(self, request: Request) -> Rules:
        origin = origin_of(request.url)
        known = self._hosts.rules.get(origin)
        if known is not None and is_fresh(known, self._clock()):
            return known
        async with self._hosts.reading.setdefault(origin, asyncio.Lock()):
            known = self._hosts.rules.get(origin)
            if known is None or not is_fresh(known, self._clock()):
                known = self._hosts.rules[origin] = await self._kept_or_read(origin, known)
                self._hosts[host_of(request.url)].met = True
                if known.parser is not None:
                    await self._announce(known.parser, request)
        return known

    async def _kept_or_read(self, origin: str, known: Rules | None) -> Rules:
        if self._kept is None:
            return newer(known, await self._read(origin))
        kept = await self._kept.recall(origin, self._clock())
        if kept is not None and is_fresh(kept, self._clock()):
            return kept
        read = await self._read(origin)
        await self._kept.remember(origin, read)
        return newer(known or kept, read)

    async def _read(self, origin: str) -> Rules:
        meta = {READING: True, WAITS: True, "redirect_ttl": MOST_REDIRECTS, "allow_offsite": True}
        request = Request(f"{origin}/robots.txt", priority=1000, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self._fetch(request)
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001 - whatever went wrong, without an answer nothing may be read
            return rules_without_answer(error, self._clock())
        return rules_from(response, self._clock())
