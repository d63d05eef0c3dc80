"""Who wrote a page: what it declares first, then marked bylines, then printed ones; organisations only in the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

from crawler.readers.facts import Facts
from crawler.readers.names import clean_authors
from crawler.readers.page import Page
from crawler.readers.structured import Node, block_text, many, things, types, walk, words

_ORGANISATION = re.compile(r"(?:Organization|Corporation|Brand|WebSite|LocalBusiness|Company)$")
_METAS = (
    "author", "byl", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "article:author",
    "og:article:author", "citation_author", "cxenseparse:author", "cxenseparse:recs:articleauthor", "authors",
    "article:author_name", "creator", "rbauthors", "dc.author", "article_author", "twitter:data1",
)  # fmt: skip
_NOT_COMMENT = (
    "[not(ancestor-or-self::*[contains(@class,'comment') or contains(@id,'comment') or contains(@class,'related')"
    " or contains(@class,'sidebar') or self::footer or self::aside or self::nav])]"
)
_MARKED = (
    f"//*[@itemprop='author']{_NOT_COMMENT}",
    f"//a[contains(concat(' ',@rel,' '),' author ')]{_NOT_COMMENT}",
)
_CLASSED = (
    "//*[contains(@class,'author') or contains(@class,'byline') or contains(@class,'Author')"
    " or contains(@class,'Byline')"
    " or contains(@class,'autor') or contains(@data-testid,'byline') or contains(@data-testid,'author')]"
    f"[string-length(normalize-space(.))<150]{_NOT_COMMENT}",
    f"//a[contains(@href,'/author/') or contains(@href,'/authors/') or contains(@href,'/autor/')"
    f" or contains(@href,'/autoren/') or contains(@href,'/redakteur')]{_NOT_COMMENT}",
)
_CAPITAL = r"[^\W\d_a-zà-öø-ÿ][\w'’.-]*"
_NAME = re.compile(rf"(?:{_CAPITAL}|(?:van|von|de|der|den|di|la|le|da|dos|del|bin|al)\b)"
                   rf"(?:[ \u00a0](?:{_CAPITAL}|van|von|de|"
                   rf"der|den|di|la|le|da|dos|del|bin|al)){{1,4}}")  # fmt: skip
_PRINTED_IN = (
    "p",
    "div",
    "span",
    "a",
    "em",
    "i",
    "b",
    "strong",
    "small",
    "h2",
    "h3",
    "h4",
    "h5",
    "li",
    "td",
    "address",
)
_MAX_PIECES = 4000
_LEAD = re.compile(
    r"(?:(?:written|posted|published|reported|story|ein artikel|ein beitrag|interview|text|verfasst|geschrieben)\s+)?"
    r"(?:by|von|par|por|door|di|af|av)\b\s*:?\s*|(?:autor(?:in)?|author|text|redaktion|auteur)\s*:\s*",
    re.IGNORECASE,
)


def page_authors(facts: Facts) -> list[str]:
    """Return the names of the page's authors, best evidence first; empty where none is told."""
    page, sites = facts.page, facts.sites
    persons, organisations = _declared(page, facts.node)
    said = _meta_values(facts.metas)
    for values in (persons, *said, *_marked(page, _MARKED)):
        if found := clean_authors(values, site_names=sites):
            return found
    if not organisations and not persons:
        for values in (*_marked(page, _CLASSED), _printed(page)):
            if found := clean_authors(values, site_names=sites):
                return found
    for values in (persons, organisations, *said):
        if found := clean_authors(values, strict=False):
            return found
    return []


def _declared(page: Page, node: Node) -> tuple[list[str], list[str]]:
    """Return the persons and the organisations that the node names as authors; references are followed."""
    persons: list[str] = []
    organisations: list[str] = []
    for author in many(node.get("author") or node.get("creator")):
        is_organisation = False
        if isinstance(author, dict):
            author = _resolved(page, author)
            is_organisation = any(map(_ORGANISATION.search, types(author)))
            names = [words(each) for each in many(author.get("name"))]
            if not names and "#element" in author:
                names = [block_text(author["#element"])]
        else:
            names = [words(author)]
        (organisations if is_organisation else persons).extend(name for name in names if name)
    return persons, organisations


def _resolved(page: Page, node: Node) -> Node:
    """Return the object that ``node`` refers to by its ``@id``, where the page holds it; else ``node``."""
    address = node.get("@id")
    if "name" in node or not address:
        return node
    named = (each for each in walk(things(page)) if each.get("@id") == address and "name" in each)
    return next(named, node)


def _meta_values(metas: dict[str, list[str]]) -> list[list[str]]:
    found = []
    for name in _METAS:
        values = [value for value in metas.get(name, ()) if not value.startswith(("http", "/", "www."))]
        if name == "twitter:data1":
            values = [value for value in values[:1] if not any(map(str.isdigit, value))]
        if values:
            found.append(values)
    return found


def _marked(page: Page, paths: tuple[str, ...]) -> Iterator[list[str]]:
    for path in paths:
        elements = page.tree.xpath(path)[:12]
        texts = [_name_text(element) for element in _together(elements)]
        yield [text for text in texts if 0 < len(text) < 150]


def _together(elements: list[HtmlElement]) -> list[HtmlElement]:
    """Return the first byline and those in the same place: later ones belong to other texts."""
    first = next((element for element in elements if element.text_content().strip()), None)
    if first is None:
        return []
    home = first.getparent()
    home = home if home is None or home.getparent() is None else home.getparent()
    return [each for each in elements if home is None or home in each.iterancestors()][:6]


def _name_text(element: HtmlElement) -> str:
    inner = element.xpath(".//*[@itemprop='name']|.//a[contains(concat(' ',@rel,' '),' author ')]")
    return "\n".join(block_text(each) for each in inner[:4]) if inner else element.get("content") or block_text(element)


def _printed(page: Page) -> list[str]:
    """Return the first name that is printed behind a "by" in a short line of its own."""
    body = page.tree.find("body")
    led = False
    pieces = (page.tree if body is None else body).itertext(*_PRINTED_IN)
    for piece in islice(pieces, _MAX_PIECES):
        text = " ".join(piece[:200].split())
        if not text or len(text) > 100:
            led = led and not text
            continue
        match = _LEAD.match(text)
        rest = text[match.end() :] if match else text
        if (match or led) and (name := _NAME.match(rest)):
            return [name.group()]
        led = bool(match) and not rest
    return []
