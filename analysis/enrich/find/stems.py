"""Wordings of languages whose words change more than English ones: fixed words, and beginnings of words.

A wording is words between spaces: ``akku*`` is every word that begins so, ``a|b`` either, ``word?`` may be missing,
``..`` up to two words between, ``<comma>`` a comma. Wordings stand between commas. Case and accents do not count, an
elided article (``l'écran``, ``dell'ordine``) is no part of the word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from analysis.model.folding import fold

_GAP = re.compile(r"^\.\.+$")
_ELIDED = re.compile(r"^[^\W\d_]{1,6}'(?=\w\w|[ay]$)")
_COMMA = "<comma>"  # how a comma itself is written in a wording
_SHORTEST = 2  # letters of a beginning
_WITHIN = 2  # words that a gap spans
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Item:
    words: frozenset[str]
    beginnings: tuple[str, ...]
    optional: bool
    gap: int

    def fits(self, word: str) -> bool:
        return word in self.words or word.startswith(self.beginnings)


class StemTable(Generic[V]):
    """Wordings with a value each, found wherever they stand. Looking up changes nothing in it."""

    def __init__(self) -> None:
        self._by_word: dict[str, list[tuple[tuple[_Item, ...], V]]] = {}
        self._by_beginning: dict[str, list[tuple[tuple[_Item, ...], V]]] = {}

    def add(self, wordings: str, value: V) -> None:
        """File each of the ``wordings`` under its first word, which must not be optional."""
        for wording in wordings.split(","):
            items = _items(wording)
            for word in items[0].words if items else ():
                self._by_word.setdefault(word, []).append((items, value))
            for beginning in items[0].beginnings if items else ():
                self._by_beginning.setdefault(beginning, []).append((items, value))

    def every(self, words: Sequence[str], start: int, end: int) -> list[tuple[int, int, V]]:
        """Return all wordings between the tokens ``start`` and ``end`` of ``words``, which are ``plain``."""
        return [
            (place, last, value)
            for place in range(start, end)
            for items, value in self._at(words[place])
            if (last := _match(items, words, place, end))
        ]

    def _at(self, word: str) -> list[tuple[tuple[_Item, ...], V]]:
        found = list(self._by_word.get(word, ()))
        for length in range(_SHORTEST, len(word) + 1):
            found += self._by_beginning.get(word[:length], ())
        return found


def plain(word: str) -> str:
    """Return a token as it is looked up: without case, accents and an elided article."""
    return _ELIDED.sub("", fold(word))


def _items(wording: str) -> tuple[_Item, ...]:
    items: list[_Item] = []
    gap = 0
    for said in wording.split():
        if _GAP.match(said):
            gap += _WITHIN
            continue
        parts = [fold(part) for part in said.replace(_COMMA, ",").rstrip("?").split("|")]
        beginnings = tuple(part[:-1] for part in parts if part.endswith("*"))
        words = frozenset(part for part in parts if not part.endswith("*"))
        items.append(_Item(words, beginnings, said.endswith("?"), gap))
        gap = 0
    return tuple(items)


def _match(items: Sequence[_Item], words: Sequence[str], place: int, end: int) -> int:
    """Return the token past the wording where it starts at ``place``, or 0."""
    at = place
    for item in items:
        step = next((step for step in range(at, min(at + item.gap + 1, end)) if item.fits(words[step])), -1)
        if step >= 0:
            at = step + 1
        elif not item.optional:
            return 0
    return at
