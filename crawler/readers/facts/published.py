"""When a page was published, and how that is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from analysis.model import DateSource
from analysis.model.written.dates import Printed, parse_date, printed_dates
from crawler.readers.facts.about import PageFacts, date_on, origin_of
from crawler.readers.facts.near import LONG, Piece, names_elsewhere, near_heading
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
_LEADS = re.compile(
    r"(?:published|posted|first published|created|written|released|date|veröffentlicht|erschienen|erstellt|publié"
    r"|paru|mis en ligne|publicad[oa]|publicado|pubblicat[oa]|gepubliceerd|geplaatst|publicerad|udgivet|publisert"
    r"|julkaistu|opublikowan[oya]|publikováno|zveřejněno|közzétéve|publicat|опубликован\w*|опубліковано|дата"
    r"|yayın\w*|公開日?|投稿日?|発表|发布|發布|게시|입력)\W{0,3}(?:\w{1,5}\W{1,2}){0,2}$|^\W*(?:am|on|le|el|em|il|op)\W*$",
    re.IGNORECASE,
)
_LATER = timedelta(days=30)
_NEAR = timedelta(days=2)
_LEAD, _MOST_SHOWN, _PARAGRAPHS = 40, 4000, 3


class Dated(NamedTuple):
    """A publication time and how it is known."""

    at: datetime | None
    source: DateSource


def published(facts: PageFacts) -> Dated:
    """Return when the page was published, by the first that tells: JSON-LD, meta tags, microdata, a marked time, the
    address, a date printed beside the heading, a date of change, and at last one that "published" stands before.

    A date that is told in the text, or that belongs to a comment, an event or another story, is not the page's. A
    declared date that lies later than the day in the address is one of a new edition: the address wins.
    """
    in_address = _date_in(facts.page.url, facts.page.fetched_at)
    declared = _declared(facts)
    if declared and not (in_address and in_address + _LATER < declared.at):  # type: ignore[operator]
        return declared
    if in_address:
        return Dated(in_address, "url")
    printed, changed = _printed(facts)
    marked = _marked_time(facts.page, _CLASSED)
    # Marked as published it may be a teaser's; near what is printed it is the page's own, and tells the hour.
    if printed and marked and abs(marked - printed) <= _NEAR:
        printed = marked
    if printed := printed or marked or _time_before_text(facts.page):
        return Dated(printed, "html")
    return _changed(facts) or Dated(at := changed or _led(facts.page), "html" if at else "")


def _declared(facts: PageFacts) -> Dated | None:
    node = facts.node
    said = [words(node.get(name)) for name in ("datePublished", "dateCreated", "uploadDate")]
    own = next((at for value in said if (at := date_on(facts.page, value))), None)
    if own and "#element" not in node:
        return Dated(own, "jsonld")
    if at := _in_metas(facts, _DATE_METAS):
        return Dated(at, "meta")
    at = own or _marked_time(facts.page, _MARKED)
    return Dated(at, "html") if at else None


def _in_metas(facts: PageFacts, names: tuple[str, ...]) -> datetime | None:
    for name in names:
        for value in facts.metas.get(name, ()):
            if at := date_on(facts.page, value):
                return at
    return None


def _changed(facts: PageFacts) -> Dated | None:
    if at := date_on(facts.page, words(facts.node.get("dateModified"))):
        return Dated(at, "jsonld")
    at = _in_metas(facts, _CHANGED_METAS)
    return Dated(at, "meta") if at else None


def _marked_time(page: Page, path: str) -> datetime | None:
    for element in islice(_own(page.tree.xpath(path)), 3):
        value = element.get("datetime") or element.get("content") or element.get("title") or element.text_content()
        at = date_on(page, value) or _first_in(value, page)
        if at:
            return at
    return None


def _time_before_text(page: Page) -> datetime | None:
    """Return the one day that the time elements before the first paragraph tell; None where they tell several."""
    found: list[datetime] = []
    for element in page.tree.iter("time", "p"):
        if element.tag == "p" and len(element.text_content()) > LONG:
            break
        if element.tag == "time" and next(_own([element]), None) is not None:
            at = date_on(page, element.get("datetime") or element.text_content())
            found += [at] if at else []
    return found[0] if len({at.date() for at in found}) == 1 else None


def _own(elements: Iterable[HtmlElement]) -> Iterator[HtmlElement]:
    """Yield those that stand in no comment and in no list of other stories or events."""
    for element in elements:
        if not any(map(names_elsewhere, (element, *element.iterancestors()))):
            yield element


def _date_in(url: str, now: datetime) -> datetime | None:
    match = _URL_DATE.search(urlsplit(url).path) if url else None
    return parse_date("-".join(match.groups()), now=now) if match else None


def _first_in(text: str, page: Page) -> datetime | None:
    first = _first_printed(text[:300], page)
    return first.at if first else None


def _first_printed(text: str, page: Page) -> Printed | None:
    dates = printed_dates(text, now=page.fetched_at, origin=origin_of(page))
    return min(dates, key=lambda printed: printed.start, default=None)


def _printed(facts: PageFacts) -> tuple[datetime | None, datetime | None]:
    """Return the date printed nearest behind the page's heading, else before it; and one that is said to be a change's.

    A date counts where it is most of a short line or opens a paragraph, since others are part of what is told.
    """
    near = near_heading(facts.page)
    changed: datetime | None = None
    for pieces in (near.after, near.before):
        lead, told = "", 0
        for piece in pieces:
            at = _piece_date(piece, lead, facts.page, is_text=told >= _PARAGRAPHS)
            if at and not _CHANGED.search(f"{lead} {piece.text[:LONG]}"):
                return at, changed
            changed = changed or at
            told += piece.is_prose and len(piece.text) > LONG
            lead = "" if at or len(piece.text) > _LEAD else piece.text
    return None, changed


def _piece_date(piece: Piece, lead: str, page: Page, *, is_text: bool) -> datetime | None:
    """Return the date of a piece of text; ``lead`` stands before it, and ``is_text`` says that the text has begun."""
    text = piece.text
    if _OTHER_DATE.search(text):
        return None
    if len(text) <= LONG and not (piece.is_prose or is_text) and text[:4].isdigit() and (at := date_on(page, text)):
        return at
    found = _first_printed(text[:LONG] if len(text) <= LONG else text[:_LEAD], page)
    if not found:
        return None
    is_led = _is_led(lead, text[: found.start])
    is_line = len(text) <= LONG and not piece.is_prose
    opens = found.start <= 2 and len(text) > LONG
    return found.at if is_led or (not is_text and (is_line or opens)) else None


def _is_led(lead: str, before: str) -> bool:
    return bool(_LEADS.search(before) or _LEADS.search(f"{lead} {before}"))


def _led(page: Page) -> datetime | None:
    """Return the first date on the page that "published" or the like stands before, wherever that is."""
    body = page.tree.find("body")
    lead = ""
    for piece in islice((page.tree if body is None else body).itertext(with_tail=False), _MOST_SHOWN):
        text = " ".join(piece[:300].split())
        if not text:
            continue
        found = _first_printed(text[:LONG], page) if len(text) <= LONG else None
        if found and _is_led(lead, text[: found.start]):
            return found.at
        lead = text if len(text) <= _LEAD else ""
    return None
