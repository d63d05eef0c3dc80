"""The one tokenizer that brand queries, both stores and the matchers share.

A token is a run of Unicode word characters, casefolded after NFKC; scripts written without spaces (Han, Hiragana,
Katakana, Thai, Lao, Khmer, Myanmar) give one token a character. Because every engine indexes these very tokens
(joined by a space, split at white space), a query selects the same posts everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


class Token(NamedTuple):
    """A token and the character span of the original text that it covers."""

    norm: str
    start: int
    end: int


def normalise(word: str) -> str:
    """Return ``word`` as the tokenizer indexes it (NFKC, casefold)."""
    return unicodedata.normalize("NFKC", word).casefold()


def tokens(text: str) -> list[Token]:
    """Return the tokens of ``text`` in order, with spans into ``text`` itself."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        norm = normalise(match.group())
        # Casefolding can open a word (a ligature, a fraction): keep only word characters, in one token.
        norm = "".join(_TOKEN.findall(norm))
        if norm:
            found.append(Token(norm, match.start(), match.end()))
    return found


def token_words(text: str) -> list[str]:
    """Return the normalised tokens of ``text`` without their spans."""
    return [token.norm for token in tokens(text)]
