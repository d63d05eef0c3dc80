"""schema.org data of a page (JSON-LD, microdata, RDFa Lite) as one kind of object: a dict shaped like JSON-LD.

Broken JSON is common on real pages (bare quotes, a brace that is missing, comments, entities), so it is repaired: by
json_repair, whose time grows with the length alone. A page's data is read once and shared, like its parse.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from lxml.html import HtmlElement

from crawler.readers.facts.names import unbroken
from crawler.readers.page import Page, joined

Node = dict[str, Any]
_MAX_SCRIPT = 2_000_000
_MAX_DEPTH = 40
_MAX_ITEMS = 5000
_MAX_BROKEN = 300_000
"""Characters of a broken script that are mended: a tenth of a second's work for every 100,000."""
_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*+(?:;\s*+)?$")
_ENTITIES = re.compile(r"[\[{\s]{0,80}&(?:quot|[lr]dquo|#\d{2,6}|#x[\da-f]{2,6});", re.IGNORECASE)
_CURLY = re.compile("[\u201c-\u201f\u2033]")
_HOLDING = ("@list", "@set", "itemListElement", "item")
_LINKS = {"a": "href", "area": "href", "link": "href", "img": "src", "audio": "src", "video": "src", "source": "src",
          "iframe": "src", "embed": "src", "track": "src", "object": "data"}  # fmt: skip


def things(page: Page) -> tuple[Node, ...]:
    """Return the page's top-level schema.org objects, JSON-LD first. Made once per page."""
    return page.once(_things)


def _things(page: Page) -> tuple[Node, ...]:
    return (*json_ld(page.tree), *_marked_up(page))


def types(node: Node) -> frozenset[str]:
    """Return the schema.org type names of ``node`` without their vocabulary's address."""
    given = node.get("@type") or ()
    names = [given] if isinstance(given, str) else [name for name in given if isinstance(name, str)]
    return frozenset(re.split(r"[/#:]", name.strip())[-1] for part in names for name in part.split() or [part])


def walk(nodes: Any, *, without: Collection[str] = (), depth: int = 0) -> Iterator[Node]:
    """Yield every object in ``nodes``, outer before inner, in document order; what the properties ``without`` hold is
    passed over."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(nodes, dict):
        yield nodes
        for name, value in nodes.items():
            if isinstance(value, dict | list) and name not in without:
                yield from walk(value, without=without, depth=depth + 1)
    elif isinstance(nodes, list | tuple):
        for value in nodes:
            yield from walk(value, without=without, depth=depth + 1)


def many(value: Any) -> list[Any]:
    """Return ``value`` as a list: itself if it is one, empty for None."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def each_of(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield what ``value`` holds, one by one: lists in lists and schema.org's own lists (``ItemList``) are opened."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list | tuple):
        for item in value:
            yield from each_of(item, depth + 1)
    elif (
        isinstance(value, dict) and depth < _MAX_DEPTH and (held := [value[name] for name in _HOLDING if name in value])
    ):
        yield from each_of(held, depth + 1)
    elif value is not None:
        yield value


def words(value: Any) -> str:
    """Return the first text in ``value`` (a text, a number, a language-tagged object, or a list of them)."""
    for item in many(value):
        if isinstance(item, str) and item.strip():
            return item.strip()
        if isinstance(item, int | float) and not isinstance(item, bool):
            return str(item)
        if isinstance(item, dict):
            inner = item.get("@value") or item.get("name") or item.get("@id")
            if isinstance(inner, str) and inner.strip():
                return inner.strip()
    return ""


def json_ld(tree: HtmlElement) -> list[Node]:
    """Return the objects of the page's JSON-LD scripts, ``@graph`` opened."""
    nodes: list[Node] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            for value in _values(script.text[:_MAX_SCRIPT]):
                nodes += _opened(value)
    return nodes


def _opened(value: Any, depth: int = 0) -> list[Node]:
    if isinstance(value, list) and depth < _MAX_DEPTH:
        return [node for item in value for node in _opened(item, depth + 1)]
    if not isinstance(value, dict):
        return []
    graph = value.get("@graph")
    inner = _opened(graph, depth + 1) if isinstance(graph, list | dict) and depth < _MAX_DEPTH else []
    return inner if inner and not value.get("@type") else [value, *inner]


def _values(script: str) -> list[Any]:
    """Return the JSON values in ``script``, repaired if need be."""
    text = _WRAPPING.sub("", script).strip().rstrip(";")
    if _ENTITIES.match(text):
        text = html.unescape(text)
    # A word processor's quotes, where it has set all.
    text = text if '"' in text else _CURLY.sub('"', text)
    try:
        return [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        return _repaired(text[:_MAX_BROKEN])


def _repaired(text: str) -> list[Any]:
    # Loaded where it is needed: most pages need it never, and it costs each reader's start.
    import json_repair

    try:
        found = json_repair.loads(text, skip_json_loads=True)
    except (ValueError, RecursionError):
        return []
    return [found] if isinstance(found, dict | list) else []


def _marked_up(page: Page) -> list[Node]:
    """Return the top-level items of microdata, then of RDFa Lite."""
    text = page.content
    items: list[Node] = []
    if b"itemscope" in text or b"ITEMSCOPE" in text:
        items += _Markup(page, "itemprop", "itemscope", "itemtype").items()
    if b"typeof=" in text:
        items += _Markup(page, "property", "typeof", "typeof").items()
    return items


class _Markup:
    """Reads items whose properties stand in attributes. Walks each item once, with a stack instead of recursion."""

    def __init__(self, page: Page, prop: str, scope: str, kind: str) -> None:
        self._page, self._prop, self._scope, self._kind = page, prop, scope, kind
        self._left = _MAX_ITEMS

    def items(self) -> list[Node]:
        """Return the items that are no other item's property."""
        made: dict[HtmlElement, Node] = {}
        top: list[Node] = []
        for element in self._page.tree.xpath(f"//*[@{self._scope} or @{self._prop}]"):
            self._left -= 1
            if self._left < 0:
                break
            names = (element.get(self._prop) or "").split()
            owner = self._owner(element, made)
            value: Any
            if element.get(self._scope) is not None:
                value = made[element] = self._empty(element)
                if owner is None or not names:
                    top.append(value)
            elif owner is None:
                continue
            else:
                value = self._value(element)
            if owner is not None:
                for name in names:
                    _add(owner, re.split(r"[/#:]", name)[-1], value)
        return top

    def _owner(self, element: HtmlElement, made: dict[HtmlElement, Node]) -> Node | None:
        for ancestor in element.iterancestors():
            if ancestor in made:
                return made[ancestor]
        return None

    def _empty(self, element: HtmlElement) -> Node:
        node: Node = {"@type": (element.get(self._kind) or "").split()}
        address = element.get("itemid") or element.get("resource") or element.get("about")
        if address:
            node["@id"] = address
        # The words of an item without properties (an author in plain text) are its name.
        node["#element"] = element
        return node

    def _value(self, element: HtmlElement) -> str:
        for name in ("content", "datetime", "value" if element.tag in ("data", "meter") else "content"):
            given = element.get(name)
            if given is not None and given.strip():
                return str(given).strip()
        attribute = _LINKS.get(element.tag)
        if attribute and (self._prop == "itemprop" or not element.text_content().strip()):
            return joined(self._page.base, element.get(attribute) or "")
        return block_text(element, skip=_quoted(element)) or block_text(element)


def _quoted(element: HtmlElement) -> frozenset[HtmlElement]:
    """Return what inside of a text is called a quotation of another's."""
    return frozenset(
        each
        for each in element.iterdescendants("blockquote", "div", "aside")
        if each.tag == "blockquote" or "quote" in f"{each.get('class')} {each.get('data-testid')}".lower()
    )


def _add(owner: Node, name: str, value: Any) -> None:
    if name in owner:
        owner[name] = [*many(owner[name]), value]
    else:
        owner[name] = value


BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
"""Elements that stand on lines of their own."""
_BREAK = "\x1f"
_SILENT = frozenset(("script", "style", "noscript", "template", "svg", "button", "select"))


def block_text(
    element: HtmlElement,
    *,
    skip: frozenset[HtmlElement] = frozenset(),
    instead: Mapping[HtmlElement, str] = MappingProxyType({}),
) -> str:
    """Return the visible text of ``element``, a line per block; elements in ``skip`` are left out with their inside,
    and those in ``instead`` say what it tells."""
    parts: list[str] = []
    stack: list[tuple[HtmlElement | None, str]] = [(element, "")]
    while stack:
        node, said = stack.pop()
        if node is None:
            parts.append(said)
            continue
        if node is not element and node.tail:
            stack.append((None, node.tail))
        if node.tag in _SILENT or not isinstance(node.tag, str) or node in skip:
            continue
        if node.tag in BLOCKS:
            parts.append(_BREAK)
            stack.append((None, _BREAK))
        stack.extend((child, "") for child in reversed(node) if node not in instead)
        parts.append(instead.get(node, node.text or ""))
    lines = (" ".join(line.split()) for line in unbroken("".join(parts)).split(_BREAK))
    return "\n".join(line for line in lines if line)
