"""Where a page says that its thread, list or reviews go on."""

from __future__ import annotations

from lxml.html import HtmlElement

from analysis.model.addresses import same_site
from crawler.readers.page import Page, joined

_DECLARED = "//link[contains(concat(' ',@rel,' '),' next ')]/@href | //a[contains(concat(' ',@rel,' '),' next ')]/@href"
_NAMES = ("next", "next-page", "pagination-next", "nextpage", "pageNav-jump--next", "arrow-next", "ipsPagination_next")


def next_page(page: Page) -> str:
    """Return the address of the page that comes after ``page``, on its own site; empty where none is told."""
    for href in page.tree.xpath(_DECLARED):
        if address := _usable(page, href):
            return address
    for link in page.tree.iter("a"):
        if _is_next(link) and (address := _usable(page, link.get("href") or "")):
            return address
    return ""


def _is_next(link: HtmlElement) -> bool:
    parent = link.getparent()
    labels = f"{link.get('class') or ''} {parent.get('class') or '' if parent is not None else ''}".split()
    return any(name in labels for name in _NAMES)


def _usable(page: Page, href: str) -> str:
    if not href.strip() or href.strip().startswith(("#", "javascript:")):
        return ""
    address = joined(page.base, href).partition("#")[0]
    is_same = address == page.url.partition("#")[0]
    return "" if is_same or not same_site(address, page.url) else address
