"""The one tokenizer that brand queries, both stores and the matchers share.

A token is a run of Unicode word characters with the marks that belong to them, casefolded after NFKC and cut after
``MAX_TOKEN`` characters, so that no engine's own limit is met; scripts written without spaces (Han, Hiragana,
Katakana, Thai, Lao, Khmer, Myanmar) give one token a character. Because every engine indexes these very tokens
(joined by a space, split at white space), a query selects the same posts everywhere.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import NamedTuple

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Accents written apart (as macOS does) and the vowel signs of Indic scripts are no word characters to ``re``.
_MARKS = "".join(chr(code) for code in range(0x300, 0x1D00) if unicodedata.category(chr(code))[0] == "M")
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:(?![{_UNSPACED}])[{_MARKS}]+[^\W{_UNSPACED}]*)*")
MAX_TOKEN = 100  # Lucene splits at 255 UTF-16 units, of which a character may need two.
LOOSE_ENDS = " ,;:.–-"
"""What may not stand before an ellipsis."""


class Token(NamedTuple):
    """A token and the character span of the original text that it covers."""

    norm: str
    start: int
    end: int


def normalise(word: str) -> str:
    """Return ``word`` as the tokenizer indexes it (NFKC, casefold, composed again)."""
    if word.isascii():
        return word.lower()
    folded = unicodedata.normalize("NFKC", word).casefold()
    # The dot that casefolding leaves of a Turkish capital I would keep it from matching the plain letter.
    return unicodedata.normalize("NFKC", folded).replace("i\u0307", "i")


def tokens(text: str) -> list[Token]:
    """Return the tokens of ``text`` in order, with spans into ``text`` itself."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        norm = normalise(match.group())
        if not norm.isascii() or not norm.isalnum():
            # Normalising can open a word (a fraction, say): keep only word characters, in one token.
            norm = "".join(_TOKEN.findall(norm))
        if norm:
            found.append(Token(norm[:MAX_TOKEN], match.start(), match.end()))
    return found


def token_words(text: str) -> list[str]:
    """Return the normalised tokens of ``text`` without their spans."""
    return [token.norm for token in tokens(text)]


def one_line(text: str) -> str:
    """Return ``text`` on one line, each run of white space as one blank."""
    return " ".join(text.split())


def shorten(text: str, longest: int, *, ending: str = "…", strip: str = LOOSE_ENDS, between_words: bool = True) -> str:
    """Return ``text`` in at most ``longest`` characters, with ``ending`` where it was longer.

    ``between_words`` cuts before the last word where that leaves more than half; ``strip`` are signs that do not stand
    before the ending.
    """
    if len(text) <= longest:
        return text
    head = text[: longest - len(ending)]
    return (whole_words(head, least=longest // 2, strip=strip) if between_words else head) + ending


def whole_words(head: str, *, least: int, strip: str = LOOSE_ENDS) -> str:
    """Return the beginning of a text up to its last blank, where that leaves more than ``least`` characters."""
    blank = head.rfind(" ")
    return (head[:blank] if blank > least else head).rstrip(strip)


_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What a terminal takes for a command, or turns the words around it by: control signs but tab and line feed, marks of
direction, tags; and halves of characters."""


def obedient(text: str) -> str:
    """Return untrusted text as a terminal may show it: it prints, and commands nothing."""
    return _COMMANDS.sub("\ufffd", text) if _COMMANDS.search(text) else text


def obedient_json(line: str) -> str:
    """Return a line of JSON that says the same and commands no terminal: such signs are escaped."""
    return _COMMANDS.sub(_escaped, line) if _COMMANDS.search(line) else line


def _escaped(sign: re.Match[str]) -> str:
    return json.dumps(sign[0])[1:-1]
