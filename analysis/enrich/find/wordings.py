"""Word and phrase tables over plain tokens: the fast way to find many fixed wordings.

Notation as in ``cues``, without names: ``a|b``, ``crash~``, ``slow^``, ``word?``, ``..`` (up to two words between),
``...`` (up to four), ``#`` (a number), ``#|two`` (a number or that word).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from analysis.enrich.find.words import expand

_GAP = {"..": 2, "...": 4}
Phrase = tuple[tuple[frozenset[str], bool, int], ...]  # words, optional, gap before it
V = TypeVar("V")


class Table(Generic[V]):
    """Wordings with a value each. The longest at a place wins; looking up changes nothing in it."""

    def __init__(self) -> None:
        self._by_word: dict[str, list[tuple[Phrase, V]]] = {}

    def add(self, source: str, value: V) -> None:
        """File ``source`` under its first word, which must not be optional."""
        phrase = parse_phrase(source)
        for word in phrase[0][0] or {""}:
            word = "" if word == "#" else word
            self._by_word.setdefault(word, []).append((phrase, value))

    def longest(self, lowers: Sequence[str], place: int, end: int) -> tuple[int, V] | None:
        """Return the token past the longest wording that starts at ``place``, and its value."""
        best: tuple[int, V] | None = None
        for phrase, value in self._at(lowers[place]):
            last = match_phrase(phrase, lowers, place, end)
            if last and (best is None or last > best[0]):
                best = (last, value)
        return best

    def every(self, lowers: Sequence[str], start: int, end: int) -> list[tuple[int, int, V]]:
        """Return all wordings between the tokens ``start`` and ``end``, overlapping ones too."""
        hits: list[tuple[int, int, V]] = []
        for place in range(start, end):
            for phrase, value in self._at(lowers[place]):
                last = match_phrase(phrase, lowers, place, end)
                if last:
                    hits.append((place, last, value))
        return hits

    def _at(self, word: str) -> Sequence[tuple[Phrase, V]]:
        filed = self._by_word.get(word, ())
        return [*filed, *self._by_word[""]] if word[:1].isdigit() and "" in self._by_word else filed


def parse_phrase(source: str) -> Phrase:
    """Return the wording that ``source`` notes down."""
    parts: list[tuple[frozenset[str], bool, int]] = []
    gap = 0
    for item in source.split():
        if item in _GAP:
            gap = _GAP[item]
            continue
        optional = len(item) > 1 and item.endswith("?")
        core = item[:-1] if optional else item
        parts.append((frozenset() if core == "#" else expand(core), optional, gap))
        gap = 0
    return tuple(parts)


def match_phrase(phrase: Phrase, lowers: Sequence[str], place: int, end: int) -> int:
    """Return the token past ``phrase`` where it starts at ``place``, or 0."""
    at = place
    for words, optional, gap in phrase:
        for step in range(at, min(at + gap + 1, end)):
            if _is(words, lowers[step]):
                at = step + 1
                break
        else:
            if not optional:
                return 0
    return at


def _is(words: frozenset[str], word: str) -> bool:
    return word in words or ((not words or "#" in words) and word[:1].isdigit())
