"""The part of a long text that is judged: the sentences around each name, so that cost does not grow with length."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from analysis.enrich.find.brands import Found

WHOLE = 1800  # characters: a text up to here is judged whole
BOUND = 7000  # characters judged at most
_BEFORE, _AFTER = 1, 2  # sentences around each name
_LONGEST = 1200  # characters of a "sentence" without punctuation
_END = re.compile(r"(?<=[.!?…])[\"')\]”’]*\s+|\n+")


def passage(text: str, found: Sequence[Found]) -> tuple[str, list[Found]]:
    """Return the text to judge and where it names the brands. Every brand's first place is in it."""
    if len(text) <= WHOLE:
        return text, list(found)
    bounds = _sentences(text)
    starts = [first for first, _ in bounds]
    homes = [bisect_right(starts, item.start) - 1 for item in found]
    wanted = _wanted(homes, found, bounds)
    parts: list[str] = []
    moved: list[Found] = []
    length = 0
    for number in wanted:
        first, last = bounds[number]
        for item, home in zip(found, homes, strict=True):
            if home == number:
                end = min(item.end, last) - first + length
                moved.append(Found(item.brand, item.start - first + length, end))
        parts.append(text[first:last])
        length += last - first + 1
    return "\n".join(parts), moved


def _wanted(homes: Sequence[int], found: Sequence[Found], bounds: Sequence[tuple[int, int]]) -> list[int]:
    """Return the sentences to judge, in order: each brand's first place before anyone's second, up to the bound."""
    seen: dict[str, int] = {}
    ranked = []
    for item, home in zip(found, homes, strict=True):
        seen[item.brand] = seen.get(item.brand, 0) + 1
        ranked.append((seen[item.brand], home))
    chosen: set[int] = set()
    size = 0
    for turn, home in sorted(set(ranked)):
        if size > BOUND and turn > 1:
            break
        for number in range(max(0, home - _BEFORE), min(len(bounds), home + _AFTER + 1)):
            if number not in chosen:
                chosen.add(number)
                size += bounds[number][1] - bounds[number][0]
    return sorted(chosen)


def _sentences(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start = 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        while end - start > _LONGEST:
            cut = text.rfind(" ", start, start + _LONGEST)
            cut = cut + 1 if cut > start else start + _LONGEST
            found.append((start, cut))
            start = cut
        if end > start:
            found.append((start, end))
            start = end
    return found
