"""Sitemaps (https://www.sitemaps.org/protocol.html): url sets, indexes, news sitemaps, gzip and plain text."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from lxml import etree

from analysis.model.addresses import is_web
from analysis.model.errors import ReadError
from analysis.model.written.dates import parse_date
from crawler.readers.encoding import decode
from crawler.readers.page import Page

MAX_BYTES = 50 * 1024 * 1024
"""The protocol's own limit for one sitemap, unzipped; what is longer is read up to here."""
MAX_ENTRIES = 50_000
_GZIP = b"\x1f\x8b"
_STEP = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapUrl:
    """One page that a sitemap lists; the news fields are filled by news sitemaps."""

    loc: str
    lastmod: datetime | None = None
    priority: float | None = None
    changefreq: str = ""
    news_title: str = ""
    news_date: datetime | None = None
    news_name: str = ""
    news_lang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """What a sitemap lists: pages, or the child sitemaps of an index (with their ``lastmod``), in document order."""

    urls: tuple[SitemapUrl, ...] = ()
    children: tuple[SitemapUrl, ...] = ()


def read_sitemap(page: Page) -> Sitemap:
    """Return what the sitemap lists, at most MAX_ENTRIES entries; whatever stands before a break in the XML counts.

    Raises ReadError where the page is no sitemap at all.
    """
    content = unzipped(page.content, MAX_BYTES)
    if not content.strip():
        raise ReadError(f"{page.place}: the sitemap is empty; check its address")
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"<"):
        return _plain(content, page)
    if b"<html" in start.lower() or b"<!doctype html" in start.lower():
        raise ReadError(
            f"{page.place}: this is an HTML page, not a sitemap; robots.txt of the site names the right one"
        )
    return _xml(content, page)


def unzipped(content: bytes, limit: int) -> bytes:
    """Return ``content``, unzipped if it is gzip by its first bytes, cut at ``limit`` bytes: a bomb costs no more."""
    for _ in range(2):
        if not content.startswith(_GZIP):
            break
        content = _inflated(content, limit)
    return content[:limit]


def _inflated(content: bytes, limit: int) -> bytes:
    inflater, parts, size = zlib.decompressobj(wbits=31), [], 0
    try:
        while content and size < limit:
            part = inflater.decompress(content, min(_STEP * 16, limit - size))
            parts.append(part)
            size += len(part)
            content = inflater.unconsumed_tail
            if inflater.eof:
                break
    except zlib.error:
        # Cut short or damaged: what came out before counts.
        pass
    return b"".join(parts)


def _plain(content: bytes, page: Page) -> Sitemap:
    lines = (line.strip() for line in decode(content, page.content_type).splitlines())
    urls = tuple(SitemapUrl(loc=line) for line in lines if is_web(line))[:MAX_ENTRIES]
    if not urls:
        raise ReadError(f"{page.place}: neither XML nor a list of addresses; check the sitemap's address")
    return Sitemap(urls=urls)


def _xml(content: bytes, page: Page) -> Sitemap:
    urls: list[SitemapUrl] = []
    children: list[SitemapUrl] = []
    for element in _entries(content):
        entry = _entry(element, page)
        if entry is not None:
            (children if element.tag.rpartition("}")[2] == "sitemap" else urls).append(entry)
        if len(urls) + len(children) >= MAX_ENTRIES:
            break
    if not urls and not children and b"urlset" not in content[:4096] and b"sitemapindex" not in content[:4096]:
        raise ReadError(f"{page.place}: XML, but no sitemap (no urlset, no sitemapindex); is it a feed?")
    return Sitemap(urls=tuple(urls), children=tuple(children))


def _entries(content: bytes) -> Iterator[etree._Element]:
    """Yield each finished entry and forget it, so that memory stays flat; stops quietly where the XML ends for good."""
    events = etree.iterparse(
        BytesIO(content), events=("end",), tag=("{*}url", "{*}sitemap"), recover=True, resolve_entities=False,
        no_network=True, load_dtd=False, huge_tree=False, remove_comments=True,
    )  # fmt: skip
    try:
        for _, element in events:
            yield element
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError:
        return


def _entry(element: etree._Element, page: Page) -> SitemapUrl | None:
    said: dict[str, str] = {}
    for each in element.iter():
        if isinstance(each.tag, str) and each.text and each.text.strip():
            namespace, _, name = each.tag.rpartition("}")
            if "image" not in namespace and "video" not in namespace:
                said.setdefault(f"news:{name}" if "news" in namespace else name, each.text.strip())
    loc = "".join(said.get("loc", "").split())
    if not is_web(loc):
        return None
    return SitemapUrl(
        loc=loc,
        lastmod=parse_date(said.get("lastmod"), now=page.fetched_at),
        priority=_share(said.get("priority", "")),
        changefreq=said.get("changefreq", "").lower(),
        news_title=said.get("news:title", ""),
        news_date=parse_date(said.get("news:publication_date"), now=page.fetched_at),
        news_name=said.get("news:name", ""),
        news_lang=said.get("news:language", ""),
    )


def _share(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None
