"""How written words are made equal before they are cut: one plain form for every way of writing the same letters.

NFKC, case, accents, vowel marks that readers may leave out (Arabic, Hebrew), invisible signs, HTML's references. Marks
without which a word is another word stay: the vowel signs of Indic scripts, the voicing of kana, the breve of Cyrillic.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape
from html.entities import html5

# Where marks stand in Unicode: looking at every code point would take a tenth of a second at each start.
_BLOCKS = (
    (0x300, 0x3100),
    (0xA66F, 0xAC00),
    (0xFB1E, 0xFB1F),
    (0xFE00, 0xFE30),
    (0x10A00, 0x12000),
    (0x1E000, 0x1E950),
)
MARKS = "".join(
    chr(code) for first, last in _BLOCKS for code in range(first, last) if unicodedata.category(chr(code))[0] == "M"
)
INVISIBLE = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef"
)
_OPTIONAL = (
    "\u0300-\u0305\u0307-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # accents
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"  # Arabic marks
)
_DROPPED = re.compile(f"[{INVISIBLE}{_OPTIONAL}]|(?<![иу])\u0306")
_UNSEEN = re.compile(f"[{INVISIBLE}]")
_PLAIN = {
    "ı": "i",
    "ø": "o",
    "đ": "d",
    "ł": "l",
    "ħ": "h",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ð": "d",
    "ŋ": "n",
    "ک": "ك",
    "ی": "ي",
}
_LETTERS = re.compile(f"[{''.join(_PLAIN)}]")
# Signs that NFKC would turn into letters or open into a blank and a mark.
_SIGNS = {"™": " ", "℠": " ", **dict.fromkeys("´ʹʻʼʽˈ‘’‚‛′＇", "'")}
_OPENED = re.compile(f"[{''.join(_SIGNS)}]")
_REFERENCE = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
_REFERENCES = re.compile(_REFERENCE)
_JOINING = f"{MARKS}{INVISIBLE}\uff9e\uff9f\u1161-\u11ff\u3131-\u318e\uffa1-\uffdc"
_CLUSTER = f"(?:{_REFERENCE}|.)[{_JOINING}]+|{_REFERENCE}"
# Without the planes above the first, which texts seldom use, ``re`` looks a letter up in one step.
_JOINS = re.compile("[" + re.sub("[\U00010000-\U0010ffff]-?", "", _JOINING) + "]")


def fold(text: str) -> str:
    """Return ``text`` as it is searched: equal for every way of writing the same."""
    if text.isascii() and "&" not in text:
        return text.lower()
    flat = unicodedata.normalize("NFD", as_written(text).casefold())
    flat = _DROPPED.sub("", flat)
    if _LETTERS.search(flat):
        flat = _LETTERS.sub(lambda letter: _PLAIN[letter.group()], flat)
    return unicodedata.normalize("NFC", flat)


def as_written(text: str) -> str:
    """Return ``text`` with its case and accents, in one way of writing each letter and without invisible signs."""
    if text.isascii() and "&" not in text:
        return text
    text = _OPENED.sub(lambda sign: _SIGNS[sign.group()], _REFERENCES.sub(_referred, text))
    return unicodedata.normalize("NFC", _UNSEEN.sub("", unicodedata.normalize("NFKC", text)))


def without_accents(text: str) -> str:
    """Return ``text`` with its case, and without the marks that readers may leave out."""
    flat = _DROPPED.sub("", unicodedata.normalize("NFD", as_written(text)))
    return unicodedata.normalize("NFC", flat)


def folded_pieces(text: str) -> list[tuple[str, int]]:
    """Return what ``fold`` makes of the parts of ``text``, and how long each is in ``text``.

    Where the lengths are the same a part may be long, and each of its letters has its place; else it is one letter with
    all that belongs to it.
    """
    odd = "".join(sorted(sign for sign in set(text) if not sign.isascii() and len(_fold_sign(sign)) != 1))
    joins = "&" in text or max(text, default="") > "\uffff" or bool(_JOINS.search(text))
    if not odd and not joins:
        return [(fold(text), len(text))]
    pieces: list[tuple[str, int]] = []
    done = 0
    for match in _apart(odd, joins).finditer(text):
        if done < match.start():
            pieces.append((fold(text[done : match.start()]), match.start() - done))
        pieces.append((fold(match.group()), match.end() - match.start()))
        done = match.end()
    return [*pieces, (fold(text[done:]), len(text) - done)]


@lru_cache(maxsize=16_384)
def _fold_sign(sign: str) -> str:
    return fold(sign)


@lru_cache(maxsize=256)
def _apart(odd: str, joins: bool) -> re.Pattern[str]:
    """Return what finds the parts that folding makes longer or shorter; ``odd`` are the letters that do so alone."""
    parts = [*([_CLUSTER] if joins else []), *([f"[{re.escape(odd)}]"] if odd else [])]
    return re.compile("|".join(parts), re.DOTALL)


def _referred(found: re.Match[str]) -> str:
    said = found.group()
    return unescape(said) if said[1] == "#" or said[1:] in html5 else said
