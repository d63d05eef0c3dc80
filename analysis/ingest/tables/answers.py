"""Which questions of a survey were answered in words of one's own, rather than by a choice, a number or a date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LOOKED_AT = 200
"""Rows by which it is told."""
_FEWEST_WORDS = 3.0
"""On average: "very satisfied" is a choice."""
_MANY = 10
_DIFFERENT = 0.5
"""The share of many answers that must be each other's only ones: a choice is made by several."""
_LONGEST_SCRIPTS = 4
"""Signs that stand for a word where words are not told apart by spaces."""


def open_answers(questions: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return those of ``questions`` that the ``rows`` answer in words, in their order."""
    return tuple(name for name in questions if _is_open([row[name] for row in rows if row.get(name)]))


def _is_open(answers: Sequence[Any]) -> bool:
    said = [" ".join(str(answer).split()) for answer in answers]
    said = [answer for answer in said if any(sign.isalpha() for sign in answer) and "@" not in answer]
    if not said or len(said) < len(answers) / 2:
        return False
    if sum(map(_words, said)) / len(said) < _FEWEST_WORDS:
        return False
    return len(said) < _MANY or len(set(said)) >= _DIFFERENT * len(said)


def _words(text: str) -> float:
    unspaced = sum(sign >= "\u2e80" for sign in text)
    return len(text.split()) + unspaced / _LONGEST_SCRIPTS
