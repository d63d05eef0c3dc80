"""When a page was published, and how that is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from htmldate import find_date

from analysis.model import DateSource
from crawler.readers.dates import parse_date, within
from crawler.readers.facts import Facts
from crawler.readers.page import Page
from crawler.readers.structured import words

_DATE_METAS = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "article:published",
    "date", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.date", "dcterms.issued", "dc.date.created",
    "pubdate", "publishdate", "publish-date", "publish_date", "published", "publication_date", "published_at",
    "publishedtime", "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime", "cxenseparse:publishtime",
    "article.published", "article_date_original", "originalpublicationdate", "created", "date.created", "datecreated",
    "news_publish_date", "rnews:datepublished", "og:pubdate", "last-modified-date",
    "shareaholic:article_published_time",
    "vr:published_time", "citation_publication_date", "citation_online_date", "bt:pubdate", "og:regdate", "dc.created",
    "gentime", "article:post_date", "revision_date", "iso-8601-publish-date", "displaydate", "eomportal-lastupdate",
    "video:release_date", "og:video:release_date",
)  # fmt: skip
_URL_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[/\-._]?(0[1-9]|1[0-2])[/\-._]?(0[1-9]|[12]\d|3[01])(?!\d)")


_MAX_SEARCHED = 1_500_000
"""Bytes up to which an undeclared date is searched for: the search is slow on long texts."""


class Dated(NamedTuple):
    """A publication time and how it is known."""

    at: datetime | None
    source: DateSource


def published(facts: Facts) -> Dated:
    """Return when the page was published: JSON-LD, meta, microdata or a marked time, the address, then htmldate."""
    page, metas, node = facts.page, facts.metas, facts.node
    now = page.fetched_at
    for name in ("datePublished", "dateCreated", "uploadDate"):
        found = parse_date(words(node.get(name)), now=now)
        if found:
            return Dated(found, "html" if "#element" in node else "jsonld")
    for name in _DATE_METAS:
        for value in metas.get(name, ()):
            found = parse_date(value, now=now)
            if found:
                return Dated(found, "meta")
    found = _marked_time(page)
    if found:
        return Dated(found, "html")
    found = _date_in(page.url, now)
    if found:
        return Dated(found, "url")
    found = parse_date(words(node.get("dateModified")), now=now)
    return Dated(found, "jsonld") if found else _searched(page)


def _marked_time(page: Page) -> datetime | None:
    paths = (
        "//*[@itemprop='datePublished' or @itemprop='dateCreated' or @property='datePublished']"
        "[not(ancestor::*[contains(@class,'comment')])]",
        "//time[@pubdate]|//time[contains(@class,'publish') or contains(@class,'entry-date')]"
        "|//abbr[@class='published']",
    )
    for path in paths:
        for element in page.tree.xpath(path)[:3]:
            value = element.get("datetime") or element.get("content") or element.get("title") or element.text_content()
            found = parse_date(value, now=page.fetched_at)
            if found:
                return found
    return None


def _date_in(url: str, now: datetime) -> datetime | None:
    match = _URL_DATE.search(urlsplit(url).path) if url else None
    return parse_date("-".join(match.groups()), now=now) if match else None


def _searched(page: Page) -> Dated:
    if len(page.content) > _MAX_SEARCHED:
        return Dated(None, "")
    latest = (page.fetched_at + timedelta(days=1)).strftime("%Y-%m-%d")
    try:
        said = find_date(page.tree, original_date=True, url="", max_date=latest)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        # A page on which the search itself breaks is a page without a date.
        return Dated(None, "")
    # The first of January is what a bare year (of a copyright, of a foundation) comes out as.
    if not said or said.endswith("-01-01"):
        return Dated(None, "")
    found = within(datetime.fromisoformat(said).replace(tzinfo=UTC), page.fetched_at)
    return Dated(found, "html") if found else Dated(None, "")
