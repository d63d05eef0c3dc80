"""Ask again later, or not at all: Retry-After, exponential backoff with jitter, and hosts that keep failing.

Replaces Scrapy's retry middleware, which asks again at once. Nothing sleeps here: the host is held back, its requests
wait in the scheduler (``crawler.politeness.queue``), and other hosts go on.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from crawler.context import context_of
from crawler.politeness.backoff import RETRY_STATUSES, jittered, wait_asked_by
from crawler.politeness.causes import CERTIFICATE, cause
from crawler.politeness.hosts import Held, Hosts, host_of

PASSING = (
    CannotResolveHostError,
    ConnectError,
    ConnectionDone,
    ConnectionLost,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
Again = Callable[[Request, str], Request | None]


class Backoff:
    """Returns a request to try again, or lets the answer or error pass: after ``retries``, or when the host is closed.

    ``again`` makes the retry and counts it, and returns None when the request was tried often enough.
    """

    def __init__(self, *, hosts: Hosts, again: Again, chance: Callable[[], float] = random.random) -> None:
        self._hosts = hosts
        self._again = again
        self._chance = chance

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the number of retries from the context of ``crawler``."""
        retries = context_of(crawler).crawl.retries

        def again(request: Request, why: str) -> Request | None:
            assert crawler.spider is not None
            return get_retry_request(request, spider=crawler.spider, reason=why, max_retry_times=retries)

        return cls(hosts=context_of(crawler).hosts, again=again)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Hold the host back and try again after a passing failure; note how the host is doing."""
        host = host_of(request.url)
        if response.status in RETRY_STATUSES:
            return self._later(request, cause(response), wait_asked_by(response, datetime.now(UTC))) or response
        if response.status in (401, 403):
            self._hosts.refused(host, cause(response))
        else:
            self._hosts.succeeded(host)
        return response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Try again after a passing failure of the network; a request that found its host held goes back as it was."""
        if isinstance(exception, Held):
            return request.replace(dont_filter=True)
        if not isinstance(exception, PASSING):
            return None
        why = cause(exception)
        return None if why == CERTIFICATE else self._later(request, why, None)

    def _later(self, request: Request, why: str, asked: float | None) -> Request | None:
        host = host_of(request.url)
        self._hosts.failed(host, why)
        if asked:
            self._hosts.rest(host, asked, why, at=monotonic(), now=datetime.now(UTC))
        if self._hosts[host].closed or request.meta.get("dont_retry"):
            return None
        if asked is None:
            attempt = request.meta.get("retry_times", 0) + 1
            self._hosts.hold(host, monotonic() + jittered(attempt, self._chance()))
        return self._again(request, why)
