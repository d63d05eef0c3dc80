"""Cutting a text into the network's pieces of words, each with its characters.

The pieces are those of multilingual-e5-small in Latin script, with digits, punctuation, symbols and emoji (Kudo 2018,
"Subword Regularization": the most probable cut). Normalisation is that model's own, character by character.
"""

from __future__ import annotations

import math
import re
import unicodedata
from abc import ABC, abstractmethod
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import sentencepiece

from analysis.enrich.reading import Bounds

START, PAD, END, UNKNOWN = 0, 1, 2, 3
_WORD = re.compile(r"\S+")
_KEPT_WORDS = 30_000
_SPACES = "\t\n\r\f\u1680\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2581\ufeff\ufffd"
_KEPT = "\uff5e"  # NFKC would make an ASCII tilde of it
_NOTHING = {*map(chr, range(1, 32)), "\x7f", "\x8f", "\x9f"} - set(_SPACES)

Cut = tuple[tuple[int, int, int], ...]


class Cuts(NamedTuple):
    """Pieces of a text: their numbers, and the characters (first, past last) of each."""

    ids: list[int]
    spans: list[Bounds]


class Vocabulary(ABC):
    """Pieces of words, and those that stand for a text's start and end, a masked name and what is not known.

    A word is cut by itself; how, each kind of vocabulary says.
    """

    start: int
    end: int
    unknown: int
    mask: int

    def __init__(self) -> None:
        self._of = lru_cache(maxsize=_KEPT_WORDS)(self._cut_word)

    def cut(self, text: str, start: int = 0, end: int | None = None) -> Cuts:
        """Return the pieces of ``text`` between two characters; spans count the characters of the whole text."""
        ids: list[int] = []
        spans: list[Bounds] = []
        for match in _WORD.finditer(text, start, len(text) if end is None else end):
            at = match.start()
            for piece, first, last in self._of(match[0]):
                ids.append(piece)
                spans.append((at + first, at + last))
        return Cuts(ids, spans)

    @abstractmethod
    def _cut_word(self, word: str) -> Cut:
        """Return the pieces of a word with their characters in it."""


class Pieces(Vocabulary):
    """The vocabulary of pieces in the file at ``path``."""

    start, end, unknown = START, END, UNKNOWN

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._model = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.mask = int(self._model.piece_to_id("<mask>"))

    def share(self, piece: int) -> float:
        """Return how great a share of all pieces a piece is, as the vocabulary's makers counted."""
        return math.exp(self._model.get_score(piece))

    def _cut_word(self, word: str) -> Cut:
        plain, origin = normalised(word)
        found: list[tuple[int, int, int]] = []
        for match in _WORD.finditer(plain):
            at = match.start() - 1  # the sign of a word's begin stands for no character
            for piece in self._model.encode(f"▁{match[0]}", out_type=str):
                first, last = max(at, match.start()), max(at + len(piece), match.start() + 1)
                at += len(piece)
                last = min(last, match.end())
                found.append((self._model.piece_to_id(piece), origin[min(first, last - 1)], origin[last - 1] + 1))
        return tuple(found)


def normalised(text: str) -> tuple[str, list[int]]:
    """Return ``text`` as the vocabulary spells it, and for each of its characters the place where it came from.

    A letter and the accents that follow it as characters of their own are taken as one.
    """
    if not unicodedata.is_normalized("NFC", text):
        return _composed(text)
    parts = [_normal(char) for char in text]
    return "".join(parts), [at for at, part in enumerate(parts) for _ in part]


def _composed(text: str) -> tuple[str, list[int]]:
    out: list[str] = []
    origin: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        for char in unicodedata.normalize("NFC", text[at:end]):
            part = _normal(char)
            out.append(part)
            origin += [at] * len(part)
        at = end
    return "".join(out), origin


def _normal(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    # Half a character is none, and the library takes no text that holds one.
    if char in _SPACES or "\ud800" <= char <= "\udfff":
        return " "
    if char in _NOTHING:
        return ""
    return char if char == _KEPT else unicodedata.normalize("NFKC", char)
