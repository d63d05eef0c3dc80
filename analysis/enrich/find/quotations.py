"""What an author repeats of others: lines behind ``>``, "so and so wrote:" and longer words in quotation marks."""

from __future__ import annotations

import re

from analysis.enrich.data_files import load_words
from analysis.enrich.reading import Bounds

_FEWEST_WORDS = 5  # in quotation marks; fewer are a title, a name or irony, and the author's own
_FEWEST_SAID = 2  # where a word of saying stands beside the marks
_NEAR = 40  # characters on each side in which a word of saying counts
_LINE = re.compile(r"^[ \t]*(?:&gt;|>)[^\n]*", re.MULTILINE)
_WROTE = re.compile(
    r"^[^\n]{0,80}\b(?:wrote|said|schrieb|a écrit|escribió|ha scritto|schreef|napisał\w*):[ \t]*$", re.M | re.I
)
_MARKS = re.compile(r"“([^“”\n]{3,600})”|«([^«»\n]{3,600})»|„([^„“”\n]{3,600})[“”]|(?<!\w)\"([^\"\n]{3,600})\"(?!\w)")
_WORD = re.compile(r"\w+")
_SAYING = load_words("grammar", "saying")


def quotations(text: str, start: int = 0) -> tuple[Bounds, ...]:
    """Return the characters of ``text`` from ``start`` on that are somebody else's words, in order."""
    bounds = [match.span() for pattern in (_LINE, _WROTE) for match in pattern.finditer(text, start)]
    bounds += [match.span() for match in _MARKS.finditer(text, start) if _is_speech(text, match)]
    return tuple(sorted(bounds))


def _is_speech(text: str, match: re.Match[str]) -> bool:
    words = len(_WORD.findall(match[0]))
    first, last = match.span()
    around = f"{text[max(0, first - _NEAR) : first]} {text[last : last + _NEAR]}".casefold()
    said = not _SAYING.isdisjoint(_WORD.findall(around))
    return words >= (_FEWEST_SAID if said else _FEWEST_WORDS)
