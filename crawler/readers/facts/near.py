"""What stands beside a page's heading: where pages print who wrote them and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from lxml.html import HtmlElement

from crawler.readers.facts.about import facts_of, title_of
from crawler.readers.facts.names import name_key
from crawler.readers.facts.structured import BLOCKS
from crawler.readers.page import Page

AFTER, BEFORE = 60, 12
_MAX_HEADINGS = 60
_FEWEST_LETTERS = 10
_SILENT = frozenset(("script", "style", "template", "noscript", "svg", "option", "button"))
_ELSEWHERE = re.compile(
    r"(?<!has-)(?<!no-)(?<!with-)\b(?:comments?|comment-?list|kommentare?|commentaires?|comentarios?|commenti|reacties?"
    r"|respon(?:d|ses?)|repl(?:y|ies)|reactions?|discussion|disqus|related|recommend|teaser|sidebar|widget"
    r"|popular|trending|promo|newsletter|upcoming|events?|calendar|more-(?:stories|from|news)|read-?(?:next|more|also))"
    r"(?![a-z])",
    re.IGNORECASE,
)
_OTHER_TAGS = frozenset(("footer", "nav", "form"))
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)]*$")
_FEWEST_WORDS = 6
LONG = 90
"""Characters from which on a piece is taken to be of the text itself."""
_MUCH = 200
_PARTS = 40
_DATING = re.compile(r"\b(?:date|time|published|posted|timestamp)", re.IGNORECASE)


class Piece(NamedTuple):
    """A piece of text; ``is_prose`` where it is a part of a sentence or of a long paragraph."""

    text: str
    is_prose: bool = False


class Near(NamedTuple):
    """The pieces of text behind the heading and before it, nearest first; empty where the page has no heading.

    What stands in comments, lists of other stories, events, menus and footers is left out.
    """

    heading: HtmlElement | None
    after: tuple[Piece, ...]
    before: tuple[Piece, ...]


def near_heading(page: Page) -> Near:
    """Return what stands beside the heading of ``page``. Made once per page."""
    return page.once(_near)


def _near(page: Page) -> Near:
    heading = _heading(page)
    if heading is None:
        return Near(None, (), ())
    after = tuple(islice(_pieces(heading, forward=True), AFTER))
    return Near(heading, after, tuple(islice(_pieces(heading, forward=False), BEFORE)))


def _heading(page: Page) -> HtmlElement | None:
    """Return the heading that says the page's title, else one that contains it, else the first main heading."""
    wanted = name_key(title_of(facts_of(page)))
    headings = list(islice(page.tree.iter("h1", "h2", "h3"), _MAX_HEADINGS))
    keys = [name_key(each.text_content()) for each in headings]
    same = [each for each, key in zip(headings, keys, strict=True) if wanted and key == wanted]
    if not same and len(wanted) >= _FEWEST_LETTERS:
        same = [each for each, key in zip(headings, keys, strict=True) if wanted in key]
    return next(iter([*same, *(each for each in headings if each.tag == "h1")]), None)


def _pieces(heading: HtmlElement, *, forward: bool) -> Iterator[Piece]:
    """Yield the texts (and the ``datetime`` of times) that stand behind or before ``heading``, nearest first."""
    if forward:
        yield from (Piece(text) for text, _ in _texts(heading))
    element: HtmlElement | None = heading
    while element is not None and element.tag != "body":
        if forward and (text := _line(element.tail)):
            yield Piece(text, is_prose(text))
        for sibling in element.itersiblings(preceding=not forward):
            pieces = (Piece(text, _in_prose(where, text)) for text, where in _texts(sibling))
            yield from pieces if forward else reversed(list(islice(pieces, AFTER)))
            if text := _line(sibling.tail):
                yield Piece(text, is_prose(text))
        element = element.getparent()


def _texts(element: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    """Yield the texts inside ``element``, in page order, each with the element that it stands in."""
    waiting: list[tuple[HtmlElement | None, str, HtmlElement]] = [(element, "", element)]
    while waiting:
        each, said, where = waiting.pop()
        if each is None:
            yield said, where
            continue
        if text := _line(each.tail) if each is not element else "":
            waiting.append((None, text, where))
        if not isinstance(each.tag, str) or each.tag in _SILENT or _is_elsewhere(each):
            continue
        waiting.extend((child, "", each) for child in reversed(each))
        if each.tag == "time" and (said := _line(each.get("datetime"))):
            yield said, each
        if text := _line(each.text):
            yield text, each


def _is_elsewhere(element: HtmlElement) -> bool:
    return element.tag in _OTHER_TAGS or names_elsewhere(element)


def names_elsewhere(element: HtmlElement) -> bool:
    """Tell whether the class or id of ``element`` says that it is no part of the page's own text."""
    label = f"{element.get('class') or ''} {element.get('id') or ''}"
    return len(label) > 1 and bool(_ELSEWHERE.search(label[:300].replace("_", "-")))


def _in_prose(element: HtmlElement, text: str) -> bool:
    block = element
    while block.tag not in BLOCKS and (parent := block.getparent()) is not None:
        if _DATING.search(block.get("class") or ""):
            return False
        block = parent
    if any(child.tag in BLOCKS for child in block):
        # Bare text among blocks: what stands in these is not of its line.
        return is_prose(text)
    return is_prose(" ".join(" ".join(islice(block.itertext(), _PARTS)).split()))


def is_prose(text: str) -> bool:
    """Tell whether a block's text reads like a sentence or a paragraph, and not like a line of names and dates."""
    return len(text) > _MUCH or (bool(_SENTENCE.search(text)) and len(text.split()) >= _FEWEST_WORDS)


def _line(text: str | None) -> str:
    return " ".join(text.split()) if text else ""
