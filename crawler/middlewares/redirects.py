"""Redirects: to http and https only, a limited number, and each hop is checked as a request of its own."""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.politeness.causes import REDIRECTS, Refused
from crawler.politeness.hosts import origin_of
from crawler.politeness.robots import KEYED

MOVED = frozenset({301, 302, 303, 307, 308})


class Redirects(RedirectMiddleware):
    """Scrapy's, but what it drops ends in ``Refused`` with its cause."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the next hop, or the response where it is no redirect."""
        try:
            following = super().process_response(request, response)
        except IgnoreRequest as error:
            raise Refused(REDIRECTS, kind="redirect") from error
        if isinstance(following, Request) and request.meta.get(KEYED, origin_of(following.url)) != origin_of(
            following.url
        ):
            raise Refused("redirected to another host, which is not told the key", kind="redirect")
        if following is response and response.status in MOVED and "Location" in response.headers:
            raise Refused("redirected to what is no http or https address", kind="redirect")
        return following


class MetaRefreshes(MetaRefreshMiddleware):
    """Scrapy's, but what it drops ends in ``Refused`` with its cause."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the page that the refresh leads to, or the response."""
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise Refused(REDIRECTS, kind="redirect") from error
