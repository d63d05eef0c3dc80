"""Cutting an English text into pieces of words in lower case, each with its characters (WordPiece, Wu et al. 2016).

The pieces are those of bge-small-en-v1.5, which are BERT's. A sign that the vocabulary does not have, such as an
emoji, is read as the words of its Unicode name: "thumbs up sign" says what the unknown piece would not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from analysis.enrich.models.encoder.vocabulary.pieces import Cut, Vocabulary

_LONGEST = 100  # characters of a word that is looked up, as its makers have it
_GOES_ON = "##"
Letters = list[tuple[str, int, int]]
"""Characters as the vocabulary spells them, each with the first and past the last character that it came from."""


class WordPieces(Vocabulary):
    """The vocabulary of pieces in the file at ``path``, one a line."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        lines = path.read_text(encoding="utf-8").split("\n")
        self._ids = {piece: number for number, piece in enumerate(lines) if piece}
        self.unknown, self.start, self.end, self.mask = (
            self._ids[name] for name in ("[UNK]", "[CLS]", "[SEP]", "[MASK]")
        )

    def _cut_word(self, word: str) -> Cut:
        return tuple(piece for part in _parts(word) for piece in self._pieces(part))

    def _pieces(self, part: Letters) -> Iterator[tuple[int, int, int]]:
        """Yield the longest pieces from the left; the whole part is unknown where one of them is."""
        found: list[tuple[int, int, int]] = []
        at, text = 0, "".join(char for char, _, _ in part)
        while at < len(text) <= _LONGEST:
            before = _GOES_ON if at else ""
            ends = range(len(text), at, -1)
            end = next((end for end in ends if before + text[at:end] in self._ids), None)
            if end is None:
                break
            found.append((self._ids[before + text[at:end]], part[at][1], part[end - 1][2]))
            at = end
        if at == len(text):
            yield from found
        elif named := _named(part):
            for word in named:
                yield from self._pieces([(char, part[0][1], part[-1][2]) for char in word])
        else:
            yield self.unknown, part[0][1], part[-1][2]


def _parts(word: str) -> Iterator[Letters]:
    """Yield runs of letters and digits, and each other sign by itself."""
    run: Letters = []
    for char, first, last in _spelled(word):
        if char.isalnum():
            run.append((char, first, last))
            continue
        if run:
            yield run
            run = []
        yield [(char, first, last)]
    if run:
        yield run


def _spelled(word: str) -> Iterator[tuple[str, int, int]]:
    """Yield the characters in lower case without accents and without what is not seen."""
    for at, char in enumerate(word):
        if char.isascii() and not char.isprintable():
            continue
        end = at + 1
        while end < len(word) and unicodedata.combining(word[end]):
            end += 1
        for plain in char.lower() if char.isascii() else unicodedata.normalize("NFKD", char).lower():
            if not _is_unseen(unicodedata.category(plain)):
                yield plain, at, end


def _is_unseen(category: str) -> bool:
    """Return whether signs of a Unicode category are marks upon others, spaces or nothing that is seen."""
    return category[0] in "CM" or category in ("Sk", "Zs")


def _named(part: Letters) -> list[str]:
    """Return the words of a sign's name; none for letters, whose names say nothing."""
    [(char, _, _), *more] = part
    if more or unicodedata.category(char) not in ("So", "Sm", "Sc"):
        return []
    return [word.lower() for word in re.findall(r"[A-Z]+", unicodedata.name(char, ""))]
