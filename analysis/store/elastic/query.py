"""A ``Filter`` as an Elasticsearch query that selects exactly what ``analysis.model.query.matches`` selects.

``tokens`` is indexed as Candor's own tokens, split at white space, so each leaf has a query of Lucene's own. Where
Lucene gives up or decides otherwise (a repeated word with slop, a pattern with too many states), and where capitals or
signs matter, candidates are read and checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.model import NO_VALUE
from analysis.model.query import All, Either, Leaf, Nearby, Node, Terms, Wildcard, Without, plainer, spelled_out
from analysis.store.base import Document, Filter
from analysis.store.columns import SEARCHED_TEXT
from analysis.store.filters import matchable, period_ms

MOST_TERMS = 50_000
_MOST_OPEN = 8
_MAX_SLOP = 2**31 - 1
NOTHING: Document = {"match_none": {}}


@dataclass(frozen=True, slots=True)
class ElasticCompiler:
    """``check`` reads the matches of a query and returns the ids of those whose tokens do hold the leaf."""

    check: Callable[[Leaf, Document], Sequence[str]]

    def filter(self, where: Filter) -> Document:
        """Return the query of ``where``; only ``where.query`` gives scores."""
        needed, barred = _conditions(where)
        bound: Document = {"bool": {"filter": needed, "must_not": barred}}
        if where.query is None:
            return bound
        bound["bool"]["must"] = [self.node(where.query.node, {"bool": dict(bound["bool"])})]
        return bound

    def node(self, node: Node, around: Document) -> Document:
        """Return the query of one node; ``around`` narrows what must be read where reading is needed."""
        match node:
            case All(parts):
                return {"bool": {"must": [self.node(part, around) for part in parts]}}
            case Either(parts):
                return {"bool": {"should": [self.node(part, around) for part in parts], "minimum_should_match": 1}}
            case Without(part):
                return {"constant_score": {"filter": {"bool": {"must_not": [self.node(part, around)]}}, "boost": 0.0}}
            case Wildcard():
                return self._wildcard(node, around)
            case Nearby() if (spelled := spelled_out(node)) is not None:
                return self.node(spelled, around)
            case Terms() | Nearby() if (plain := plainer(node)) is not None:
                found = self.node(plain, around)
                ids = self.check(node, {"bool": {"filter": [around, found]}})
                return {"bool": {"must": [found], "filter": [_ids(ids)]}}
            case Terms():
                return self._terms(node, around)
        raise TypeError(f"{type(node).__name__} is no part of a query")

    def _wildcard(self, leaf: Wildcard, around: Document) -> Document:
        # Patterns and tokens hold word characters only, so nothing else needs an escape.
        if leaf.pattern.count("?") <= _MOST_OPEN or "*" not in leaf.pattern:
            return _pattern(leaf.pattern)
        # One * before many ? has too many states for Lucene: look at what has the longest piece of it.
        piece = max(leaf.pattern.replace("?", "*").split("*"), key=len)
        return _ids(self.check(leaf, {"bool": {"filter": [around, _pattern(f"*{piece}*")]}}))

    def _terms(self, leaf: Terms, around: Document) -> Document:
        words = leaf.words
        if len(words) == 1:
            return {"term": {SEARCHED_TEXT: {"value": words[0]}}}
        if not leaf.slop or len(set(words)) == len(words):
            return _phrase(words, leaf.slop)
        # Lucene's sloppy phrase may take one occurrence of a repeated word for two.
        candidates = {"bool": {"filter": [around, *({"term": {SEARCHED_TEXT: word}} for word in sorted(set(words)))]}}
        return _ids(self.check(leaf, candidates))


def _conditions(where: Filter) -> tuple[list[Document], list[Document]]:
    needed = [_any_of(path, values) for path, values in where.terms.items()]
    barred = [_any_of(path, values) for path, values in where.exclude.items() if values]
    low, after = period_ms(where)
    edges = {name: value for name, value in (("gte", low), ("lt", after)) if value is not None}
    if edges:
        needed.append({"range": {where.time_field: {**edges, "format": "epoch_millis"}}})
    if where.private is not None:
        # A mention that was written before there was such a field is public.
        (needed if where.private else barred).append({"term": {"private": True}})
    return needed, barred


def _any_of(path: str, values: Sequence[str]) -> Document:
    terms = matchable(path, values)
    some: list[Document] = [{"terms": {path: terms[at : at + MOST_TERMS]}} for at in range(0, len(terms), MOST_TERMS)]
    some += [{"bool": {"must_not": [{"exists": {"field": path}}]}}] if NO_VALUE in values else []
    if not some:
        return NOTHING
    return some[0] if len(some) == 1 else {"bool": {"should": some}}


def _phrase(words: Sequence[str], slop: int) -> Document:
    return {"match_phrase": {SEARCHED_TEXT: {"query": " ".join(words), "slop": min(slop, _MAX_SLOP)}}}


def _pattern(pattern: str) -> Document:
    return {"wildcard": {SEARCHED_TEXT: {"value": pattern}}}


def _ids(ids: Sequence[str]) -> Document:
    return {"constant_score": {"filter": _any_of("id", ids)}}


def by_relevance(where: Filter) -> list[Any]:
    """Return the order of the best matches: by score where there is one, ties by id."""
    return [{"id": "asc"}] if where.query is None else [{"_score": "desc"}, {"id": "asc"}]
