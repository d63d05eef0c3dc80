"""Why an address was not read, in plain words: the one place where an exception or a status becomes a sentence part.

The words end in the run's table ("refused us: 403"), so they are short, name the party that decided, and carry no
class names. ``Refused`` is what our own parts raise; it is an ``IgnoreRequest``, so that Scrapy hands it to the
request's errback without logging an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import cast

from OpenSSL import SSL
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from twisted.internet.error import ConnectError, ConnectionLost
from twisted.python.failure import Failure

from crawler.politeness.backoff import RETRY_STATUSES

ROBOTS = "robots.txt forbids"
PRIVATE = "private address"
SCHEME = "only http and https addresses are read"
CERTIFICATE = "certificate not trusted"
UNCHANGED = "unchanged since the last read"
TIMED_OUT = "timed out"
NO_NAME = "no such host name"
NOBODY = "nobody listens there (connection refused)"
REDIRECTS = "too many redirects"

_GONE = frozenset({404, 410})
_REFUSALS = frozenset({401, 402, 403, 407, 429, 451})
_BY_TYPE: tuple[tuple[type[BaseException], str], ...] = (
    (DownloadTimeoutError, TIMED_OUT),
    (TimeoutError, TIMED_OUT),
    (CannotResolveHostError, NO_NAME),
    (DownloadConnectionRefusedError, NOBODY),
    (UnsupportedURLSchemeError, SCHEME),
    (NotSupported, SCHEME),
    (ResponseDataLossError, "the answer broke off"),
    (ConnectError, "could not connect"),
    (ConnectionLost, "the connection broke off"),
    (DownloadFailedError, "the connection broke off"),
)


class Refused(IgnoreRequest):
    """We or they said no: raised by the crawler's network parts. ``cause`` says why in plain words.

    ``kind`` is the part that said it (``robots``, ``private``, ``size``, ...). ``passing`` is True where a later run
    may fare better: the host was left alone, its robots.txt could not be read, the crawl was stopped.
    """

    def __init__(self, cause: str, *, kind: str, passing: bool = False) -> None:
        super().__init__(cause)
        self.cause = cause
        self.kind = kind
        self.passing = passing


class Stopped(Refused):
    """The crawl is being stopped: the request was not sent."""

    def __init__(self) -> None:
        super().__init__("stopped before it was read", kind="stopped", passing=True)


def cause(problem: Failure | BaseException | Response) -> str:
    """Return why ``problem`` (an errback's failure, an exception or an answer) gave nothing to read."""
    if isinstance(problem, Response):
        return _status_cause(problem.status)
    error = cast("BaseException", problem.value) if isinstance(problem, Failure) else problem
    if isinstance(error, HttpError):
        return _status_cause(error.response.status)
    if isinstance(error, Refused):
        return error.cause
    if any(isinstance(inner, VerificationError | CertificateError) for inner in _chain(error)):
        return CERTIFICATE
    for inner in _chain(error):
        if isinstance(inner, SSL.Error):
            return CERTIFICATE if "certificate verify failed" in str(inner.args) else "no secure connection (TLS)"
    for kind, words in _BY_TYPE:
        if isinstance(error, kind):
            return words
    return str(error) or type(error).__name__


def gone_at(failure: Failure) -> str:
    """Return the address that was asked for where its site says that there is nothing any more (404, 410)."""
    answer = failure.value.response if isinstance(failure.value, HttpError) else None
    if answer is None or answer.status not in _GONE:
        return ""
    request: Request = failure.request  # type: ignore[attr-defined]
    return str(request.meta.get("redirect_urls", [request.url])[0])


def is_passing(problem: Failure | BaseException | Response) -> bool:
    """Return whether asking again in a later run may help. What was asked for by way of it must not be called known."""
    error = problem.value if isinstance(problem, Failure) else problem
    answer = error.response if isinstance(error, HttpError) else error
    if isinstance(answer, Response):
        return answer.status in RETRY_STATUSES
    if isinstance(error, Refused):
        return error.passing
    return not isinstance(error, IgnoreRequest | NotSupported | UnsupportedURLSchemeError)


def size(limit: int) -> str:
    """Return a byte limit as people say it: ``10 MiB``, ``500 KiB``, ``700 bytes``."""
    for unit, word in ((1024 * 1024, "MiB"), (1024, "KiB")):
        if limit >= unit:
            return f"{limit / unit:.4g} {word}"
    return f"{limit} bytes"


def _status_cause(status: int) -> str:
    if status == 304:
        return UNCHANGED
    if status in _REFUSALS:
        return f"refused us: {status}"
    if status in _GONE:
        return f"no such page: {status}"
    if status >= 500:
        return f"the server failed: {status}"
    try:
        return f"answered {status} ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return f"answered {status}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and everything it was raised from, Twisted's lists of reasons included."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [inner for inner in (current.__cause__, current.__context__) if inner is not None]
        waiting += [
            inner.value for inner in getattr(current, "reasons", ()) if isinstance(inner, Failure) and inner.value
        ]
