"""The download handler: takes a turn at the host, and dials public addresses only.

The check stands where the connection is made (``connectTCP``), on the numeric address that is dialled. Whatever came
before cannot matter: odd spellings of an address (``http://2130706433/``), a redirect, a name that answers with
another address the second time it is asked (DNS rebinding). Each hop of a redirect is a request of its own and passes
here too. The handler is set per spider, so it holds as well where Scrapy's process-wide resolver is not installed.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from time import monotonic
from typing import Any, cast

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Response
from twisted.internet import defer
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import (
    IConnector,
    IHostnameResolver,
    IReactorPluggableNameResolver,
    IStreamClientEndpoint,
)
from twisted.web.client import HTTPConnectionPool
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.context import context_of
from crawler.politeness.backoff import LONGEST_RETRY_AFTER_S, RETRY_STATUSES, wait_asked_by
from crawler.politeness.causes import PRIVATE, Refused, cause, size
from crawler.politeness.hosts import Held, host_of
from crawler.politeness.public import Network, may_dial, networks
from crawler.politeness.waits import LONGEST

WAITS = "waits_its_turn"
PUBLIC_ONLY = "public_addresses_only"
"""Whatever ``[crawl] allow_networks`` says: for what a page asks for, which may be anybody's."""


@implementer(IReactorPluggableNameResolver)
class PublicDialler:
    """A reactor that connects to permitted addresses only and is otherwise the real one."""

    def __init__(self, reactor: Any, allowed: Sequence[Network]) -> None:
        self._reactor = reactor
        self._allowed = allowed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    @property
    def nameResolver(self) -> IHostnameResolver:
        """The real reactor's resolver."""
        return cast("IHostnameResolver", self._reactor.nameResolver)

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        """Install a resolver on the real reactor."""
        return cast("IHostnameResolver", self._reactor.installNameResolver(resolver))

    def connectTCP(self, host: str, port: int, *args: Any, **kwargs: Any) -> IConnector:
        """Connect to a numeric address. Raises ``Refused`` where that is neither public nor allowed."""
        if not may_dial(host, self._allowed):
            raise Refused(PRIVATE, kind="private")
        return cast("IConnector", self._reactor.connectTCP(host, port, *args, **kwargs))


class PublicPool(HTTPConnectionPool):
    """A pool of connections that makes every new one through the dialler, whatever endpoint it was handed."""

    def __init__(self, dialler: PublicDialler, policy: IPolicyForHTTPS, timeout_s: float) -> None:
        super().__init__(dialler, persistent=True)  # type: ignore[no-untyped-call]
        self._dialler = dialler
        self._policy = policy
        self._timeout_s = timeout_s

    def getConnection(self, key: Hashable, endpoint: IStreamClientEndpoint) -> defer.Deferred[Any]:  # noqa: ARG002
        """Return a connection for ``key`` = (scheme, host, port, ...). Refuses a proxy's key: it would dial for us."""
        if not (isinstance(key, tuple) and len(key) == 4 and key[0] in (b"http", b"https")):
            return defer.fail(Refused("a proxy would hide the address that is dialled", kind="private"))
        scheme, host, port = key[:3]
        dialled: Any = HostnameEndpoint(self._dialler, host, port, timeout=self._timeout_s)
        if scheme == b"https":
            dialled = wrapClientTLS(self._policy.creatorForNetloc(host, port), dialled)  # type: ignore[call-arg, misc]
        return cast("defer.Deferred[Any]", super().getConnection(key, dialled))


def is_stopping(crawler: Crawler) -> bool:
    """Return whether the crawl is being stopped: by a signal, or by Scrapy's own limits."""
    slot = crawler.engine._slot
    return slot is None or slot.closing is not None


class PoliteDownload(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler behind the host's turn and the public dialler.

    Ends in a response, or in Scrapy's download errors, ``Refused`` (private address, body too big) or ``Held``.
    """

    def __init__(self, crawler: Crawler) -> None:
        from twisted.internet import reactor

        super().__init__(crawler)
        options = context_of(crawler).crawl
        self._hosts = context_of(crawler).hosts
        self._leases, self._now = context_of(crawler).leases, context_of(crawler).now
        self._strangers = HTTP11DownloadHandler(crawler)
        for handler, allowed in ((self, networks(options.allow_networks)), (self._strangers, ())):
            pool = PublicPool(PublicDialler(reactor, allowed), self._contextFactory, options.timeout_s)
            pool.maxPersistentPerHost = self._pool.maxPersistentPerHost
            pool._factory = handler._pool._factory
            handler._pool = pool
        self._stopping = partial(is_stopping, crawler)

    async def download_request(self, request: Request) -> Response:
        """Wait for the host's turn, and for its lease where others crawl too; then download."""
        host, patient = host_of(request.url), request.meta.get(WAITS, False)
        while True:
            async with self._hosts.turn(host, patient=patient, stopping=self._stopping):
                if await self._may_ask(host):
                    return await self._downloaded(request, host)
                if not patient:
                    raise Held

    async def _may_ask(self, host: str) -> bool:
        """Return whether the host is ours to ask now; else hold it back until it is worth to look again."""
        if self._leases is None:
            return True
        turn = await self._leases.turn(host)
        if turn.wait is not None and turn.seconds > LONGEST_RETRY_AFTER_S:
            self._hosts.obey(host, turn.wait, now=self._now())
        elif turn.seconds > 0:
            self._hosts.hold(host, monotonic() + turn.seconds)
        return turn.seconds <= 0

    async def _downloaded(self, request: Request, host: str) -> Response:
        try:
            if request.meta.get(PUBLIC_ONLY):
                response = await self._strangers.download_request(request)
            else:
                response = await super().download_request(request)
        except DownloadCancelledError as error:
            # Only the size limit cancels: a timeout has its own error.
            limit = request.meta.get("download_maxsize", self._default_maxsize)
            raise Refused(f"body over {size(limit)}", kind="size") from error
        self._hosts.heard(host, status=response.status, asks_to_wait="Retry-After" in response.headers)
        if self._leases is not None and response.status in RETRY_STATUSES:
            seconds = wait_asked_by(response, self._now())
            if seconds:
                await self._leases.keep(host, min(seconds, LONGEST.total_seconds()), cause(response))
        return response

    async def close(self) -> None:
        """Close the connections of both."""
        await super().close()
        await self._strangers.close()
