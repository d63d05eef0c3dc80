"""Text as people wrote it, out of an export that kept its markup: references are read, known tags left out."""

from __future__ import annotations

import html
import re

_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BREAKS = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|h[1-6]|blockquote)(?:\s[^<>]{0,500})?/?>", re.IGNORECASE)
_TAGS = re.compile(
    r"</?(?:b|i|em|strong|u|s|a|span|font|code|pre|sub|sup|small|big|del|ins|mark|td|th|table|tbody|thead|img|hr)"
    r"(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Return ``text`` with HTML's references read once and its tags left out; other text stays as it is.

    Tags are known by their names: ``a < b`` and ``<3`` are no tags.
    """
    if _REFERENCE.search(text):
        text = html.unescape(text)
    if "<" not in text or not (_BREAKS.search(text) or _TAGS.search(text)):
        return text
    return _TAGS.sub("", _BREAKS.sub("\n", text)).strip()
