"""Who wrote a page: what it declares first, then marked bylines, then printed ones; organisations only in the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

from crawler.readers.facts.about import PageFacts
from crawler.readers.facts.names import clean_authors, name_key
from crawler.readers.facts.near import near_heading
from crawler.readers.facts.structured import Node, block_text, each_of, things, types, walk, words
from crawler.readers.page import Page

_ORGANISATION = re.compile(r"(?:Organization|Corporation|Brand|WebSite|LocalBusiness|Company)$")
_METAS = (
    "author", "byl", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "article:author",
    "og:article:author", "citation_author", "cxenseparse:author", "cxenseparse:recs:articleauthor", "authors",
    "article:author_name", "creator", "rbauthors", "dc.author", "article_author", "twitter:data1",
)  # fmt: skip
_ELSEWHERE = re.compile(r"comment|related|sidebar|teaser|recommend", re.IGNORECASE)
_MARKED = ("//*[@itemprop='author']", "//a[contains(concat(' ',@rel,' '),' author ')]")
_NAMED = (
    "author",
    "Author",
    "byline",
    "Byline",
    "autor",
    "Autor",
    "username",
    "writer",
    "auteur",
    "redakteur",
    "verfasser",
)
_TESTED = ("contains(@data-testid,'byline')", "contains(@data-testid,'author')")
_LINKED = (
    "//a[contains(@href,'/author/') or contains(@href,'/authors/') or contains(@href,'/autor/')"
    " or contains(@href,'/autoren/') or contains(@href,'/redakteur')]"
)  # fmt: skip
_LONGEST_BYLINE = 150
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
_NEAR = 20
_ONE_WORD = re.compile(r"[^\W\d_][\w.-]{1,24}")
_LEAD = re.compile(
    r"(?:(?:written|posted|published|reported|story|ein artikel|ein beitrag|interview|text|verfasst|geschrieben)\s+)?"
    r"(?:by|von|par|por|door|di|af|av)\b\s*:?\s*|(?:autor(?:in)?|author|text|redaktion|auteur)\s*:\s*",
    re.IGNORECASE,
)


def page_authors(facts: PageFacts) -> list[str]:
    """Return the names of the page's authors, best evidence first; empty where none is told."""
    page, sites = facts.page, facts.sites
    persons, organisations = _declared(page, facts.node)
    said = _meta_values(facts.metas)
    for values in (persons, *said, *_marked(page, _MARKED)):
        if names := clean_authors(values, site_names=sites):
            return names
    own = {name_key(name) for name in sites}
    if not persons and organisations and all(name_key(name) in own for name in organisations):
        # A site that names itself often prints the person.
        if len((names := clean_authors(_beside(page), site_names=sites) or [""])[0].split()) > 1:
            return names
    elif not persons and not organisations:
        for values in (_beside(page), *_marked(page, (_classed(page), _LINKED)), _printed(page)):
            if names := clean_authors(values, site_names=sites):
                return names
    for values in (persons, organisations, *said):
        if names := clean_authors(values, strict=False):
            return names
    return []


def _declared(page: Page, node: Node) -> tuple[list[str], list[str]]:
    """Return the persons and the organisations that the node names as authors; references are followed."""
    persons: list[str] = []
    organisations: list[str] = []
    for author in each_of(node.get("author") or node.get("creator")):
        is_organisation = False
        if isinstance(author, dict):
            author = _resolved(page, author)
            is_organisation = any(map(_ORGANISATION.search, types(author)))
            names = names_of(author)
        else:
            names = [words(author)]
        (organisations if is_organisation else persons).extend(name for name in names if name)
    return persons, organisations


def names_of(person: Node) -> list[str]:
    """Return the names that an object of schema.org goes by: what it is called, else its parts, else its words."""
    names = [words(each) for each in each_of(person.get("name"))]
    if not any(names):
        parts = (words(person.get(name)) for name in ("givenName", "additionalName", "familyName"))
        names = [" ".join(part for part in parts if part)]
    if not any(names) and "#element" in person:
        names = [block_text(person["#element"])]
    return [name for name in names if name]


def _resolved(page: Page, node: Node) -> Node:
    """Return the object that ``node`` refers to by its ``@id``, where the page holds it; else ``node``."""
    address = node.get("@id")
    if "name" in node or not address:
        return node
    named = (each for each in walk(things(page)) if each.get("@id") == address and "name" in each)
    return next(named, node)


def _meta_values(metas: dict[str, list[str]]) -> list[list[str]]:
    groups = []
    for name in _METAS:
        values = [value for value in metas.get(name, ()) if not value.startswith(("http", "/", "www."))]
        if name == "twitter:data1":
            values = [value for value in values[:1] if not any(map(str.isdigit, value))]
        if values:
            groups.append(values)
    return groups


def _classed(page: Page) -> str:
    """Return the path of what a class calls an author: with those names alone that the page knows, as each takes time
    at every element."""
    named = [f"contains(@class,'{name}')" for name in _NAMED if name in page.labels]
    return f"//*[{' or '.join([*named, *_TESTED])}]"


def _marked(page: Page, paths: tuple[str, ...]) -> Iterator[list[str]]:
    heading = near_heading(page).heading
    around = frozenset(() if heading is None else heading.iterancestors())
    for path in paths:
        elements = [each for each in page.tree.xpath(path)[:40] if _is_byline(each, around)][:12]
        texts = [_name_text(element) for element in _together(elements)]
        yield [text for text in texts if 0 < len(text) < _LONGEST_BYLINE]


def _is_byline(element: HtmlElement, around: frozenset[HtmlElement]) -> bool:
    """Tell whether ``element`` is short and stands in no comment, menu or sidebar that lies apart from the heading."""
    if (
        element in around
        or element.tag in ("script", "style")
        or len(element.text_content().strip()) >= _LONGEST_BYLINE
    ):
        return False
    for each in (element, *element.iterancestors()):
        if each in around:
            return True
        if each.tag in ("footer", "aside", "nav") or _ELSEWHERE.search(f"{each.get('class', '')} {each.get('id', '')}"):
            return False
    return True


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


def _beside(page: Page) -> list[str]:
    """Return the name that is led by a "by" beside the heading; there one word is enough ("von Tobi")."""
    near = near_heading(page)
    for pieces in (near.after[:_NEAR], near.before[:_NEAR]):
        led = False
        for piece, _ in pieces:
            match = _LEAD.match(piece)
            rest = piece[match.end() :] if match else piece
            if len(piece) <= 100 and (match or led) and (name := _NAME.match(rest)):
                return [name.group()]
            if led and not match and _ONE_WORD.fullmatch(piece):
                return [piece]
            led = bool(match) and not rest
    return []


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
