"""Boolean brand and search queries in Lucene syntax: parsed once by luqum, then matched or compiled by each engine.

Understood: words, ``"phrases"``, proximity ``"a b"~5``, wildcards ``framewor*`` and ``gr?y``, ``AND OR NOT + -``,
parentheses. Words that stand side by side must all occur. A word of several tokens (``frame.work``) is a phrase.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from luqum.exceptions import IllegalCharacterError, ParseError
from luqum.parser import parser
from luqum.tree import (
    AndOperation,
    Group,
    Item,
    Not,
    OrOperation,
    Phrase,
    Plus,
    Prohibit,
    Proximity,
    UnknownOperation,
    Word,
)

from analysis.model.errors import QueryError
from analysis.model.text import normalise, token_words

_SYNTAX_HELP = 'use words, "phrases", "a b"~5, prefix*, AND, OR, NOT and parentheses'


@dataclass(frozen=True, slots=True)
class Terms:
    """Words in this order; with ``slop`` they may be moved, as in Lucene.

    Take from each word's position its place in the phrase: the largest and the smallest result may differ by ``slop``.
    So ``"a b"~1`` finds ``a x b``, ``"a b"~2`` also ``b a``. A repeated word needs as many occurrences.
    """

    words: tuple[str, ...]
    slop: int = 0


@dataclass(frozen=True, slots=True)
class Wildcard:
    """One token that matches ``pattern``, where ``*`` is any run of characters and ``?`` is one."""

    pattern: str


@dataclass(frozen=True, slots=True)
class All:
    """Every part matches."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part matches."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """The part does not match."""

    part: Node


Node = Terms | Wildcard | All | Either | Without


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query and the text that it came from."""

    source: str
    node: Node


def parse(source: str) -> Query:
    """Return the query that ``source`` says. Raises ``QueryError`` with the column of the first mistake."""
    if not source.strip():
        raise QueryError(f"the query is empty; {_SYNTAX_HELP}", column=1)
    try:
        tree = parser.parse(source)
    except (IllegalCharacterError, ParseError) as error:
        raise _syntax_error(source, str(error)) from None
    node = _node(tree, source)
    if not _has_positive(node):
        raise QueryError(f"the query only excludes; name at least one word to find; {_SYNTAX_HELP}", column=1)
    return Query(source, node)


def any_of(queries: Sequence[Query]) -> Query:
    """Return the query that matches where one of ``queries`` does."""
    if len(queries) == 1:
        return queries[0]
    return Query(" OR ".join(f"({query.source})" for query in queries), Either(tuple(query.node for query in queries)))


def words_query(phrase: str) -> Query:
    """Return the query that finds ``phrase`` as it stands, whatever signs are in it."""
    words = tuple(token_words(phrase))
    if not words:
        raise QueryError(f"{phrase!r} holds no word or number to search for", column=1)
    return Query(phrase, Terms(words))


def matches(query: Query, words: Sequence[str]) -> bool:
    """Return whether a text with these normalised tokens satisfies ``query``."""
    return _matches(query.node, words, _positions(words))


def spans(query: Query, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return the token spans (first, past last) where positive parts of ``query`` occur, merged, in order."""
    index = _positions(words)
    found = sorted({span for leaf in _positive_leaves(query.node) for span in _occurrences(leaf, words, index)})
    merged: list[tuple[int, int]] = []
    for first, last in found:
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _node(item: Item, source: str) -> Node:
    match item:
        case Group():
            return _node(item.children[0], source)
        case OrOperation():
            return Either(tuple(_node(child, source) for child in item.children))
        case AndOperation() | UnknownOperation():
            return All(tuple(_node(child, source) for child in item.children))
        case Not() | Prohibit():
            return Without(_node(item.children[0], source))
        case Plus():
            return _node(item.children[0], source)
        case Proximity():
            phrase = item.children[0]
            return _terms(str(phrase.value)[1:-1], phrase, slop=int(item.degree))
        case Phrase():
            return _terms(item.value[1:-1], item)
        case Word():
            return _word(item)
    kind = {"SearchField": "a field name", "Fuzzy": "a fuzzy word", "Regex": "a regular expression"}
    what = kind.get(type(item).__name__, f"a {type(item).__name__}")
    raise QueryError(f"{what} is not understood here; {_SYNTAX_HELP}", column=(item.pos or 0) + 1)


def _word(item: Word) -> Node:
    if item.value in {"*", "?"}:
        raise QueryError(f"a lone {item.value} matches everything; {_SYNTAX_HELP}", column=(item.pos or 0) + 1)
    if "*" in item.value or "?" in item.value:
        pattern = normalise(item.value)
        if token_words(re.sub(r"[*?]", "", pattern)) != [re.sub(r"[*?]", "", pattern)]:
            raise QueryError("a wildcard works inside one word of letters or digits", column=(item.pos or 0) + 1)
        return Wildcard(pattern)
    return _terms(re.sub(r"\\(.)", r"\1", item.value), item)


def _terms(text: str, item: Item, *, slop: int = 0) -> Terms:
    words = tuple(token_words(text))
    if not words:
        raise QueryError(f"{text!r} holds no word or number to search for", column=(item.pos or 0) + 1)
    return Terms(words, slop if len(words) > 1 else 0)


def _syntax_error(source: str, said: str) -> QueryError:
    at = re.search(r"position (\d+)", said)
    column = int(at.group(1)) + 1 if at else len(source) + 1
    if source.count('"') % 2:
        column = source.rindex('"') + 1
        return QueryError(f"the quotation mark at column {column} is not closed", column=column)
    opened: list[int] = []
    for place, sign in enumerate(re.sub(r'\\.|"[^"]*"', lambda quoted: "_" * len(quoted.group()), source)):
        if sign == "(":
            opened.append(place + 1)
        elif sign == ")" and not opened:
            return QueryError(f"the parenthesis at column {place + 1} closes nothing", column=place + 1)
        elif sign == ")":
            opened.pop()
    if opened:
        return QueryError(f"the parenthesis at column {opened[-1]} is not closed", column=opened[-1])
    return QueryError(f"the query breaks at column {column}; {_SYNTAX_HELP}", column=column)


def _has_positive(node: Node) -> bool:
    match node:
        case Without():
            return False
        case All(parts):
            return any(_has_positive(part) for part in parts)
        case Either(parts):
            return all(_has_positive(part) for part in parts)
    return True


def _positive_leaves(node: Node) -> Iterable[Terms | Wildcard]:
    match node:
        case All(parts) | Either(parts):
            for part in parts:
                yield from _positive_leaves(part)
        case Terms() | Wildcard():
            yield node


def _positions(words: Sequence[str]) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        index.setdefault(word, []).append(place)
    return index


def _matches(node: Node, words: Sequence[str], index: dict[str, list[int]]) -> bool:
    match node:
        case All(parts):
            return all(_matches(part, words, index) for part in parts)
        case Either(parts):
            return any(_matches(part, words, index) for part in parts)
        case Without(part):
            return not _matches(part, words, index)
        case Terms() | Wildcard():
            return bool(_occurrences(node, words, index))


def _occurrences(leaf: Terms | Wildcard, words: Sequence[str], index: dict[str, list[int]]) -> list[tuple[int, int]]:
    if isinstance(leaf, Wildcard):
        pattern = re.compile(re.escape(leaf.pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
        return [(at, at + 1) for word, places in index.items() if pattern.fullmatch(word) for at in places]
    if leaf.slop:
        return _near(leaf, index)
    size = len(leaf.words)
    starts = index.get(leaf.words[0], [])
    return [(at, at + size) for at in starts if tuple(words[at : at + size]) == leaf.words]


def _near(leaf: Terms, index: dict[str, list[int]]) -> list[tuple[int, int]]:
    """Lucene's sloppy phrase: shift each position by its word's place; the spread must be ``slop`` or less.

    Each shifted position is tried as the lowest, and every word takes its first place from there on. A word that is
    repeated takes different places: all its windows are equally long, so taking the first free one is the best choice.
    """
    shifts: dict[str, list[int]] = {}
    for shift, word in enumerate(leaf.words):
        shifts.setdefault(word, []).append(shift)
    if any(word not in index for word in shifts):
        return []
    lowest = {at - shift for word, places in shifts.items() for shift in places for at in index[word]}
    windows = (_window(shifts, index, low, leaf.slop) for low in sorted(lowest))
    return [window for window in windows if window is not None]


def _window(shifts: dict[str, list[int]], index: dict[str, list[int]], low: int, slop: int) -> tuple[int, int] | None:
    real: list[int] = []
    for word, places in shifts.items():
        at, last = index[word], -1
        for shift in places:
            place = bisect_left(at, max(low + shift, last + 1))
            if place == len(at) or at[place] > low + shift + slop:
                return None
            last = at[place]
            real.append(last)
    return min(real), max(real) + 1
