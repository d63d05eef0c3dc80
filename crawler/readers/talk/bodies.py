"""Threads on pages of unknown make, found by the bodies of their posts.

Method: elements of one tag and one class are taken for bodies where each stands alone in a block that says, outside of
the body, when it was written. The block is as much of the page as holds that one body and no other: so it does not
matter whether posts are siblings, cousins, rows of a table, or replies inside of what they answer.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from lxml.html import HtmlElement

from crawler.readers.facts.about import date_on
from crawler.readers.facts.wording import post_text
from crawler.readers.page import Page
from crawler.readers.talk.threads import Block, age, author_among, date_among, is_aside, once

_TAGS = ("div", "td", "section", "article", "blockquote", "p", "span", "dd", "li")
_NOT_POSTS = re.compile(
    r"nav|menu|sidebar|related|similar|widget|breadcrumb|footer|header|recommend|cookie", re.IGNORECASE
)
_HINT = re.compile(r"post|comment|message|reply|answer|msg|thread|body|content|text", re.IGNORECASE)
_MOST_GROUPS = 40
_MOST_BODIES = 400
_FEWEST = 2
_SHORTEST = 20
_LONG = 80
_DATED = 0.6
_AROUND = 250
_LONGEST_DATE = 30
_MOST_DATES = 5
_LONGEST_NAME = 40
_BETWEEN = " \t\n|·•»–—-,:"
_SILENT = ("script", "style", "button", "svg", "option")


def posts_by_body(page: Page) -> list[Block]:
    """Return the posts of the group of bodies that holds the most dated text; empty where there is none."""
    best: list[Block] = []
    for group in _groups(page):
        blocks = _blocks(group, page)
        if _size(blocks) > _size(best):
            best = blocks
    return best


def _size(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks if block.at is not None)


def _groups(page: Page) -> list[list[HtmlElement]]:
    """Return the groups of like elements that may be bodies, those with the most text first."""
    groups: dict[tuple[str, str], list[HtmlElement]] = defaultdict(list)
    beside = frozenset(each for aside in page.tree.iter("aside", "nav", "footer") for each in aside.iter())
    for element in page.tree.iter(*_TAGS):
        name = _signature(element)
        if name and element not in beside and not _NOT_POSTS.search(name):
            groups[(element.tag, name)].append(element)
    sized = []
    for (_, name), group in groups.items():
        if not _FEWEST <= len(group) <= _MOST_BODIES:
            continue
        size = sum(len(element.text_content()) for element in group)
        if size >= (_SHORTEST if _HINT.search(name) else _LONG) * len(group):
            sized.append((size, group))
    sized.sort(key=lambda one: -one[0])
    return [group for _, group in sized[:_MOST_GROUPS]]


def _signature(element: HtmlElement) -> str:
    names = [*(element.get("class") or "").split(), *(element.get("itemprop") or "").split()]
    return " ".join(sorted(name for name in names if not any(map(str.isdigit, name))))


def _blocks(group: Sequence[HtmlElement], page: Page) -> list[Block]:
    """Return the posts whose bodies ``group`` holds; none where too few say when they were written."""
    like = frozenset(group)
    # What stands inside of another of its make is quoted there.
    bodies = [body for body in group if like.isdisjoint(body.iterancestors())]
    held = Counter(ancestor for body in bodies for ancestor in body.iterancestors())
    blocks, before = [], []
    for body in bodies:
        block = body
        while (parent := block.getparent()) is not None and held[parent] == 1:
            block = parent
        around = list(_around(block, body))
        text = post_text(body, skip=[*filter(is_aside, body.iterdescendants())])
        if len(text) >= _FEWEST:
            at = date_among(around, page) or _printed(around, page)
            anchor = block.get("id") or body.get("id") or ""
            blocks.append(Block(once(text), author_among(around), at, anchor, body))
            before.append(_before_date(around, page))
    dated = sum(block.at is not None for block in blocks)
    return _named(blocks, before) if len(blocks) >= _FEWEST and dated >= _DATED * len(blocks) else []


def _named(blocks: list[Block], before: Sequence[str]) -> list[Block]:
    """Return the blocks with what stands before their dates as their authors, where no block says its author.

    Words that stand before all of them are no names.
    """
    names = Counter(before)
    if any(block.author for block in blocks) or max(names.values()) == len(blocks):
        return blocks
    return [replace(block, author=name) for block, name in zip(blocks, before, strict=True)]


def _before_date(around: Sequence[HtmlElement], page: Page) -> str:
    """Return the short line that stands right before the first date; empty where there is none."""
    last = ""
    for text in _lines(around):
        if any(map(str.isdigit, text)) and len(text) <= _LONGEST_DATE and date_on(page, text):
            return last
        last = text.strip(_BETWEEN) or last
        last = last if len(last) <= _LONGEST_NAME and any(map(str.isalpha, last)) else ""
    return ""


def _lines(around: Sequence[HtmlElement]) -> Iterator[str]:
    for element in around:
        if isinstance(element.tag, str) and element.tag not in _SILENT and element.text and element.text.strip():
            yield " ".join(element.text.split())


def _printed(around: Sequence[HtmlElement], page: Page) -> datetime | None:
    """Return the date that stands alone somewhere in ``around``, in words or as a tip, whatever it is called."""
    leaves = [element for element in around if isinstance(element.tag, str) and not len(element)]
    said = (text.strip() for leaf in leaves for text in (leaf.get("title"), leaf.text) if text)
    dates = [text for text in said if 1 < len(text) <= _LONGEST_DATE and any(map(str.isdigit, text))]
    short = islice((text for text in dates if len(text) > _FEWEST), _MOST_DATES)
    found = next((at for text in short if (at := date_on(page, text))), None)
    return found or next((at for text in dates if (at := age(text, page.fetched_at))), None)


def _around(block: HtmlElement, body: HtmlElement) -> Iterator[HtmlElement]:
    """Yield what stands in ``block`` outside of ``body``, in page order, the first few hundred elements."""
    stack, left = [block], _AROUND
    while stack and left:
        element = stack.pop()
        if element is body:
            continue
        left -= 1
        if element is not block:
            yield element
        stack.extend(reversed(element))
