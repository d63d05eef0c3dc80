"""Plain text out of pieces of HTML, as feeds, APIs and schema.org data carry them."""

from __future__ import annotations

from lxml.etree import LxmlError
from lxml.html import HtmlElement, fragment_fromstring

from crawler.readers.facts.names import clean_text
from crawler.readers.facts.structured import block_text

_MAX = 2_000_000


def html_text(text: str, *, quotes: bool = True) -> str:
    """Return the words of a piece of HTML or of plain text, a line per block; without ``quotes``, quoted blocks go."""
    if "<" not in text and "&" not in text:
        return "\n".join(line for part in text.splitlines() if (line := " ".join(part.split())))
    try:
        element: HtmlElement = fragment_fromstring(text[:_MAX].replace("\x00", ""), create_parent="div")
    except (LxmlError, ValueError):
        return clean_text(text)
    drop = [] if quotes else element.xpath("//aside[contains(@class,'quote')]|//blockquote")
    return block_text(element, skip=frozenset(drop))
