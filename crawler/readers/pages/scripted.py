"""Whether a page shows nothing without a script: a frame that a program in the browser is to fill."""

from __future__ import annotations

import re

from lxml import etree

from crawler.readers.page import Page

NEEDS_SCRIPT = "needs a script: set render = true"
MOST_WORDS = 60
"""A page with more words than these shows something of its own."""
_SCRIPTS = etree.XPath("boolean(//script[@src] | //script[string-length(.) > 1000])")
_SHOWN = etree.XPath(
    "//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template)]",
    smart_strings=False,
)
_UNSEEN = etree.XPath("string(//noscript)")
_FRAME = etree.XPath(
    "boolean(//*[not(*) and not(normalize-space())][@id='root' or @id='app' or @id='__next' or @id='__nuxt' or "
    "@id='main' or @id='application' or @data-reactroot or @ng-version] | //app-root)"
)
_ASKS = re.compile(r"(?i)\b(?:java\s?script|js)\b")


def is_html(page: Page) -> bool:
    """Tell whether ``page`` is one that a browser would show."""
    head = page.content[:4096].lstrip().lower()
    return "html" in page.content_type.lower() or head.startswith(b"<!doctype html") or b"<html" in head


def needs_script(page: Page) -> bool:
    """Tell whether ``page`` has scripts, next to no words, and an empty frame for them or a plea to switch them on."""
    tree = page.tree
    if not _SCRIPTS(tree):
        return False
    shown = " ".join(_SHOWN(tree)).split()
    if len(shown) > MOST_WORDS:
        return False
    return bool(_FRAME(tree)) or bool(_ASKS.search(f"{' '.join(shown)} {_UNSEEN(tree)}"))
