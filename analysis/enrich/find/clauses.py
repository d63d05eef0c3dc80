"""Sentences and clauses, and which clauses speak of which target.

A comparison judges each brand by its own clause, so a sentence is cut where the speech turns ("but", "while", ";").
A clause that names nobody speaks of whoever was spoken of last, as long as nobody else comes in between; how much it
counts falls with the distance.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from analysis.enrich.data_files import load_words
from analysis.enrich.find.masking import NAME
from analysis.enrich.reading import Bounds, Clause, ClauseShare

TURNS = load_words("grammar", "turns")
POINTERS = load_words("grammar", "pointers")
_NO_TURN_AFTER = load_words("grammar", "no_turn_after")
_JOINS = load_words("grammar", "joins")
_ENDS = load_words("grammar", "sentence_ends")
_CLOSERS = load_words("grammar", "closers")
_SUBJECTS = load_words("grammar", "subjects")
_THREAD = 0.7  # how much a clause counts for the brand that only its thread names
_PAUSES = load_words("grammar", "pauses")
_LISTING = load_words("grammar", "listing")
_CLOSED = load_words("grammar", "no_turn_before_name")
MAX_CLAUSE = 45  # tokens; a longer one is cut at a comma


def sentences(words: Sequence[str]) -> list[Bounds]:
    """Return the sentences (first, past last token): they end at closing punctuation and at line breaks.

    Plain token bounds, because setting spaCy's own sentence starts one token at a time costs 4 ms an article.
    """
    bounds: list[Bounds] = []
    start = 0
    for place, word in enumerate(words):
        after = words[place + 1] if place + 1 < len(words) else ""
        closes = word in _ENDS or (word in _CLOSERS and place > start and words[place - 1] in _ENDS)
        if "\n" in word or (closes and after not in _CLOSERS and after not in _ENDS):
            bounds.append((start, place + 1))
            start = place + 1
    if start < len(words):
        bounds.append((start, len(words)))
    return bounds


def split_clauses(bounds: Sequence[Bounds], lowers: Sequence[str]) -> list[Clause]:
    """Return the clauses of the sentences ``bounds`` in order; together they cover every token."""
    clauses: list[Clause] = []
    for number, (first, last) in enumerate(bounds):
        start = first
        for place in range(first + 1, last):
            if place - start >= 2 and _cuts(lowers, place, start, last):
                clauses.append(Clause(start, place, number))
                start = place
        clauses.append(Clause(start, last, number))
    return clauses


def _cuts(lowers: Sequence[str], place: int, start: int, end: int) -> bool:
    word, before = lowers[place], lowers[place - 1]
    if before in (";", "–", "—", "--") and end - place >= 2:
        return True
    if word in TURNS and end - place >= 2:
        return before not in _NO_TURN_AFTER
    if word == "than" or before == "than":
        return False
    if _opposes(lowers, place, start, end):
        return True
    after = lowers[place + 1] if place + 1 < end else ""
    if word in _JOINS and after in _SUBJECTS and place - start >= 3 and end - place >= 4:
        return True
    if (
        before in (",", "-", ":")
        and end - place >= 3
        and place - start >= 4
        and word in _SUBJECTS
        and word not in ("a", "an")
    ):
        return True
    # A clause without any turn is cut at a comma, so that long enumerations stay local.
    return before == "," and place - start > MAX_CLAUSE


def _opposes(lowers: Sequence[str], place: int, start: int, end: int) -> bool:
    """Return whether the clause turns to another name: "A is slow, B is fast", "A 👍 B 👎"; not in "A, B and C"."""
    word, before = lowers[place], lowers[place - 1]
    joined = word in _JOINS and place + 1 < end and lowers[place + 1] == NAME and before != NAME
    if word != NAME and not joined:
        return False
    behind = lowers[place + 1 + joined] if place + 1 + joined < end else ""
    if behind in _LISTING or not behind:
        return False
    if joined or before in _PAUSES:
        return place - start >= 3 and before != NAME and NAME in lowers[start:place]
    return NAME in lowers[start:place] and not before.isalnum() and before not in _CLOSED


def shares(
    clauses: Sequence[Clause],
    named: Mapping[int, frozenset[str]],
    lowers: Sequence[str],
    *,
    reach: int,
    context: Collection[int] = (),
) -> dict[str, list[ClauseShare]]:
    """Return for each target the clauses that speak of it.

    ``named`` maps a clause's number to the targets that it names; ``reach`` is how many sentences without any name
    still follow the last one: 2 in an article, many in a review. Clauses of ``context`` (a thread's title, quotations)
    speak of nobody, but what follows them speaks of the one that they name; where they name several, of none.
    """
    spoken: dict[str, list[ClauseShare]] = {target: [] for targets in named.values() for target in targets}
    everyone = frozenset(spoken)
    own = {number: targets for number, targets in named.items() if number not in context}
    current = thread = frozenset[str]()
    last = -1
    for number, clause in enumerate(clauses):
        if number in context:
            thread |= named.get(number, frozenset())
            continue
        if number in own:
            current, last = own[number], clause.sentence
            for target in current:
                spoken[target].append(ClauseShare(number, 1.0, True))
            continue
        speaks, weight = _inherited(number, clauses, own, current, clause.sentence - last, lowers, reach)
        if len(thread) == 1 and not current and lowers[clause.start] not in TURNS:
            speaks = frozenset()  # what comes before another's name is said of the thread's brand
        if not speaks and len(thread) == 1:
            speaks, weight = thread, _THREAD if not own else 0.5 * _THREAD
        if not speaks and len(everyone) == 1 and reach > 2:
            speaks, weight = everyone, 0.5
        for target in speaks:
            spoken[target].append(ClauseShare(number, weight, False))
    return spoken


def _inherited(
    number: int,
    clauses: Sequence[Clause],
    named: Mapping[int, frozenset[str]],
    current: frozenset[str],
    distance: int,
    lowers: Sequence[str],
    reach: int,
) -> tuple[frozenset[str], float]:
    clause = clauses[number]
    if current and distance == 0:
        return current, 0.7
    ahead = next(
        (named[n] for n in range(number + 1, len(clauses)) if clauses[n].sentence == clause.sentence and n in named),
        None,
    )
    if ahead is not None:  # "Although it crashed twice, Tessaro is good": the name comes later in the sentence
        return ahead, 0.5
    if not current or distance > reach:
        return frozenset(), 0.0
    points = any(word in POINTERS for word in lowers[clause.start : clause.start + 3])
    return current, (0.7 if points else 0.5) * 0.85 ** (distance - 1)
