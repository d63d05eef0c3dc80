"""The part of a long text that is judged: the sentences around each name, so that cost does not grow with length."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from analysis.enrich.reading import Bounds, BrandPlace, Window

WHOLE = 1800  # characters: a text up to here is judged whole
BOUND = 7000  # characters judged at most
_BEFORE, _AFTER = 1, 2  # sentences around each name
_LONGEST = 1200  # characters of a "sentence" without punctuation
_END = re.compile(r"(?<=[.!?…])[\"')\]”’]*\s+|\n+")


def passage(window: Window) -> Window:
    """Return the window on what is to be judged of the text. Every brand's first place is in it."""
    if len(window.text) <= WHOLE:
        return window
    bounds = _sentences(window.text)
    starts = [first for first, _ in bounds]
    homes = [bisect_right(starts, place.start) - 1 for place in window.places]
    parts: list[str] = []
    places: list[BrandPlace] = []
    length = title_end = 0
    wanted = _wanted(homes, window.places, bounds)
    if all(place.end <= window.title_end for place in window.places):  # whatever the body says, it says of these
        wanted = _opening(bounds, wanted)
    for number in wanted:
        first, last = bounds[number]
        for place, home in zip(window.places, homes, strict=True):
            if home == number:
                end = min(place.end, last) - first + length
                places.append(BrandPlace(place.brand, place.start - first + length, end))
        if first < window.title_end:
            title_end = length + min(last, window.title_end) - first
        parts.append(window.text[first:last])
        length += last - first + 1
    return replace(window, text="\n".join(parts), places=tuple(places), title_end=title_end)


def _wanted(homes: Sequence[int], places: Sequence[BrandPlace], bounds: Sequence[Bounds]) -> list[int]:
    """Return the sentences to judge, in order: each brand's first place before anyone's second, up to the bound."""
    seen: dict[str, int] = {}
    ranked = []
    for place, home in zip(places, homes, strict=True):
        seen[place.brand] = seen.get(place.brand, 0) + 1
        ranked.append((seen[place.brand], home))
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


def _opening(bounds: Sequence[Bounds], wanted: Sequence[int]) -> list[int]:
    last = next((number for number, (_, end) in enumerate(bounds) if end > WHOLE), len(bounds))
    return sorted({*wanted, *range(last)})


def _sentences(text: str) -> list[Bounds]:
    bounds: list[Bounds] = []
    start = 0
    for end in [*(match.end() for match in _END.finditer(text)), len(text)]:
        while end - start > _LONGEST:
            cut = text.rfind(" ", start, start + _LONGEST)
            cut = cut + 1 if cut > start else start + _LONGEST
            bounds.append((start, cut))
            start = cut
        if end > start:
            bounds.append((start, end))
            start = end
    return bounds
