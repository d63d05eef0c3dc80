"""Which names are words of everyday language, so that looking for them alone finds what means no brand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from spellchecker import SpellChecker

from analysis.enrich.data_files import load
from analysis.model import Brand
from analysis.model.query import All, Either, Nearby, Node, Terms, parse, words_query
from analysis.model.text import plain_tokens

LEAST = {"en": 600, "de": 1000, "fr": 1000, "es": 1000}
"""How often a word must occur among the subtitles that the word lists are counted from; brands' own names are below."""
_LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}
_SHORT = 2
_NAMES_ALONE = frozenset(str(load("everyday")["names"]).split())


def everyday_names(brands: Sequence[Brand]) -> Iterator[tuple[Brand, str, str]]:
    """Yield each name that is looked for alone, in small letters too, and is a common word or very short: its brand,
    the name, and what is the matter.
    """
    lists = {language: SpellChecker(language=language, distance=1) for language in LEAST}
    for brand in brands:
        if brand.context or brand.case_sensitive:
            continue
        for name in dict.fromkeys(_alone(brand)):
            word = plain_tokens(name)[0].norm
            spoken = [_LANGUAGES[code] for code, least in LEAST.items() if _count(lists[code], word) >= least]
            if word in _NAMES_ALONE:
                continue
            if spoken:
                yield brand, name, f"is a common word of {' and '.join(spoken)}"
            elif len(word) <= _SHORT and word.isascii():
                yield brand, name, "is very short"


def _count(words: SpellChecker, word: str) -> int:
    return int(words[word]) if word in words else 0


def _alone(brand: Brand) -> Iterator[str]:
    """Yield the single words by which the brand is found."""
    if brand.query.strip():
        yield from _single(parse(brand.query).node)
    for name in (*(() if brand.query.strip() else (brand.name,)), *brand.aliases, *brand.products):
        yield from _single(words_query(name, exact=brand.exact).node)


def _single(node: Node) -> Iterator[str]:
    match node:
        case Either(parts):
            for part in parts:
                yield from _single(part)
        case Terms(words, _, form) if len(words) == 1 and not form:
            yield node.shown or words[0].capitalize()
        case All() | Nearby():
            return
