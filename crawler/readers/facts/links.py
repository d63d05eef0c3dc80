"""The addresses that a page links to, for crawling a site."""

from __future__ import annotations

import re
from itertools import islice

from analysis.model.addresses import canonical, is_web, route_of
from crawler.readers.page import Page, joined

_MAX_LINKS = 5000
_MAX_SEEN = 20_000
_PLAIN_ORIGIN = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?=/|$)")
_PLAIN_PATH = re.compile(r"(?:/[a-z0-9_-]+)+(?:\.html?)?/?|/", re.IGNORECASE | re.ASCII)
_PLAIN_ADDRESS = re.compile(_PLAIN_ORIGIN.pattern[: -len("(?=/|$)")] + rf"(?:{_PLAIN_PATH.pattern})")
_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")


def page_links(page: Page) -> tuple[str, ...]:
    """Return the canonical addresses that the page lets robots follow, each once, in page order.

    Links marked ``nofollow`` (alone, or by the page's robots meta tag), ``download`` links and the page itself are
    left out. None where the page is not read to be followed.
    """
    if not page.follow:
        return ()
    if "nofollow" in page.tree.xpath("string(//meta[@name='robots'][1]/@content)").lower():
        return ()
    own, base, origin = canonical(page.url), page.base, _origin(page.base)
    links: dict[str, None] = {}
    seen: set[str] = set()
    for link in islice(page.tree.iter("a", "area"), _MAX_SEEN):
        href = _without_anchor((link.get("href") or "").strip())
        if not href or href in seen or link.get("download") is not None:
            continue
        if "nofollow" in (link.get("rel") or "").lower().split():
            continue
        seen.add(href)
        if address := _absolute(href, base, origin):
            links[address] = None
        if len(links) >= _MAX_LINKS:
            break
    links.pop(own, None)
    return tuple(links)


def _without_anchor(href: str) -> str:
    page, sign, _ = href.partition("#")
    return page if not sign else page + route_of(href)


def _origin(base: str) -> str:
    """Return the scheme and host of ``base`` where they are plain, else an empty text."""
    match = _PLAIN_ORIGIN.match(base)
    return match.group() if match else ""


def _absolute(href: str, base: str, origin: str) -> str:
    """Return the canonical address of ``href``; most links are plain paths, which need no taking apart."""
    if origin and _PLAIN_PATH.fullmatch(href):
        return origin + href
    if _PLAIN_ADDRESS.fullmatch(href):
        return href
    address = joined(base, href)
    return canonical(address) if is_web(address) else ""


def feed_links(page: Page) -> tuple[str, ...]:
    """Return the addresses of the feeds that an HTML page names in its head."""
    addresses = [
        joined(page.base, link.get("href") or "")
        for link in page.tree.iter("link")
        if "alternate" in (link.get("rel") or "").lower() and (link.get("type") or "").lower().strip() in _FEEDS
    ]
    return tuple(dict.fromkeys(address for address in addresses if address))
