"""The addresses that a page links to, for crawling a site."""

from __future__ import annotations

from itertools import islice

from analysis.addresses import canonical, is_web
from crawler.readers.page import Page, joined

_MAX_LINKS = 5000
_MAX_SEEN = 20_000
_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")


def page_links(page: Page) -> tuple[str, ...]:
    """Return the canonical addresses that the page lets robots follow, each once, in page order.

    Links marked ``nofollow`` (alone, or by the page's robots meta tag), ``download`` links and the page itself are
    left out.
    """
    if "nofollow" in page.tree.xpath("string(//meta[@name='robots'][1]/@content)").lower():
        return ()
    own, found = canonical(page.url), dict[str, None]()
    for link in islice(page.tree.iter("a", "area"), _MAX_SEEN):
        href = link.get("href")
        if not href or href.startswith("#") or link.get("download") is not None:
            continue
        if "nofollow" in (link.get("rel") or "").lower().split():
            continue
        address = joined(page.base, href)
        if is_web(address):
            found[canonical(address)] = None
        if len(found) >= _MAX_LINKS:
            break
    found.pop(own, None)
    return tuple(found)


def feed_links(page: Page) -> tuple[str, ...]:
    """Return the addresses of the feeds that an HTML page names in its head."""
    found = [
        joined(page.base, link.get("href") or "")
        for link in page.tree.iter("link")
        if "alternate" in (link.get("rel") or "").lower() and (link.get("type") or "").lower().strip() in _FEEDS
    ]
    return tuple(dict.fromkeys(address for address in found if address))
