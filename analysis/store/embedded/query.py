"""A ``Filter`` as a Tantivy query that selects exactly what ``analysis.model.query.matches`` selects.

Tantivy's own sloppy phrase agrees with Lucene's for two different words only: for more it overlooks matches, and for
a repeated word it takes one occurrence for both (found by comparing it with the matcher over generated texts). So the
candidates of a longer one are read and checked where they are few, and else it is spelled out as exact phrases with
gaps, unless these are too many.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import tantivy
from tantivy import FieldType, Occur

from analysis.model import NO_VALUE
from analysis.model.query import All, Either, Nearby, Node, Terms, Wildcard, Without, plainer, spelled_out
from analysis.store.base import Filter
from analysis.store.columns import HASH, LOOKED_UP, SEARCHED_TEXT, hash_number
from analysis.store.embedded.schema import KEY, band_number, id_key
from analysis.store.filters import matchable, period_ms

MOST_SPELLED_OUT = 128
# To read and check so many takes less time than to look for some dozens of phrases.
FEW_CANDIDATES = 3_000
_MAX_SLOP = 2**31 - 1


@dataclass(frozen=True, slots=True)
class TantivyCompiler:
    """Compiles for one index.

    ``paths`` are the fields it has; ``hashed`` says that it finds ids and the fields of ``LOOKED_UP`` by hash, which
    older ones find by their texts; ``check`` reads candidates and returns the true ids, or None where there are more
    than the number given; ``tokens_from`` returns the index's tokens that begin so.
    """

    schema: tantivy.Schema
    paths: Collection[str]
    hashed: bool
    check: Callable[[Terms | Nearby, tantivy.Query, int | None], Sequence[str] | None]
    tokens_from: Callable[[str], Iterable[str]]

    def filter(self, where: Filter) -> tantivy.Query:
        """Return the query of ``where``; only ``where.query`` gives scores."""
        parts = self._conditions(where)
        if where.query is not None:
            around = _conjunction(parts)
            parts = [(Occur.Must, self.node(where.query.node, around)), *parts]
        return _conjunction(parts)

    def node(self, node: Node, around: tantivy.Query) -> tantivy.Query:
        """Return the query of one node; ``around`` narrows what must be read where reading is needed."""
        match node:
            case All(parts):
                return tantivy.Query.boolean_query([(Occur.Must, self.node(part, around)) for part in parts])
            case Either(parts):
                return tantivy.Query.boolean_query([(Occur.Should, self.node(part, around)) for part in parts])
            case Without(part):
                return tantivy.Query.boolean_query(
                    [(Occur.Must, _silent(tantivy.Query.all_query())), (Occur.MustNot, self.node(part, around))]
                )
            case Wildcard(pattern):
                return self._wildcard(pattern)
            case Nearby() if (spelled := spelled_out(node)) is not None:
                return self.node(spelled, around)
            case Terms() | Nearby() if (plain := plainer(node)) is not None:
                return self._checked(node, plain, around)
            case Terms():
                return self._terms(node, around)
        raise TypeError(f"{type(node).__name__} is no part of a query")

    def _checked(self, leaf: Terms | Nearby, plain: Node, around: tantivy.Query) -> tantivy.Query:
        """What ``plain`` finds and, read as it is written, holds ``leaf``."""
        found = self.node(plain, around)
        ids = self.check(leaf, _conjunction([(Occur.Must, around), (Occur.Must, found)]), None)
        assert ids is not None
        return _conjunction([(Occur.Must, self._any_of("id", ids)), (Occur.Must, found)])

    def _wildcard(self, pattern: str) -> tantivy.Query:
        # Patterns and tokens hold word characters only, so nothing else needs an escape.
        regex = pattern.replace("*", ".*").replace("?", ".")
        try:
            return tantivy.Query.regex_query(self.schema, SEARCHED_TEXT, regex)
        except ValueError:
            # Too many states for the index's automaton (one * before many ?): walk through its tokens instead.
            whole = re.compile(regex, re.DOTALL)
            words = [word for word in self.tokens_from(re.split(r"[*?]", pattern)[0]) if whole.fullmatch(word)]
            return _silent(tantivy.Query.term_set_query(self.schema, SEARCHED_TEXT, words))

    def _terms(self, leaf: Terms, around: tantivy.Query) -> tantivy.Query:
        words = leaf.words
        if len(words) == 1:
            return tantivy.Query.term_query(self.schema, SEARCHED_TEXT, words[0], "freq")
        if not leaf.slop or (len(words) == 2 and words[0] != words[1]):
            return self._phrase(enumerate(words), leaf.slop)
        few_ways = (leaf.slop + 1) ** len(words) - leaf.slop ** len(words) <= MOST_SPELLED_OUT
        pairs = self._pairs(leaf)
        ids = self.check(leaf, _conjunction([(Occur.Must, around), *pairs]), FEW_CANDIDATES if few_ways else None)
        if ids is None:
            return self._spelled_out(leaf)
        return _conjunction([(Occur.Must, self._any_of("id", ids)), *pairs])

    def _phrase(self, placed: Iterable[tuple[int, str]], slop: int = 0) -> tantivy.Query:
        return tantivy.Query.phrase_query(self.schema, SEARCHED_TEXT, [*placed], min(slop, _MAX_SLOP))

    def _spelled_out(self, leaf: Terms) -> tantivy.Query:
        """Every arrangement of the words that the slop allows, each as an exact phrase with gaps."""
        ways = []
        for shifts in product(range(leaf.slop + 1), repeat=len(leaf.words)):
            places = [at + shift for at, shift in enumerate(shifts)]
            if min(shifts) == 0 and len(set(places)) == len(places):
                lowest = min(places)
                ways.append(
                    self._phrase([(at - lowest, word) for at, word in sorted(zip(places, leaf.words, strict=True))])
                )
        return tantivy.Query.boolean_query([(Occur.Should, way) for way in ways])

    def _pairs(self, leaf: Terms) -> list[tuple[Occur, tantivy.Query]]:
        """What each match has at least: every two different words within the slop of their places."""
        phrases = []
        for (i, first), (j, second) in combinations(enumerate(leaf.words), 2):
            if first != second:
                phrases.append((Occur.Must, self._phrase([(0, first), (j - i, second)], leaf.slop)))
        single = tantivy.Query.term_query(self.schema, SEARCHED_TEXT, leaf.words[0], "freq")
        return phrases or [(Occur.Must, single)]

    def _conditions(self, where: Filter) -> list[tuple[Occur, tantivy.Query]]:
        parts = [(Occur.Must, self._any_of(path, values)) for path, values in where.terms.items()]
        parts += [(Occur.MustNot, self._any_of(path, values)) for path, values in where.exclude.items() if values]
        if where.since is not None or where.until is not None:
            parts.append((Occur.Must, self._period(where)))
        if where.private is not None:
            # A mention that was written before there was such a field is public.
            occur = Occur.Must if where.private else Occur.MustNot
            parts.append((occur, self._private()))
        return parts

    def _any_of(self, path: str, values: Sequence[str]) -> tantivy.Query:
        terms = matchable(path, values)
        if NO_VALUE in values:
            some = self._any_of(path, terms)
            return tantivy.Query.boolean_query([(Occur.Should, some), (Occur.Should, self._none_of(path))])
        if path not in self.paths or not terms:
            return tantivy.Query.empty_query()
        if self.hashed and path == "id":
            return self._one_of(KEY, [id_key(value) for value in terms])
        if self.hashed and path in LOOKED_UP:
            number = band_number if path == "bands" else hash_number
            return self._one_of(HASH + path, [number(value) for value in terms])
        return self._one_of(path, terms)

    def _none_of(self, path: str) -> tantivy.Query:
        everything = _silent(tantivy.Query.all_query())
        if path not in self.paths:
            return everything
        return _conjunction([(Occur.Must, everything), (Occur.MustNot, tantivy.Query.exists_query(path))])

    def _one_of(self, name: str, terms: Sequence[str | int]) -> tantivy.Query:
        if len(terms) == 1:
            return _silent(tantivy.Query.term_query(self.schema, name, terms[0], "basic"))
        return _silent(tantivy.Query.term_set_query(self.schema, name, terms))

    def _private(self) -> tantivy.Query:
        if "private" not in self.paths:
            return tantivy.Query.empty_query()
        return _silent(tantivy.Query.range_query(self.schema, "private", FieldType.Integer, 1, None))

    def _period(self, where: Filter) -> tantivy.Query:
        low, after = period_ms(where)
        if where.time_field not in self.paths:
            return tantivy.Query.empty_query()
        high = None if after is None else after - 1
        if low is not None and high is not None and low > high:
            return tantivy.Query.empty_query()
        return _silent(tantivy.Query.range_query(self.schema, where.time_field, FieldType.Integer, low, high))


def selects_by_score(where: Filter) -> bool:
    """Return whether matches of the filter can differ in score."""
    return where.query is not None and _scored(where.query.node)


def _scored(node: Node) -> bool:
    match node:
        case All(parts) | Either(parts):
            return any(_scored(part) for part in parts) or (isinstance(node, Either) and len(parts) > 1)
        case Terms() | Nearby():
            return True
    return False


def _silent(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, 0.0)


def _conjunction(parts: list[tuple[Occur, tantivy.Query]]) -> tantivy.Query:
    if not parts:
        return _silent(tantivy.Query.all_query())
    if all(occur == Occur.MustNot for occur, _ in parts):
        parts = [(Occur.Must, _silent(tantivy.Query.all_query())), *parts]
    if len(parts) == 1:
        return parts[0][1]
    return tantivy.Query.boolean_query(parts)
