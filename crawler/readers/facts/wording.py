"""What the author of a post says in it: not what is quoted there, whole addresses, of a pasted log its beginning."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import accumulate

from lxml.html import HtmlElement

from crawler.readers.facts.structured import block_text

_QUOTING = ("div", "table", "fieldset", "section", "aside")
_QUOTED = re.compile(
    r"(?:(?:quote|zitat|citation|cita|citaat|citat|citazione|cytat|цитата|引用)\s*(?::\s*)?)?"
    r"(?:originally posted by|quote from|zitat von|citation de|cita de|citaat van|citazione di)\s*(?::\s*)?\S",
    re.IGNORECASE,
)
_LONGEST_LEAD = 80
_QUOTE_CODE = re.compile(r"\[quote\b[^\]\n]{0,200}\](?:(?!\[quote\b).)*?\[/quote\]", re.IGNORECASE | re.DOTALL)
_DEEPEST = 5
_SENT_FROM = re.compile(
    r"\n(?:sent|posted|gesendet|envoyé|enviado|inviato|verstuurd|wysłane|отправлено) "
    r"(?:from|via|von|de|desde|do|dal|vanaf|z|с)\b(?: (?:my|mon|mi|meu|mio|mijn|meinem|mojego|моего)\b[^\n]{2,60}|"
    r"[^\n]{2,40}\btapatalk)[.!]?\s*\Z",
    re.IGNORECASE,
)
_SHORTENED = re.compile(r"((?:https?://|www\.)\S{3,200}?)\s?(?:\.{3}|…)\s?(\S{0,200})", re.IGNORECASE)
_SCHEME = re.compile(r"^https?://(?:www\.)?|^www\.", re.IGNORECASE)
LONG_LOG = 3000
LOG_LINES = 20
LOG_LETTERS = 1500
"""A preformatted block of more characters than ``LONG_LOG`` is a log or a file that was pasted: its first lines are
read, which say what it is. All of it would outweigh what people say, and its words are a program's."""


def post_text(body: HtmlElement, *, skip: Collection[HtmlElement] = ()) -> str:
    """Return the words of a post's ``body``, a line per block; what ``skip`` holds is left out with its inside.

    Left out too is what says by its first words that it is quoted ("Originally posted by ida"), unless it is all that
    there is. An address that the page shows shortened is written out; of a long preformatted block the start is read.
    """
    whole = len(body.text_content())
    quoted = {each for each in body.iterdescendants(*_QUOTING) if _is_quoted(each, whole)}
    instead = {link: full for link in body.iterdescendants("a") if (full := _written_out(link))}
    instead |= {log: begun for log in body.iterdescendants("pre") if (begun := _beginning(log))}
    return own_lines(block_text(body, skip=frozenset((*skip, *quoted)), instead=instead))


def own_lines(text: str) -> str:
    """Return a post's words without quotations that stand there as code ("[quote=ida]...[/quote]") and without the line
    that a telephone's program puts below it, which names makers that nobody speaks of; all of it where that is all."""
    left = text
    # The innermost first: quotations hold others.
    for _ in range(_DEEPEST):
        left = _QUOTE_CODE.sub("\n", left)
    left = _SENT_FROM.sub("", left)
    if left == text:
        return text
    return "\n".join(line for line in left.split("\n") if line.strip()) or text


def _is_quoted(element: HtmlElement, whole: int) -> bool:
    lead = ""
    for text in element.itertext():
        lead = f"{lead} {text.strip()}".strip()
        if len(lead) >= _LONGEST_LEAD:
            break
    return bool(_QUOTED.match(lead)) and len(element.text_content()) < whole


def _written_out(link: HtmlElement) -> str:
    """Return the address that ``link`` leads to, where its words are that address with its middle or end left out."""
    shown, href = " ".join(link.text_content().split()), (link.get("href") or "").strip()
    match = _SHORTENED.fullmatch(shown) if href.startswith("http") else None
    if match is None:
        return ""
    begins, ends = _SCHEME.sub("", match[1]), match[2]
    return href if _SCHEME.sub("", href).startswith(begins) and href.endswith(ends) else ""


def _beginning(log: HtmlElement) -> str:
    """Return the first lines of a long preformatted block; empty where the block is not long."""
    text = log.text_content()
    if len(text) <= LONG_LOG:
        return ""
    lines = text.strip()[:LONG_LOG].splitlines()[:LOG_LINES]
    fitting = [line for line, size in zip(lines, accumulate(map(len, lines)), strict=True) if size <= LOG_LETTERS]
    return " ".join(fitting or [lines[0][:LOG_LETTERS]])
