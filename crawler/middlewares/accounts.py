"""The accounts that addresses of a source name (``https://user:password@host/``): told to their own hosts alone."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from w3lib.http import basic_auth_header

SIGNED = "signed_with_an_account"


class Accounts:
    """Signs each request to a host that the source has an account for, by HTTP's basic scheme (RFC 7617).

    A redirect keeps the headers of the request that led to it: at another host they are taken off again.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Look at the source of the crawler's spider, once there is one."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Sign the request, or take off what another host was told."""
        if request.meta.pop(SIGNED, False):
            request.headers.pop("Authorization", None)
        source = getattr(self._crawler.spider, "source", None)
        account = dict(source.accounts).get(urlsplit(request.url).netloc.lower()) if source else None
        if account:
            user, password = account
            request.headers["Authorization"] = basic_auth_header(user, password, encoding="utf-8")
            request.meta[SIGNED] = True
