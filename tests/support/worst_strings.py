"""The strings on which a regular expression does its worst, made from the expression itself.

A pattern becomes slow where a part that repeats can match the same run in several ways, or where a search begins anew
at each sign of a run that it then reads to the end. So each repeated part is written out many times: alone, behind what
comes before it, and with a sign behind it that nothing matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

# What reads expressions is the library's own; its types are known in some runs of the type checker and not in others.
codes: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

_OF_CLASS = {
    "CATEGORY_SPACE": (" ", "\n", "\t"),
    "CATEGORY_DIGIT": ("0",),
    "CATEGORY_WORD": ("a", "0", "_"),
    "CATEGORY_NOT_SPACE": ("a", "."),
    "CATEGORY_NOT_DIGIT": ("a", " "),
    "CATEGORY_NOT_WORD": (" ", "-", "\n"),
}
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_PLAIN = ("a", " ", "\n", "0", "-", ".", "<", "(", "a ", "\t\n", "a.", "a-", "A", "é")
_NEVER = "\x00"
_SOME = 3


def worst_strings(pattern: re.Pattern[Any], size: int) -> Iterator[str]:
    """Yield strings of about ``size`` characters on which ``pattern`` may be slow."""
    for before, pump in dict.fromkeys(_pumps(pattern)):
        times = max(1, size // len(pump))
        yield before + pump * times
        yield before + pump * times + _NEVER
        if before:
            yield (before + pump) * max(1, size // len(before + pump))
            yield before * max(1, size // len(before)) + _NEVER


def _pumps(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str]]:
    text = pattern.pattern
    tree = parser.parse(text.decode("latin-1") if isinstance(text, bytes) else text, pattern.flags & ~re.UNICODE
                        if isinstance(text, bytes) else pattern.flags)  # fmt: skip
    for plain in _PLAIN:
        yield "", plain
    yield from _in(list(tree), "")


def _in(nodes: Sequence[Any], before: str) -> Iterator[tuple[str, str]]:
    for place, (code, value) in enumerate(nodes):
        behind = before + _one(nodes[:place])
        if code in _REPEATS:
            _, most, body = value
            if most == codes.MAXREPEAT or most > 20:
                for pump in _ways(list(body)):
                    if pump:
                        yield behind, pump
                        yield "", pump
            yield from _in(list(body), behind)
        elif code is codes.SUBPATTERN:
            yield from _in(list(value[3]), behind)
        elif code is codes.BRANCH:
            for part in value[1]:
                yield from _in(list(part), behind)
        elif code is codes.ATOMIC_GROUP:
            yield from _in(list(value), behind)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            yield from _in(list(value[1]), behind)


def _one(nodes: Iterable[Any]) -> str:
    return "".join(next(iter(_of(code, value)), "") for code, value in nodes)


def _ways(nodes: Sequence[Any]) -> list[str]:
    """Return some strings that ``nodes``, one after the other, match."""
    ways = [""]
    for code, value in nodes:
        parts = list(_of(code, value))[: _SOME * 2] or [""]
        ways = [way + part for way in ways for part in parts][: _SOME * 4]
    return ways


def _of(code: Any, value: Any) -> Iterable[str]:
    if code is codes.LITERAL:
        return (chr(value),)
    if code is codes.NOT_LITERAL:
        return tuple(sign for sign in ("a", " ", "\n") if ord(sign) != value)
    if code is codes.ANY:
        return ("a", " ")
    if code is codes.IN:
        return _of_set(value)
    if code is codes.CATEGORY:
        return _OF_CLASS.get(str(value), ("a",))
    if code is codes.BRANCH:
        return tuple(way for part in value[1] for way in _ways(list(part))[:1])
    if code is codes.SUBPATTERN:
        return tuple(_ways(list(value[3])))
    if code is codes.ATOMIC_GROUP:
        return tuple(_ways(list(value)))
    if code in _REPEATS:
        least, _, body = value
        ways = _ways(list(body))
        return tuple(way * max(least, 1) for way in ways) + (("",) if not least else ())
    return ("",)


def _of_set(items: Sequence[Any]) -> tuple[str, ...]:
    given = list(items)
    if given and given[0][0] is codes.NEGATE:
        refused = {chr(value) for code, value in given[1:] if code is codes.LITERAL}
        return tuple(sign for sign in ("a", " ", "0", "\n", "-", "<") if sign not in refused)[:_SOME]
    signs: list[str] = []
    for code, value in given:
        if code is codes.LITERAL:
            signs.append(chr(value))
        elif code is codes.RANGE:
            signs.append(chr(value[0]))
        elif code is codes.CATEGORY:
            signs += _OF_CLASS.get(str(value), ("a",))
    return tuple(dict.fromkeys(signs))[:6]
