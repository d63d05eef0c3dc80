"""What identifies private persons in a text, taken out before anything is stored: e-mail addresses, telephone numbers,
bank accounts, and the handles by which people are called.

Patterns are strict rather than greedy: a date, a price or an order's number says something of a product. An account's
number is one only where its check digits are right (ISO 13616). What holds a brand's own name ("help@tessaro.example",
"@TessaroHelp") is no private person's, and stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import regex

from analysis.model import Post
from analysis.model.folding import fold

MAIL, NUMBER, ACCOUNT, HANDLE = "(e-mail)", "(number)", "(account)", "@someone"
_SHORTEST = 3
_MAIL = regex.compile(r"(?<![\w.+-])[\w.+-]{1,64}+@(?:[\w-]{1,63}+\.){1,5}+[^\W\d_]{2,24}(?![\w-])")
_IBAN = regex.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])")
_PHONES = regex.compile(
    r"(?<![\w/.+-])(?<!\d )(?:"
    r"(?:\+|00)[1-9]\d{0,2}(?:[ ()./-]{0,3}\d){6,12}"
    r"|\(?0\d{2,5}\)?(?:[ ./-]{1,2}\d{2,8}){1,5}"
    r"|(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}"
    r")(?![\w-])"
)
_HANDLE = regex.compile(r"(?<![\w@/.+-])@\w{2,40}+(?:@[\w-]{1,63}+(?:\.[\w-]{2,63}+){1,3})?+")
_FEWEST = 8
"""Digits of a telephone number."""


def without_persons(post: Post, own: Sequence[str]) -> Post:
    """Return ``post`` without what identifies private persons; ``own`` are the names of the brands, which stay."""
    names = tuple(name for each in own if len(name := _joined(each)) >= _SHORTEST)
    title, text = _taken_out(post.title, names), _taken_out(post.text, names)
    return post if (title, text) == (post.title, post.text) else replace(post, title=title, text=text)


def _taken_out(text: str, own: Sequence[str]) -> str:
    def other(word: str) -> Callable[[regex.Match[str]], str]:
        return lambda match: match[0] if any(name in _joined(match[0]) for name in own) else word

    if "@" in text:
        text = _MAIL.sub(other(MAIL), _HANDLE.sub(other(HANDLE), text))
    if any(map(str.isdigit, text)):
        text = _IBAN.sub(lambda match: ACCOUNT if _is_account(match[0]) else match[0], text)
        text = _PHONES.sub(lambda match: NUMBER if _digits(match[0]) >= _FEWEST else match[0], text)
    return text


def _joined(text: str) -> str:
    return "".join(filter(str.isalnum, fold(text)))


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _is_account(text: str) -> bool:
    """Tell whether the check digits of an IBAN are right."""
    number = text.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1
