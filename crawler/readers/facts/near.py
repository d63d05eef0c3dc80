"""What stands beside a page's heading: where pages print who wrote them and when."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from lxml.html import HtmlElement

from crawler.readers.facts.about import facts_of, title_of
from crawler.readers.facts.names import name_key
from crawler.readers.page import Page

AFTER, BEFORE = 60, 12
_MAX_HEADINGS = 60
_FEWEST_LETTERS = 10
_SILENT = frozenset(("script", "style", "template", "noscript", "svg", "option", "button"))


class Near(NamedTuple):
    """The pieces of text behind the heading and before it, nearest first; empty where the page has no heading."""

    heading: HtmlElement | None
    after: tuple[str, ...]
    before: tuple[str, ...]


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


def _pieces(heading: HtmlElement, *, forward: bool) -> Iterator[str]:
    """Yield the texts (and the ``datetime`` of times) that stand behind or before ``heading``, nearest first."""
    if forward:
        yield from _texts(heading)
    element: HtmlElement | None = heading
    while element is not None and element.tag != "body":
        if forward and (text := _line(element.tail)):
            yield text
        for sibling in element.itersiblings(preceding=not forward):
            texts = _texts(sibling)
            yield from texts if forward else reversed(list(islice(texts, AFTER)))
            if text := _line(sibling.tail):
                yield text
        element = element.getparent()


def _texts(element: HtmlElement) -> Iterator[str]:
    for each in element.iter():
        if each.tag in _SILENT or not isinstance(each.tag, str):
            continue
        if each.tag == "time" and (said := each.get("datetime")):
            yield said
        if text := _line(each.text):
            yield text
        if each is not element and (text := _line(each.tail)):
            yield text


def _line(text: str | None) -> str:
    return " ".join(text.split()) if text else ""
