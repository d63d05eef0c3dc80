"""The post that a thread opens with, where its page sets it apart from the replies: a question and its answers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from crawler.readers.facts.about import date_on, facts_of, is_article
from crawler.readers.facts.names import clean_text
from crawler.readers.facts.wording import post_text
from crawler.readers.page import Page
from crawler.readers.talk.threads import Block, author_among, beginning, date_among, is_aside, labels

_OPENS = re.compile(
    r"(?:question|topic|post|thread|discussion|node|opening|message)s?[-_]{0,2}(?:body|content|text|description|message)",
    re.IGNORECASE,
)
_PART = re.compile(r"(?<![a-z])(?:body|content|text|description|message)(?![a-z])", re.IGNORECASE)
_WHOLE = re.compile(r"(?<![a-z])(?:question|topic|post|thread|discussion|node|opening)(?![a-z])", re.IGNORECASE)
_BESIDE = re.compile(r"nav|menu|sidebar|related|similar|widget|footer|recommend|cookie|comment|repl", re.IGNORECASE)
_TAGS = ("div", "section", "article", "td")
_SHORTEST = 60
_FEW_WORDS = 60
_SHOWN = etree.XPath(
    "//body//text()[not(ancestor::script or ancestor::style or ancestor::template)]", smart_strings=False
)
_AROUND = 120
_MOST = 3
_CLOSE = 4


def with_opening(page: Page, replies: Sequence[Block], *, declared: Collection[str] = ()) -> list[Block]:
    """Return ``replies`` with the post that opens their thread before them, where the page shows one above them.

    It stands before the first reply, in an element that is called the body of a question, a topic or a post; close to
    it is told when it was written, or it begins as one of the ``declared`` posts does (see ``beginning``).
    """
    first = replies[0].body if replies else None
    found = _opening(page, first, declared) if first is not None else None
    return [*([found] if found else []), *replies]


def _opening(page: Page, first: HtmlElement, declared: Collection[str]) -> Block | None:
    above = frozenset(first.iterancestors())
    bodies = [body for body in _before(first, page.tree) if body not in above and _is_body(body, above)]
    for body in sorted(bodies, key=lambda each: -len(each.text_content()))[:_MOST]:
        text = post_text(body, skip=[*filter(is_aside, body.iterdescendants())])
        if beginning(text) in declared:
            return Block(text, "", None, body.get("id") or "", body)
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
    """Tell whether an element is called the body of an opening post, by one name or with what it stands in, and
    nothing around it says that it is no part."""
    if element.tag not in _TAGS:
        return False
    around = [each for each in element.iterancestors() if each not in above]
    name = labels(element)
    is_named = bool(_OPENS.search(name)) or (
        bool(_PART.search(name)) and any(_WHOLE.search(labels(each)) for each in around[:_CLOSE])
    )
    return is_named and not any(_BESIDE.search(labels(each)) for each in (element, *around))


def told_opening(page: Page) -> Block | None:
    """Return the first words of the post that opens a thread, where the page brings nothing but its head: a script is
    to fetch the rest. None for a page that shows words of its own, or whose head tells no time of publication."""
    facts = facts_of(page)
    if is_article(facts) or len(" ".join(_SHOWN(page.tree)).split()) > _FEW_WORDS:
        return None
    at = next((at for value in facts.meta("article:published_time") if (at := date_on(page, value))), None)
    told = [clean_text(each) for name in ("og:description", "description") for each in facts.meta(name)[:1]]
    text = max(told, key=len, default="")
    return Block(text, "", at, "") if at and len(text) >= _SHORTEST else None
