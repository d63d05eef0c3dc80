"""Which brands a text names, and where: by their queries, names, aliases and products.

Whether a name means the brand is judged afterwards (``judges.relevance``).

Matching works on the shared tokens alone, so that a post without any brand costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from analysis.enrich.reading import BrandPlace
from analysis.model import Brand
from analysis.model.query import (
    All,
    Either,
    Nearby,
    Node,
    Query,
    Terms,
    Wildcard,
    Without,
    any_of,
    matches,
    merged,
    parse,
    spans,
    words_query,
)
from analysis.model.text import Words, normalise, token_words


@dataclass(frozen=True, slots=True)
class BrandMatcher:
    """One brand, ready to be looked for. Build it with ``brand_matcher``."""

    id: str
    query: Query
    name: Query
    vetoes: tuple[Query, ...]
    name_words: frozenset[str]
    triggers: frozenset[str]
    wild: re.Pattern[str] | None
    pieces: frozenset[str]


def brand_matcher(brand: Brand) -> BrandMatcher:
    """Return the matcher of ``brand``. Without a query its name finds it. Raises ``QueryError`` on a wrong query."""
    named = partial(words_query, exact=brand.exact, case=brand.case_sensitive)
    main = parse(brand.query) if brand.query.strip() else named(brand.name)
    names = [named(word) for word in brand.aliases]
    products = [named(word) for word in brand.products]
    positive = any_of([main, *names, *products])
    patterns = sorted(set(_wildcards(positive.node)))
    return BrandMatcher(
        id=brand.id,
        query=positive,
        name=any_of([named(brand.name), *names]),
        vetoes=tuple(Query(main.source, part) for part in _ruled_out(main.node)),
        name_words=frozenset(token_words(" ".join([brand.name, *brand.aliases, *brand.products]))),
        triggers=frozenset(_words(positive.node)),
        pieces=frozenset([*_words(positive.node), *_pieces(positive.node)]),
        wild=re.compile("|".join(f"(?:^| ){pattern}(?: |$)" for pattern in patterns)) if patterns else None,
    )


def find_brands(matchers: Sequence[BrandMatcher], words: Words) -> list[BrandPlace]:
    """Return where the text of these words names the brands, in order of place."""
    tokens = words.tokens
    present = frozenset(words)
    joined = " ".join(words) if any(matcher.wild for matcher in matchers) else ""
    places: list[BrandPlace] = []
    for matcher in matchers:
        if present.isdisjoint(matcher.triggers) and not (matcher.wild and matcher.wild.search(joined)):
            continue
        places += _apart(
            BrandPlace(matcher.id, tokens[first].start, tokens[last - 1].end) for first, last in _places(matcher, words)
        )
    return sorted(places, key=lambda place: (place.start, -place.end, place.brand))


def _apart(places: Iterable[BrandPlace]) -> Iterator[BrandPlace]:
    """Yield the places of a brand, without those inside another: a hashtag and a word of it may both be found."""
    end = -1
    for place in sorted(places, key=lambda place: (place.start, -place.end)):
        if place.end > end:
            yield place
            end = place.end


def may_name(matchers: Sequence[BrandMatcher], text: str) -> bool:
    """Tell whether ``text`` may name one of the brands; if not, ``find_brands`` finds none in any part of it.

    Looks for each brand's words anywhere, inside other words too, which costs a fraction of making tokens.
    """
    folded = normalise(text)
    return any(piece in folded for matcher in matchers for piece in matcher.pieces)


def _places(matcher: BrandMatcher, words: Words) -> list[tuple[int, int]]:
    if not matches(matcher.query, words) or any(matches(veto, words) for veto in matcher.vetoes):
        return []
    places = spans(matcher.query, words)
    # A query such as `Tessaro AND kettle` also marks each "kettle": where the name itself stands, that is the place.
    named = [place for place in places if not matcher.name_words.isdisjoint(words[place[0] : place[1]])]
    return merged([*(named or places), *spans(matcher.name, words)])


def _words(node: Node) -> list[str]:
    """Return words of which one occurs in every text that ``node`` matches without a wildcard."""
    match node:
        case Terms(words):
            return [words[0]]
        case Either(parts) | All(parts) | Nearby(parts):
            return [word for part in parts for word in _words(part)]
    return []


def _wildcards(node: Node) -> list[str]:
    match node:
        case Wildcard(pattern):
            return [re.escape(pattern).replace(r"\*", "[^ ]*").replace(r"\?", "[^ ]")]
        case Either(parts) | All(parts) | Nearby(parts):
            return [pattern for part in parts for pattern in _wildcards(part)]
    return []


def _pieces(node: Node) -> list[str]:
    """Return for each wildcard its longest run of plain characters; an empty one is in every text."""
    match node:
        case Wildcard(pattern):
            return [max(re.split(r"[*?]", pattern), key=len)]
        case Either(parts) | All(parts) | Nearby(parts):
            return [piece for part in parts for piece in _pieces(part)]
    return []


def _ruled_out(node: Node) -> list[Node]:
    """Return what the query excludes at its top level: it must hold for aliases and products too."""
    match node:
        case All(parts):
            return [part.part for part in parts if isinstance(part, Without)]
    return []
