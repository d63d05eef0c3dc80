"""The short piece of a text that shows why it was found."""

from __future__ import annotations

from analysis.model.query import Query, spans
from analysis.model.text import one_line, token_words, whole_words

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
    piece = one_line(text[first : first + 2 * length])
    lead = "… " if first else ""
    room = length - len(lead)
    if len(piece) <= room and first + 2 * length >= len(text):
        return lead + piece
    return f"{lead}{whole_words(piece[: room - 2], least=room // 2, strip='')} …"


def _first_hit(text: str, query: Query) -> int:
    words = token_words(text)
    hits = spans(query, words)
    return words.tokens[hits[0][0]].start if hits else 0
