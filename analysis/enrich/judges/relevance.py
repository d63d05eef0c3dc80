"""Does a name mean the brand? Of a brand with context words one must be near; a word that rules it out must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.enrich.reading import Bounds, Window
from analysis.enrich.slots import Material, RelevanceJudge
from analysis.model import Brand
from analysis.model.query import Query, any_of, spans, words_query
from analysis.model.text import Token, Words

NEAR = 30  # tokens on each side in which a context or excluding word counts as near


@dataclass(frozen=True, slots=True)
class _Company:
    """The words that a brand's name keeps and shuns. A product's name is as good as a context word."""

    wanted: tuple[Query, ...]
    shunned: Query | None

    def spans(self, words: Words) -> tuple[list[Bounds] | None, list[Bounds]]:
        """Return where the wanted words stand (None where none is asked for), and the shunned ones."""
        wanted = [span for query in self.wanted for span in spans(query, words)] if self.wanted else None
        return wanted, spans(self.shunned, words) if self.shunned else []


class RelevanceRules:
    """The judge of relevance by the brands' ``context`` and ``exclude`` words: its probabilities are 0 and 1."""

    version = "rules-1"

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._companies = {brand.id: _company(brand) for brand in brands if brand.context or brand.exclude}

    def judge(self, window: Window, tokens: Sequence[Token]) -> list[float]:
        """Return 1 for each place of a brand in good company, else 0. Places of brands without such words get 1."""
        asked = {place.brand for place in window.places} & self._companies.keys()
        if not asked:
            return [1.0] * len(window.places)
        words = Words(window.text, tokens)
        company = {brand: self._companies[brand].spans(words) for brand in asked}
        starts = {token.start: number for number, token in enumerate(tokens)}
        ends = {token.end: number + 1 for number, token in enumerate(tokens)}
        return [
            float(_fits((starts[place.start], ends[place.end]), *company[place.brand])) if place.brand in asked else 1.0
            for place in window.places
        ]


def make(material: Material) -> RelevanceJudge:
    """Return the judge for the tracked brands."""
    return RelevanceRules(material.brands)


def _company(brand: Brand) -> _Company:
    wanted = (brand.context, brand.products) if brand.context else ()
    return _Company(tuple(_any(words) for words in wanted if words), _any(brand.exclude) if brand.exclude else None)


def _any(phrases: Sequence[str]) -> Query:
    return any_of([query for phrase in phrases for query in (words_query(phrase), *_plurals(phrase))])


def _plurals(phrase: str) -> list[Query]:
    """Return what finds a context word in the plural too."""
    if not phrase[-1:].isalpha() or len(phrase) < 3:
        return []
    return [words_query(phrase + ending) for ending in ("s", "es")]


def _fits(place: Bounds, wanted: Sequence[Bounds] | None, shunned: Sequence[Bounds]) -> bool:
    near = wanted is None or any(_close(place, other) for other in wanted)
    return near and not any(_close(place, other) for other in shunned)


def _close(place: Bounds, other: Bounds) -> bool:
    return other[0] - place[1] < NEAR and place[0] - other[1] < NEAR
