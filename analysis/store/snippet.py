"""The short piece of a text that shows why it was found."""

from __future__ import annotations

from analysis.model.query import Query, spans
from analysis.model.text import tokens

SNIPPET_LENGTH = 240


def snippet(text: str, query: Query | None, *, length: int = SNIPPET_LENGTH) -> str:
    """Return at most ``length`` characters of ``text`` as one plain line, around the first words that were found.

    Without a query, or where the words stand in the title only, it is the beginning of the text.
    """
    start = _first_hit(text, query) if query else 0
    first = max(0, start - length // 3)
    if first:
        blank = text.find(" ", first, start)
        first = blank + 1 if blank >= 0 else first
    # Twice the length is enough to fill it once runs of white space are folded, in all but freak texts.
    piece = " ".join(text[first : first + 2 * length].split())
    lead = "… " if first else ""
    room = length - len(lead)
    if len(piece) <= room and first + 2 * length >= len(text):
        return lead + piece
    cut = piece[: room - 2]
    blank = cut.rfind(" ")
    return f"{lead}{cut[:blank] if blank > room // 2 else cut} …"


def _first_hit(text: str, query: Query) -> int:
    found = tokens(text)
    hits = spans(query, [token.norm for token in found])
    return found[hits[0][0]].start if hits else 0
