"""First look at a request: http or https, no private address in figures, a host that is not left alone."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.context import context_of
from crawler.politeness.causes import PRIVATE, SCHEME, Refused
from crawler.politeness.hosts import Hosts, host_of
from crawler.politeness.public import Network, may_dial, networks


class Addresses:
    """Passes the request on, or raises ``Refused``. Names are checked later, where they are dialled."""

    def __init__(self, *, allowed: Sequence[Network], hosts: Hosts) -> None:
        self._allowed = allowed
        self._hosts = hosts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the allowed networks from the context of ``crawler``."""
        return cls(allowed=networks(context_of(crawler).crawl.allow_networks), hosts=context_of(crawler).hosts)

    def process_request(self, request: Request) -> None:
        """Raise ``Refused`` for what must not be asked."""
        if urlsplit(request.url).scheme not in ("http", "https"):
            raise Refused(SCHEME, kind="scheme")
        host = host_of(request.url)
        if _is_numeric(host) and not may_dial(host, self._allowed):
            raise Refused(PRIVATE, kind="private")
        self._hosts.check(host)
        # A redirect or a spider may have copied another host's slot along with the rest of its meta.
        request.meta["download_slot"] = host


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
