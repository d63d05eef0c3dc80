"""Plain text out of pieces of HTML, as feeds, APIs and schema.org data carry them."""

from __future__ import annotations

import html
import re

from lxml.etree import LxmlError
from lxml.html import HtmlElement, fragment_fromstring

from crawler.readers.facts.names import clean_text, unbroken
from crawler.readers.facts.structured import block_text

_MAX = 2_000_000


_FORMAT = re.compile(
    r"&lt;/?(?:br|p|div|span|b|i|u|em|strong|ul|ol|li|a|font|h[1-6])\b[^<>]{0,300}?&gt;", re.IGNORECASE
)
_OTHERS = "//aside[contains(@class,'quote') or contains(@class,'onebox')]|//blockquote"
"""What others said: quoted posts, and what a page behind a link says of itself."""


def told_text(text: str, *, quotes: bool = True) -> str:
    """Return the words of a text that schema.org's data carry: markup that is escaped once more than it need be is
    opened, since what people say of a product holds no tags. See ``html_text``."""
    return html_text(html.unescape(text) if _FORMAT.search(text) else text, quotes=quotes)


def html_text(text: str, *, quotes: bool = True) -> str:
    """Return the words of a piece of HTML or of plain text, a line per block; without ``quotes``, quoted blocks go."""
    if "<" not in text and "&" not in text:
        return "\n".join(line for part in unbroken(text).splitlines() if (line := " ".join(part.split())))
    try:
        element: HtmlElement = fragment_fromstring(text[:_MAX].replace("\x00", ""), create_parent="div")
    except (LxmlError, ValueError):
        return clean_text(text)
    drop = [] if quotes else element.xpath(_OTHERS)
    return block_text(element, skip=frozenset(drop))
