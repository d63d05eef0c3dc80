"""Sitemaps (https://www.sitemaps.org/protocol.html): url sets, indexes, news sitemaps, feeds, gzip and plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO

from lxml import etree
from w3lib.encoding import read_bom

from analysis.model.addresses import is_web
from analysis.model.errors import ReadError
from analysis.model.written.dates import parse_date
from crawler.readers.encoding import decode
from crawler.readers.feeds.feed import read_feed
from crawler.readers.page import Page, joined
from crawler.readers.unzipping import unzipped

MAX_BYTES = 50 * 1024 * 1024
"""The protocol's own limit for one sitemap, unzipped; what is longer is read up to here."""
MAX_ENTRIES = 50_000
_HEAD = 1 << 14
_ROOT = re.compile(rb"<(?:[a-z][\w.-]{0,40}:)?(urlset|sitemapindex|rss|feed|rdf)[\s>/]", re.IGNORECASE)
_CLOSED = re.compile(rb"</(?:[a-z][\w.-]{0,40}:)?(?:urlset|sitemapindex)\s{0,80}>|<[^<>]{1,2000}/>", re.IGNORECASE)
_HTML = re.compile(rb"<html|<!doctype html", re.IGNORECASE)
_OTHER_CHARSET = re.compile(rb"<\?xml[^>]{0,200}encoding\s{0,8}=\s{0,8}[\"'](?!utf-?8|us-ascii|ascii)", re.IGNORECASE)


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
    """What a sitemap lists: pages, or the child sitemaps of an index (with their ``lastmod``), in document order.

    ``broken`` counts entries whose address is none.
    """

    urls: tuple[SitemapUrl, ...] = ()
    children: tuple[SitemapUrl, ...] = ()
    broken: int = 0


def read_sitemap(page: Page) -> Sitemap:
    """Return what the sitemap lists, at most MAX_ENTRIES entries; whatever stands before a break in the XML counts.

    A feed is a sitemap too: its links are pages. Words of a broken program before the XML, a wrong declaration and
    UTF-16 do no harm. Raises ReadError where the page is no sitemap at all, or breaks off before its first entry.
    """
    content = unzipped(page.content, MAX_BYTES)
    if not content.strip():
        raise ReadError(f"{page.place}: the sitemap is empty; check its address")
    content = _as_utf8(content)
    head = content[:_HEAD]
    if root := _ROOT.search(head):
        if root[1].lower() not in (b"urlset", b"sitemapindex"):
            return _feed(page, content)
        # Some XML parsers take nothing but the document, from its first byte.
        return _xml(content[root.start() :], page)
    if _HTML.search(head):
        raise ReadError(
            f"{page.place}: this is an HTML page, not a sitemap; robots.txt of the site names the right one"
        )
    if head.lstrip().startswith(b"<"):
        raise ReadError(f"{page.place}: XML, but no sitemap (no urlset, no sitemapindex, no feed); check its address")
    return _plain(content, page)


def _as_utf8(content: bytes) -> bytes:
    """Return the bytes in UTF-8; as they are where they say nothing else, since most are and some are large."""
    marked, _ = read_bom(content)
    wide = b"\x00" in content[:64]
    if (marked or "utf-8") == "utf-8" and not wide and not _OTHER_CHARSET.search(content[:_HEAD]):
        return content
    if wide and not marked:
        marked = "utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"
    text = content.decode(marked, "replace") if marked else decode(content)
    return text.removeprefix("\ufeff").encode("utf-8", "replace")


def _feed(page: Page, content: bytes) -> Sitemap:
    posts = read_feed(replace(page, content=content, content_type="")).posts
    urls = [
        SitemapUrl(loc=post.url, news_title=post.title, news_date=post.published_at)
        for post in posts
        if is_web(post.url)
    ]
    return Sitemap(urls=tuple(urls[:MAX_ENTRIES]), broken=len(posts) - len(urls))


def _plain(content: bytes, page: Page) -> Sitemap:
    lines = (line.strip() for line in decode(content, page.content_type).splitlines())
    urls = tuple(SitemapUrl(loc=line) for line in lines if is_web(line))[:MAX_ENTRIES]
    if not urls:
        raise ReadError(f"{page.place}: neither XML nor a list of addresses; check the sitemap's address")
    return Sitemap(urls=urls)


def _xml(content: bytes, page: Page) -> Sitemap:
    urls: list[SitemapUrl] = []
    children: list[SitemapUrl] = []
    broken = 0
    for element in _entries(content):
        entry = _entry(element, page)
        if entry is not None:
            (children if element.tag.rpartition("}")[2] == "sitemap" else urls).append(entry)
        broken += entry is None
        if len(urls) + len(children) >= MAX_ENTRIES:
            break
    if not urls and not children and (broken or not _CLOSED.search(content[-_HEAD:])):
        raise ReadError(f"{page.place}: no address could be read in this sitemap; is it cut off or damaged?")
    return Sitemap(urls=tuple(urls), children=tuple(children), broken=broken)


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
    loc = joined(page.url, loc) if loc else ""
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
