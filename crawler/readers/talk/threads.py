"""Threads on pages of unknown make: the blocks that repeat, each with a date or an author and a text of its own.

Method: elements are grouped by parent, tag and class, as in mining data records from pages (Liu, Grossman, Zhai,
KDD 2003) but without alignment: a thread's posts are siblings (or cousins) of one make, and nearly all carry a date.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml.html import HtmlElement

from crawler.readers.facts.about import date_on
from crawler.readers.facts.wording import post_text
from crawler.readers.page import Page

_TAGS = frozenset(("article", "div", "li", "tr", "table", "section", "dl", "tbody"))
_MIN_POSTS = 2
_MIN_TEXT = 20
_TWICE = 40
_ALIKE = 60
_MAX_BLOCKS = 400
_HINT = re.compile(r"post|comment|message|reply|answer|msg|thread|topic|entry", re.IGNORECASE)
_BODY = re.compile(r"(?:body|content|text|message|msg)(?![a-z]*(?:meta|head|foot))", re.IGNORECASE)
_AUTHOR = re.compile(r"author|user(?:name)?\b|poster|nick|member|byline|owner|profile", re.IGNORECASE)
_DATE = re.compile(r"date|time|posted|ago\b|stamp", re.IGNORECASE)
_AUTHOR_LINK = re.compile(
    r"/(?:users?|members?|profile|u|people|author|memberlist)[/.?-]|[?&](?:u|user|uid)=", re.IGNORECASE
)
_ASIDE = re.compile(
    r"quote|signature|\bsig\b|controls|toolbar|actions|footer|share|avatar|menu|nav|badge", re.IGNORECASE
)
_AGE = re.compile(r"(?:updated\s)?(\d{1,2})\s?(y|yr|mo|w|wk|d|h|hr|m|min)", re.IGNORECASE)
_DAYS = {"y": 365.0, "yr": 365.0, "mo": 30.0, "w": 7.0, "wk": 7.0, "d": 1.0,
         "h": 1 / 24, "hr": 1 / 24, "m": 1 / 1440, "min": 1 / 1440}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """One post found by its shape."""

    text: str
    author: str
    at: datetime | None
    anchor: str
    body: HtmlElement | None = field(default=None, compare=False)


def repeated_posts(page: Page) -> list[Block]:
    """Return the posts of the group of like blocks that holds the most dated text; empty where there is none."""
    best: list[Block] = []
    for group in _groups(page.tree):
        blocks = [block for element in group[:_MAX_BLOCKS] if (block := _block(element, page)) is not None]
        dated = sum(block.at is not None for block in blocks)
        if len(blocks) >= _MIN_POSTS and dated >= 0.6 * len(blocks) and _size(blocks) > _size(best):
            best = blocks
    return best


def _size(blocks: list[Block]) -> int:
    return sum(len(block.text) for block in blocks if block.at is not None)


def _groups(tree: HtmlElement) -> list[list[HtmlElement]]:
    """Return the groups of like siblings that may be posts, those whose class says so first."""
    groups: dict[tuple[HtmlElement, str, str], list[HtmlElement]] = defaultdict(list)
    for element in tree.iter(*_TAGS):
        parent = element.getparent()
        name = (element.get("class") or "").split()
        if parent is not None:
            groups[(parent, element.tag, name[0] if name else "")].append(element)
    hinted = [
        group for (_, _, name), group in groups.items()
        if len(group) >= _MIN_POSTS and _HINT.search(name + " " + (group[0].get("id") or ""))
    ]  # fmt: skip
    return hinted[:60]


def _block(element: HtmlElement, page: Page) -> Block | None:
    at = date_among(element.iterdescendants(), page)
    body = _found_body(element)
    skip = frozenset(each for each in body.iterdescendants() if is_aside(each))
    text = post_text(body, skip=skip)
    if len(text) < _MIN_TEXT:
        return None
    return Block(once(text), author_among(element.iterdescendants()), at, element.get("id") or "")


def is_aside(element: HtmlElement) -> bool:
    """Tell whether an element is no part of what its author wrote: a quote, a signature, buttons."""
    if element.tag in ("blockquote", "form", "footer", "nav"):
        return True
    return bool(_ASIDE.search(labels(element)))


def labels(element: HtmlElement) -> str:
    """Return the class, the id and the property that an element is called by."""
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def once(text: str) -> str:
    """Return a text with each long line once: some pages hold a post's beginning beside the whole of it, its last line
    cut short."""
    lines = text.split("\n")
    kept = [line for at, line in enumerate(lines) if len(line) < _TWICE or line not in lines[:at]]
    return "\n".join(line for at, line in enumerate(kept) if not _is_cut(line, kept[at + 1 :]))


def beginning(text: str) -> str:
    """Return what a text begins with, without spaces: what is alike in this is one text, shown more than once."""
    return "".join(text[:_ALIKE].split())


def _is_cut(line: str, after: list[str]) -> bool:
    begun = line.rstrip(" .…")
    return len(begun) >= _TWICE and any(len(each) > len(line) and each.startswith(begun) for each in after)


def _found_body(element: HtmlElement) -> HtmlElement:
    """Return the labelled body with the most text, where it holds a fair share of the block; else the block."""
    whole = len(element.text_content())
    best, size = element, 0
    for each in element.iterdescendants("div", "td", "p", "section", "span", "article", "blockquote"):
        if _BODY.search(labels(each)):
            length = len(each.text_content())
            if length > size:
                best, size = each, length
    return best if size > 0.2 * whole else element


def author_among(elements: Iterable[HtmlElement]) -> str:
    """Return the name of a post's author, of those elements that may say it."""
    for each in elements:
        if not isinstance(each.tag, str):
            continue
        is_link = each.tag == "a" and _AUTHOR_LINK.search(each.get("href") or "")
        if is_link or _AUTHOR.search(labels(each)):
            name = " ".join(each.text_content().split())
            if 0 < len(name) <= 40 and any(map(str.isalpha, name)):
                return name
    return ""


def date_among(elements: Iterable[HtmlElement], page: Page) -> datetime | None:
    """Return when a post was written, of those elements that may say it."""
    for each in elements:
        if not isinstance(each.tag, str):
            continue
        if each.tag in ("time", "abbr") or _DATE.search(labels(each)):
            text = each.text_content()
            values = (each.get("datetime"), each.get("title"), each.get("data-time"), text if len(text) < 80 else "")
            for value in values:
                if value and (at := date_on(page, value)):
                    return at
    return None


def age(text: str, now: datetime) -> datetime | None:
    """Return the time that an age without "ago" tells ("3y", "7mo", "2d", "5h"), where it is all that is said."""
    told = _AGE.fullmatch(text.strip())
    return now - timedelta(days=int(told[1]) * _DAYS[told[2].lower()]) if told else None
