"""Names out of sight: what a brand is called says nothing of what people say about it ("Death Wish Coffee").

Each place is replaced by one made-up word of the same length, so that every character keeps its number, and a text
reads the same whatever its brands are called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.enrich.data_files import load_words
from analysis.enrich.reading import Bounds, BrandPlace

NAME = "<name>"
"""What every name is among the lower-case tokens of a reading."""
_SIGNS = "!?.+*"
_LEADS = load_words("grammar", "leads")


def masked(text: str, places: Sequence[BrandPlace]) -> tuple[str, list[Bounds]]:
    """Return ``text`` with made-up words for its names, and their characters. One that is all of the text is left.

    An article or a possessive in front ("my Leaf") is no part of the name.
    """
    names: list[Bounds] = []
    said = [place for place in places if text[place.start : place.end].strip() != text.strip()]
    for start, end in sorted((_named(text, place) for place in said), key=lambda name: (name[0], -name[1])):
        if names and start < names[-1][1]:
            names[-1] = (names[-1][0], max(end, names[-1][1]))
        elif start < end:
            names.append((start, end))
    parts, at = [], 0
    for start, end in names:
        parts += [text[at:start], "X" + "q" * (end - start - 1)]
        at = end
    return "".join([*parts, text[at:]]), names


def without(text: str, bounds: Sequence[Bounds]) -> str:
    """Return ``text`` with a blank in the place of each of ``bounds``, which are in order and may overlap."""
    parts, at = [], 0
    for first, last in bounds:
        parts.append(text[at:first])
        at = max(at, last)
    return " ".join([*parts, text[at:]])


def with_signs(place: BrandPlace, text: str, names: Sequence[str]) -> BrandPlace:
    """Return ``place`` with the signs behind it that belong to one of the brand's ``names``: "Yahoo!"."""
    signs = {name[len(name.rstrip(_SIGNS)) :] for name in names} - {""}
    behind = next((sign for sign in sorted(signs, key=len, reverse=True) if text.startswith(sign, place.end)), "")
    return replace(place, end=place.end + len(behind))


def _named(text: str, place: BrandPlace) -> Bounds:
    start, end = place.start, place.end
    lead, _, rest = text[start:end].partition(" ")
    return (end - len(rest) if rest and lead.casefold() in _LEADS else start), end
