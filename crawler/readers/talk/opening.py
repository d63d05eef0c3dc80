"""The post that a thread opens with, where its page sets it apart from the replies: a question and its answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lxml.html import HtmlElement

from crawler.readers.facts.structured import block_text
from crawler.readers.page import Page
from crawler.readers.talk.threads import Block, author_among, date_among, is_aside, labels

_OPENS = re.compile(
    r"(?:question|topic|post|thread|discussion|node|opening|message)s?[-_]{0,2}(?:body|content|text|description|message)",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"nav|menu|sidebar|related|similar|widget|footer|recommend|cookie|comment|repl", re.IGNORECASE)
_TAGS = ("div", "section", "article", "td")
_SHORTEST = 60
_AROUND = 120
_MOST = 3
_CLOSE = 4


def with_opening(page: Page, replies: Sequence[Block]) -> list[Block]:
    """Return ``replies`` with the post that opens their thread before them, where the page shows one above them.

    It stands before the first reply, in an element that is called the body of a question, a topic or a post; close to
    it is told when it was written.
    """
    first = replies[0].body if replies else None
    found = _opening(page, first) if first is not None else None
    return [*([found] if found else []), *replies]


def _opening(page: Page, first: HtmlElement) -> Block | None:
    above = frozenset(first.iterancestors())
    bodies = [body for body in _before(first, page.tree) if body not in above and _is_body(body, above)]
    for body in sorted(bodies, key=lambda each: -len(each.text_content()))[:_MOST]:
        text = block_text(body, skip=frozenset(filter(is_aside, body.iterdescendants())))
        for block in islice(body.iterancestors(), _CLOSE if len(text) >= _SHORTEST else 0):
            around = [each for each in islice(_before(first, block), _AROUND) if not _is_in(each, body)]
            if at := date_among(around, page):
                return Block(text, author_among(around), at, body.get("id") or "", body)
    return None


def _before(first: HtmlElement, block: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the elements of ``block`` that stand before ``first``, in page order."""
    for element in block.iterdescendants():
        if element is first:
            return
        if isinstance(element.tag, str):
            yield element


def _is_in(element: HtmlElement, body: HtmlElement) -> bool:
    return element is body or any(each is body for each in element.iterancestors())


def _is_body(element: HtmlElement, above: frozenset[HtmlElement]) -> bool:
    """Tell whether an element is called the body of an opening post, and nothing around it says that it is no part."""
    if element.tag not in _TAGS or not _OPENS.search(labels(element)):
        return False
    around = (each for each in element.iterancestors() if each not in above)
    return not any(_BESIDE.search(labels(each)) for each in (element, *around))
