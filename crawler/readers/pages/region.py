"""The visible text of a page's main region: what is left of it without menus, banners, forms and other furniture.

For shops, lists and services, whose pages hold many short texts in repeated blocks and no article: there an extractor
that looks for paragraphs finds little. The region is the ``main`` element where the page marks one, else its body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from crawler.readers.facts.structured import BLOCKS
from crawler.readers.lists import any_of
from crawler.readers.page import Page

_SILENT = frozenset(
    ("script", "style", "noscript", "template", "svg", "nav", "footer", "aside", "button", "select", "iframe",
     "dialog", "object", "input", "label", "textarea", "video", "audio", "canvas", "head")
)  # fmt: skip
_FURNITURE = re.compile(rf"(?:^|[\s_-])(?:{any_of('furniture')})(?:$|[\s_-])", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FURNITURE_ROLES = frozenset(
    ("navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menu", "menubar", "complementary",
     "tablist", "toolbar", "alert")
)  # fmt: skip
_BLOCKS = BLOCKS | {"tbody", "body"}
_SHOWING = ("p", "a", "span", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "dd", "dt", "b", "strong",
            "em", "i", "font", "section", "article", "blockquote", "pre", "code", "small", "main")  # fmt: skip
_LEAST_SHARE = 0.3
_MOST_FURNITURE = 0.4
_MAX_ELEMENTS = 60_000


def region_lines(page: Page) -> list[str]:
    """Return the lines of the page's main region, each once; empty where it shows nothing."""
    body = page.tree.find("body")
    body = page.tree if body is None else body
    whole = _lines(body)
    for path in ("//main", "//*[@role='main']", "//*[@id='main' or @id='content' or @id='main-content']"):
        mains = page.tree.xpath(path)[:1]
        if mains:
            inner = _lines(mains[0])
            if sum(map(len, inner)) > _LEAST_SHARE * sum(map(len, whole)):
                return inner
    return whole


def _lines(root: HtmlElement) -> list[str]:
    seen: dict[str, None] = {}
    for line in "".join(_parts(root)).split("\x1f"):
        text = " ".join(line.split())
        if text:
            seen[text] = None
    return list(seen)


def _parts(root: HtmlElement) -> Iterator[str]:
    stack: list[tuple[HtmlElement | None, str]] = [(root, "")]
    # What holds much of the page's text is no furniture, whatever its class says ("has-sidebar", a form around it all).
    most = _MOST_FURNITURE * _size(root)
    left = _MAX_ELEMENTS
    while stack and left:
        left -= 1
        element, said = stack.pop()
        if element is None:
            yield said
            continue
        if element is not root and element.tail:
            stack.append((None, element.tail))
        if element is not root and (_is_silent(element) or (_is_furniture(element) and _size(element) < most)):
            continue
        is_block = element.tag in _BLOCKS
        if is_block:
            yield "\x1f"
            stack.append((None, "\x1f"))
        yield element.text or ""
        stack.extend((child, "") for child in reversed(element))


def _size(element: HtmlElement) -> int:
    """Return how many characters ``element`` shows, without its scripts."""
    return sum(len(text.strip()) for text in element.itertext(*_SHOWING))


def _is_silent(element: HtmlElement) -> bool:
    tag = element.tag
    if tag in _SILENT or not isinstance(tag, str):
        return True
    attributes = element.attrib
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return bool(style and _HIDDEN_STYLE.search(style))


def _is_furniture(element: HtmlElement) -> bool:
    attributes = element.attrib
    if element.tag == "form" or attributes.get("role") in _FURNITURE_ROLES:
        return True
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
    return len(names) > 1 and element.tag not in ("article", "main") and bool(_FURNITURE.search(names))
