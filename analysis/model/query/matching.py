"""Which texts a query matches, and where: the meaning that every engine keeps."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from analysis.model.folding import without_accents
from analysis.model.query.tree import (
    All,
    Either,
    Leaf,
    Nearby,
    Node,
    Query,
    Terms,
    Wildcard,
    Without,
    Writing,
    positive_leaves,
)
from analysis.model.text import Words

Span = tuple[int, int]
Index = dict[str, list[int]]
_TIGHT = frozenset(".*!$?")
_AROUND = 12  # characters looked at before and after a name


def any_of(queries: Sequence[Query]) -> Query:
    """Return the query that matches where one of ``queries`` does."""
    if len(queries) == 1:
        return queries[0]
    return Query(" OR ".join(f"({query.source})" for query in queries), Either(tuple(query.node for query in queries)))


def matches(query: Query, words: Sequence[str]) -> bool:
    """Return whether a text with these normalised tokens satisfies ``query``.

    Signs and capitals are known of the words that ``token_words`` returns; mere words count as written so.
    """
    said = Words.of(words)
    return _matches(query.node, said, _positions(said))


def spans(query: Query, words: Sequence[str]) -> list[Span]:
    """Return the token spans (first, past last) where positive parts of ``query`` occur, merged, in order."""
    said = Words.of(words)
    index = _positions(said)
    found = sorted({span for leaf in positive_leaves(query.node) for span in _places(leaf, said, index)})
    return merged(found)


def merged(found: Sequence[Span]) -> list[Span]:
    """Return spans in order, those that overlap as one."""
    result: list[Span] = []
    for first, last in sorted(found):
        if result and first < result[-1][1]:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result


def _places(leaf: Leaf, words: Words, index: Index) -> list[Span]:
    """Return where the words of ``leaf`` stand: of several that are near each other each has its own place."""
    found = _occurrences(leaf, words, index)
    if not isinstance(leaf, Nearby) or not leaf.gap:
        return found
    inner = [span for part in leaf.parts for other in positive_leaves(part) for span in _places(other, words, index)]
    return [span for span in inner if any(first <= span[0] and span[1] <= last for first, last in found)]


def _positions(words: Sequence[str]) -> Index:
    index: Index = {}
    for place, word in enumerate(words):
        index.setdefault(word, []).append(place)
    return index


def _matches(node: Node, words: Words, index: Index) -> bool:
    match node:
        case All(parts):
            return all(_matches(part, words, index) for part in parts)
        case Either(parts):
            return any(_matches(part, words, index) for part in parts)
        case Without(part):
            return not _matches(part, words, index)
    return bool(_occurrences(node, words, index))


def _occurrences(node: Node, words: Words, index: Index) -> list[Span]:
    match node:
        case Wildcard(pattern):
            whole = re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
            return [(at, at + 1) for word, places in index.items() if whole.fullmatch(word) for at in places]
        case Nearby():
            return _together(node, words, index)
        case Either(parts):
            return sorted({span for part in parts for span in _occurrences(part, words, index)})
        case Terms():
            return _near(node, index) if node.slop else _phrase(node, words, index)
    raise TypeError(f"{type(node).__name__} has no place in a text")


def _phrase(leaf: Terms, words: Words, index: Index) -> list[Span]:
    size = len(leaf.words)
    starts = index.get(leaf.words[0], [])
    found = [(at, at + size) for at in starts if tuple(words[at : at + size]) == leaf.words]
    return [span for span in found if fits(leaf.form, words, *span)] if leaf.form else found


def fits(form: Writing, words: Words, first: int, last: int) -> bool:
    """Tell whether the words from ``first`` to before ``last`` are written as ``form`` says."""
    return (
        all(not said or _same(said, words.written(first + at), form) for at, said in enumerate(form.words))
        and all(not signs or _between(signs, words.between(first + at)) for at, signs in enumerate(form.gaps))
        and (not form.before or _precedes(form.before, words.before(first, _AROUND)))
        and (not form.after or _follows(form, words, first, last))
    )


def _same(wanted: str, said: str, form: Writing) -> bool:
    if not form.accents:
        wanted, said = without_accents(wanted), without_accents(said)
    return wanted == said if form.case else wanted.casefold() == said.casefold()


def _between(signs: str, said: str) -> bool:
    if said.strip() != signs and not (signs == "*" and said == "-"):
        return False
    return _TIGHT.isdisjoint(signs) or not any(map(str.isspace, said))


def _precedes(signs: str, said: str) -> bool:
    """Tell whether one of ``signs`` stands right before the name; a dot there must not end another word."""
    if "&" in signs:
        said = said.rstrip()
    if not said or said[-1] not in signs:
        return False
    return said[-1] != "." or not (said[-2:-1].isalnum() or said[-2:-1] == ".")


def _follows(form: Writing, words: Words, first: int, last: int) -> bool:
    signs, said = form.after, words.after(last - 1, _AROUND)
    if said.startswith(signs) and (signs[0] in "!?" or said[len(signs) : len(signs) + 1] != signs[-1]):
        return signs[0] != "#" or not said[len(signs) : len(signs) + 1].isalnum()
    return not form.strict and signs[0] in "!?" and words.written(first)[:1].isupper()


def _together(leaf: Nearby, words: Words, index: Index) -> list[Span]:
    """Return the windows in which all parts stand near each other."""
    found = _occurrences(leaf.parts[0], words, index)
    for part in leaf.parts[1:]:
        others = sorted(_occurrences(part, words, index))
        windows = set(_after(found, others, leaf.gap))
        if not leaf.ordered:
            windows |= set(_after(others, sorted(found), leaf.gap))
        found = sorted(windows)
    return found


def _after(left: Sequence[Span], right: Sequence[Span], gap: int) -> list[Span]:
    """Return the windows of one span of ``left`` and one of ``right``, in order of place, that begins soon after it."""
    starts = [first for first, _ in right]
    return [
        (first, other[1])
        for first, last in left
        for other in right[bisect_left(starts, last) : bisect_right(starts, last + gap)]
    ]


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
