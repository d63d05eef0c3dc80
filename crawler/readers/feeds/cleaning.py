"""A feed made fit for its parser: decoded as pages are, each damage mended where it is, so that it costs no more.

The parser takes bytes by what they declare, and gives up on the whole document at one reference to a character that
does not exist. It takes a photo's caption for the summary, and an e-mail address for a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler.readers.encoding import decode
from crawler.readers.facts.names import person

_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>", re.IGNORECASE)
_ENTITY = re.compile(r"<!ENTITY[^>]*>", re.IGNORECASE)
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,12})|([0-9]{1,12}));", re.IGNORECASE)
_PAIR = re.compile(r"([\ud800-\udbff])([\udc00-\udfff])")
_LONE = re.compile(r"[\ud800-\udfff]")
_SRS = re.compile(r"\ssrs(?:Name|Dimension)\s{0,4}=\s{0,4}(?:\"[^\"<>]{0,300}\"|'[^'<>]{0,300}')")
_CAPTION = re.compile(r"<(/?)media:description\b[^>]{0,300}>", re.IGNORECASE)
_PERSON = re.compile(
    r"(<(?:[\w-]{1,12}:)?(?:author|creator|managingEditor|webMaster)\b[^>]{0,300}>\s{0,80})(<!\[CDATA\[)?([^<\]]{1,400})",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"<(?:[\w-]{1,12}:)?(item|entry)[\s>]", re.IGNORECASE)
CAPTION = "media_caption"
"""Under what name the parser gives what ``media:description`` said."""


def cleaned_feed(content: bytes, content_type: str) -> str:
    """Return the characters of a feed, without its declaration of a charset; every entry of it can be parsed."""
    text = _DECLARATION.sub("", decode(content, content_type), count=1)
    # Entities of a document's own are what "billion laughs" is made of; no real feed needs them.
    text = _ENTITY.sub("", text)
    text = without_lone(_REFERENCE.sub(_character, text))
    text = _CAPTION.sub(r"<\1media:caption>", _SRS.sub("", text))
    return _PERSON.sub(lambda match: f"{match[1]}{match[2] or ''}{person(match[3])}", text)


def without_lone(text: str) -> str:
    """Return ``text`` with two halves of one character joined, and a half alone as U+FFFD."""
    if not _LONE.search(text):
        return text
    text = _PAIR.sub(lambda pair: pair.group().encode("utf-16", "surrogatepass").decode("utf-16"), text)
    return _LONE.sub("\ufffd", text)


def entries_alone(text: str) -> Iterator[str]:
    """Yield the feed as many documents of one entry each, for where it cannot be parsed as a whole."""
    starts = [match.start() for match in _ENTRY.finditer(text)]
    head = text[: starts[0]] if starts else text
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield head + text[start:end]


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16) if match[1] else int(match[2])
    if 0xD800 <= number <= 0xDFFF:
        return chr(number)
    if number > 0x10FFFF or (number < 32 and number not in (9, 10, 13)):
        return "\ufffd"
    return match.group()
