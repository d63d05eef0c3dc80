"""When a page was published, and how that is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from htmldate import find_date

from analysis.model import DateSource
from crawler.readers.facts.about import PageFacts, language
from crawler.readers.facts.dates import parse_date, within
from crawler.readers.facts.months import printed_dates
from crawler.readers.facts.near import near_heading
from crawler.readers.facts.structured import words
from crawler.readers.page import Page

_DATE_METAS = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "article:published",
    "date", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.date", "dcterms.issued", "dc.date.created",
    "pubdate", "publishdate", "publish-date", "publish_date", "published", "publication_date", "published_at",
    "publishedtime", "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime", "cxenseparse:publishtime",
    "article.published", "article_date_original", "originalpublicationdate", "created", "date.created", "datecreated",
    "news_publish_date", "rnews:datepublished", "og:pubdate", "shareaholic:article_published_time",
    "vr:published_time", "citation_publication_date", "citation_online_date", "bt:pubdate", "og:regdate", "dc.created",
    "gentime", "article:post_date", "iso-8601-publish-date", "displaydate", "dc:date.created", "dc:date", "ms.date",
    "video:release_date", "og:video:release_date",
)  # fmt: skip
_CHANGED_METAS = ("last-modified-date", "revision_date", "eomportal-lastupdate", "article:modified_time", "lastmod",
                  "og:updated_time", "dcterms.modified", "dc.date.modified", "datemodified")  # fmt: skip
_MARKED = (
    "//*[@itemprop='datePublished' or @itemprop='dateCreated' or @property='datePublished']"
    "[not(ancestor::*[contains(@class,'comment')])]"
)
_CLASSED = (
    "//time[@pubdate]|//time[contains(@class,'publish') or contains(@class,'entry-date')]|//abbr[@class='published']"
)
_URL_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[/\-._]?(0[1-9]|1[0-2])[/\-._]?(0[1-9]|[12]\d|3[01])(?!\d)")
_CHANGED = re.compile(
    r"updated?|modified|edited|revised|reviewed|aktualisiert|stand\b"
    r"|zuletzt|last edit|geändert|änderung|mis à jour|modifi[ée]|actuali[sz]ad"
    r"|modificad|aggiornat|bijgewerkt|uppdaterad|opdateret|oppdatert|zaktualizowan|обновлен|atualizad",
    re.IGNORECASE,
)
_OTHER_DATE = re.compile(r"©|copyright|born|geboren|\bsince\b|\bseit\b|all rights", re.IGNORECASE)
_DAY_FIRST_HOSTS = (".uk", ".au", ".nz", ".ie", ".in", ".za", ".sg", ".my")

_MAX_SEARCHED = 1_000_000
"""Bytes up to which an undeclared date is searched for in the whole page: that search is slow on long texts."""
_LATER = timedelta(days=30)
_MAX_PIECE, _LEAD = 90, 40


class Dated(NamedTuple):
    """A publication time and how it is known."""

    at: datetime | None
    source: DateSource


def published(facts: PageFacts) -> Dated:
    """Return when the page was published, by the first that tells: JSON-LD, meta tags, microdata, a marked time, the
    address, a date printed beside the heading, a date of change, and at last htmldate's search of the whole page.

    A declared date that lies later than the day in the address is one of a new edition: the address wins.
    """
    now = facts.page.fetched_at
    in_address = _date_in(facts.page.url, now)
    declared = _declared(facts)
    if declared and not (in_address and in_address + _LATER < declared.at):  # type: ignore[operator]
        return declared
    if in_address:
        return Dated(in_address, "url")
    printed, changed = _printed(facts)
    if printed := printed or _marked_time(facts.page, _CLASSED):
        return Dated(printed, "html")
    return _changed(facts) or (Dated(changed, "html") if changed else _searched(facts.page))


def _declared(facts: PageFacts) -> Dated | None:
    node, now = facts.node, facts.page.fetched_at
    said = [words(node.get(name)) for name in ("datePublished", "dateCreated", "uploadDate")]
    own = next((at for value in said if (at := parse_date(value, now=now))), None)
    if own and "#element" not in node:
        return Dated(own, "jsonld")
    if at := _in_metas(facts, _DATE_METAS):
        return Dated(at, "meta")
    at = own or _marked_time(facts.page, _MARKED)
    return Dated(at, "html") if at else None


def _in_metas(facts: PageFacts, names: tuple[str, ...]) -> datetime | None:
    for name in names:
        for value in facts.metas.get(name, ()):
            if at := parse_date(value, now=facts.page.fetched_at):
                return at
    return None


def _changed(facts: PageFacts) -> Dated | None:
    now = facts.page.fetched_at
    if at := parse_date(words(facts.node.get("dateModified")), now=now):
        return Dated(at, "jsonld")
    at = _in_metas(facts, _CHANGED_METAS)
    return Dated(at, "meta") if at else None


def _marked_time(page: Page, path: str) -> datetime | None:
    for element in page.tree.xpath(path)[:3]:
        value = element.get("datetime") or element.get("content") or element.get("title") or element.text_content()
        at = parse_date(value, now=page.fetched_at) or _first_in(value, page)
        if at:
            return at
    return None


def _date_in(url: str, now: datetime) -> datetime | None:
    match = _URL_DATE.search(urlsplit(url).path) if url else None
    return parse_date("-".join(match.groups()), now=now) if match else None


def _first_in(text: str, page: Page) -> datetime | None:
    first = min(printed_dates(text[:300], day_first=_day_first(page)), key=lambda printed: printed.start, default=None)
    return within(first.at, page.fetched_at) if first else None


def _day_first(page: Page) -> bool:
    host = urlsplit(page.url).hostname or ""
    return language(page) not in ("en", "") or host.endswith(_DAY_FIRST_HOSTS)


def _printed(facts: PageFacts) -> tuple[datetime | None, datetime | None]:
    """Return the date printed nearest behind the page's heading, else before it; and one that is said to be a change's.

    A date counts where it is most of a short line or opens a paragraph, since others are part of what is told.
    """
    near = near_heading(facts.page)
    changed: datetime | None = None
    for pieces in (near.after, near.before):
        lead = ""
        for piece in pieces:
            at = _piece_date(piece, facts.page)
            if at and _OTHER_DATE.search(piece):
                at = None
            if at and not _CHANGED.search(f"{lead} {piece[:_MAX_PIECE]}"):
                return at, changed
            changed = changed or at
            lead = "" if at or len(piece) > _LEAD else piece
    return None, changed


def _piece_date(piece: str, page: Page) -> datetime | None:
    if len(piece) <= _MAX_PIECE:
        declared = parse_date(piece, now=page.fetched_at) if piece[:4].isdigit() else None
        return declared or _first_in(piece, page)
    first = min(printed_dates(piece[:40], day_first=_day_first(page)), key=lambda printed: printed.start, default=None)
    return within(first.at, page.fetched_at) if first and first.start <= 2 else None


def _searched(page: Page) -> Dated:
    if len(page.content) > _MAX_SEARCHED:
        return Dated(None, "")
    latest = (page.fetched_at + timedelta(days=1)).strftime("%Y-%m-%d")
    try:
        said = find_date(page.tree, extensive_search=False, original_date=True, url="", max_date=latest)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        # A page on which the search itself breaks is a page without a date.
        return Dated(None, "")
    # The first of January is what a bare year (of a copyright, of a foundation) comes out as.
    if not said or said.endswith("-01-01"):
        return Dated(None, "")
    at = within(datetime.fromisoformat(said).replace(tzinfo=UTC), page.fetched_at)
    return Dated(at, "html") if at else Dated(None, "")
