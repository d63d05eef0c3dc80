"""Key phrases of complaints and wishes: the same complaint in other words should give the same phrase.

A phrase is a noun and what is wrong with it ("battery drains fast overnight"), put together from closed lists
(``data/problems.yaml``), not cut out of the text: so two people who never used the same word still meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.enrich.judges.phrasing import Table
from analysis.enrich.judges.taxonomy import Taxonomy
from analysis.enrich.reading import Reading, TopicHit

_THINGS = {
    word: thing
    for thing, words in {
        "app": "app apps application program programme software client",
        "website": "website site webpage portal store-page",
        "laptop": "laptop laptops notebook macbook chromebook",
        "phone": "phone phones smartphone handset mobile iphone",
        "tablet": "tablet tablets ipad",
        "computer": "computer computers pc desktop",
        "watch": "watch smartwatch",
        "game": "game games",
        "printer": "printer printers",
        "router": "router routers modem",
        "headphones": "headphones earbuds earphones headset buds",
        "kettle": "kettle kettles",
        "car": "car cars vehicle",
        "tv": "tv television",
    }.items()
    for word in words.split()
}
_STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "to",
        "for",
        "of",
        "in",
        "on",
        "at",
        "and",
        "or",
        "with",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "my",
        "your",
        "our",
        "their",
        "some",
        "more",
        "any",
        "please",
        "you",
        "we",
        "i",
        "us",
        "me",
        "be",
        "is",
        "are",
        "was",
        "were",
        "able",
        "would",
        "should",
        "could",
        "can",
        "will",
        "if",
        "so",
        "also",
        "just",
        "there",
        "them",
        "they",
        "when",
        "which",
        "who",
        "very",
        "really",
        "nice",
        "great",
        "good",
        "better",
        "have",
        "has",
        "had",
        "do",
        "does",
        "an",
        "option",
        "ability",
        "way",
        "feature",
        "support",
        "adding",
        "add",
        "having",
        "being",
        "great",
        "helpful",
        "useful",
        "cool",
        "from",
        "into",
        "by",
        "as",
        "up",
        "all",
        "one",
        "many",
        "other",
        "then",
        "than",
        "but",
        "because",
        "too",
    ]
)
_WISH_VERBS = frozenset(
    [
        "add",
        "adding",
        "support",
        "have",
        "having",
        "allow",
        "allowing",
        "bring",
        "provide",
        "include",
        "implement",
        "make",
        "making",
        "see",
        "let",
        "enable",
        "offer",
        "need",
        "introduce",
        "want",
        "give",
        "consider",
        "integrate",
        "wish",
    ]
)


@dataclass(frozen=True, slots=True)
class _Problem:
    says: str
    topic: str
    nearest: bool
    only: frozenset[str]


# Problems that befall anything: the noun is the topic that stands nearest.
_ANYWHERE = frozenset(
    {"stops working", "breaks", "is slow", "is badly made", "is too expensive", "is noisy", "misses a feature", "leaks"}
)
_OWN_NOUN = frozenset({"stability", "performance", "heat", "build", "noise"})  # the thing itself breaks, crashes, heats


class PhraseFinder:
    """Finds key phrases in the clauses that speak of a target. Finding changes nothing in it."""

    def __init__(self, raw: Mapping[str, Any], taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._problems: Table[_Problem] = Table()
        for part in raw["problems"]:
            problem = _Problem(part["says"], part["topic"], part["says"] in _ANYWHERE, frozenset(part.get("only", ())))
            for source in part["cues"]:
                self._problems.add(str(source), problem)
        self._when: Table[str] = Table()
        for part in raw["circumstances"]:
            for source in part["cues"]:
                self._when.add(str(source), part["says"])

    def complaints(self, reading: Reading, target: str) -> list[tuple[str, str]]:
        """Return (topic, phrase) pairs of what is complained about, in order, none twice."""
        found: dict[tuple[str, str], None] = {}
        for share in reading.shares[target]:
            if share.weight < 0.3:
                continue
            for pair in self._in_clause(reading, share.clause):
                found[pair] = None
        return list(found)

    def _in_clause(self, reading: Reading, number: int) -> list[tuple[str, str]]:
        if reading.leaning[number] > 1.1 or _is_wish_only(reading, number):
            return []
        clause, lowers = reading.clauses[number], reading.lowers
        topics = reading.topics[number]
        named = {hit.topic for hit in topics}
        found: list[tuple[str, str]] = []
        taken = -1
        for first, last, problem in sorted(self._problems.every(lowers, clause.start, clause.end), key=_order):
            if (
                first < taken
                or (problem.only and problem.only.isdisjoint(named))
                or _denied(lowers, clause.start, first)
            ):
                continue
            taken = last
            when = self._circumstance(reading, number)
            topic = _nearest(topics, first, last, problem.topic) if problem.nearest else problem.topic
            says = problem.says if when not in problem.says else problem.says.replace(when, "").strip()
            found.append((topic, " ".join(filter(None, (self._noun(topic, reading, number), says, when)))))
        if not found and topics and reading.leaning[number] <= -0.8:
            topic = topics[0].topic
            found.append((topic, f"{self._noun(topic, reading, number)} disappoints"))
        return found[:3]

    def _circumstance(self, reading: Reading, number: int) -> str:
        sentence = reading.clauses[number].sentence
        for other in (number, number + 1, number - 1):
            if 0 <= other < len(reading.clauses) and reading.clauses[other].sentence == sentence:
                clause = reading.clauses[other]
                said = self._when.every(reading.lowers, clause.start, clause.end)
                if said:
                    return said[0][2]
        return ""

    def _noun(self, topic: str, reading: Reading, number: int) -> str:
        if topic in _OWN_NOUN:
            clause = reading.clauses[number]
            thing = next((_THINGS[word] for word in reading.lowers[clause.start : clause.end] if word in _THINGS), "")
            if thing:
                return thing
        return self._taxonomy.topics[topic].noun if topic in self._taxonomy.topics else "product"

    def wishes(self, reading: Reading, target: str) -> list[tuple[str, str]]:
        """Return (topic, phrase) pairs of what is wished for: the first words of content behind the wishing verb."""
        found: dict[tuple[str, str], None] = {}
        for share in reading.shares[target]:
            cues = [cue for cue in reading.cues[share.clause] if cue.label.startswith("intent:wish:3")]
            if not cues:
                continue
            clause = reading.clauses[share.clause]
            words = _wished(reading.lowers[cues[0].start : clause.end])
            topics = reading.topics[share.clause]
            if words:
                found[(topics[-1].topic if topics else "features", words)] = None
        return list(found)


def _wished(lowers: Sequence[str]) -> str:
    verb = next((at for at, word in enumerate(lowers) if word in _WISH_VERBS), 0)
    words: list[str] = []
    for word in lowers[verb:]:
        if word in _STOP or word in _WISH_VERBS or not word.replace("-", "").replace("'", "").isalnum():
            if len(words) >= 2 or (words and not word.isalpha()):
                break
            continue
        words.append(word)
        if len(words) == 3:
            break
    return " ".join(words)


def _order(item: tuple[int, int, _Problem]) -> tuple[int, int]:
    return item[0], -item[1]


def _denied(lowers: Sequence[str], start: int, first: int) -> bool:
    """Return whether a negation stands just before: "never crashes", "no leaks"."""
    return not {"never", "no", "not", "n't", "without", "zero"}.isdisjoint(lowers[max(start, first - 3) : first])


def _is_wish_only(reading: Reading, number: int) -> bool:
    wish = any(cue.label.startswith("intent:wish:3") for cue in reading.cues[number])
    return wish and reading.leaning[number] > -0.8


def _nearest(topics: Sequence[TopicHit], first: int, last: int, default: str) -> str:
    outside = [hit for hit in topics if hit.end <= first or hit.start >= last]
    if not outside:
        return default
    # A noun before the verb is its subject far more often than one behind it.
    return min(outside, key=lambda hit: first - hit.end if hit.end <= first else 3 + hit.start - last).topic
