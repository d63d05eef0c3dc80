"""Key phrases of complaints and wishes: the same complaint in other words should give the same phrase.

A phrase is a noun and what is wrong with it ("battery drains fast overnight"), put together from closed lists
(``data/problems.yaml``), not cut out of the text: so two people who never used the same word still meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.tokens import Doc

from analysis.enrich.data_files import load, load_words
from analysis.enrich.find.wordings import Table
from analysis.enrich.reading import Bounds, KeyPhrase, KeyPhrases, TextReading, TopicHit, reading_of
from analysis.enrich.slots import Material, PhraseJudge
from analysis.enrich.taxonomy import Taxonomy

_THINGS = {word: thing for thing, words in load("problems")["things"].items() for word in words.split()}
_FILLERS = load_words("problems", "fillers")
_WISH_VERBS = load_words("problems", "wish_verbs")
_DENIALS = load_words("problems", "denials")
_OWN_NOUN = frozenset(load("problems")["own_noun"])  # the thing itself breaks, crashes, heats


@dataclass(frozen=True, slots=True)
class _Problem:
    says: str
    topic: str
    nearest: bool
    only: frozenset[str]
    unless: frozenset[str]


_WISHED = ("intent:wish:3", "intent:wish:4")  # wordings that alone make a wish


class PhraseRules:
    """The judge of key phrases in the clauses that speak of a target, by the closed lists of ``data/problems.yaml``."""

    version = "rules-1"

    def __init__(self, raw: Mapping[str, Any], taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._problems: Table[_Problem] = Table()
        anywhere = frozenset(raw["anywhere"])
        for part in raw["problems"]:
            only, unless = (frozenset(part.get(key, ())) for key in ("only", "unless"))
            problem = _Problem(part["says"], part["topic"], part["says"] in anywhere, only, unless)
            for source in part["cues"]:
                self._problems.add(str(source), problem)
        self._when: Table[str] = Table()
        for part in raw["circumstances"]:
            for source in part["cues"]:
                self._when.add(str(source), part["says"])

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[KeyPhrases]:
        """Return for each target what is complained about and what is wished for."""
        reading = reading_of(doc)
        return [
            KeyPhrases(complaints=self._complaints(reading, target), wishes=_wishes(reading, target))
            for target in targets
        ]

    def _complaints(self, reading: TextReading, target: str) -> tuple[KeyPhrase, ...]:
        phrases: dict[tuple[str, str], KeyPhrase] = {}
        for share in reading.shares[target]:
            if share.weight >= 0.3:
                for phrase in self._in_clause(reading, share.clause):
                    phrases.setdefault(phrase[:2], phrase)
        return tuple(phrases.values())

    def _in_clause(self, reading: TextReading, number: int) -> list[KeyPhrase]:
        if reading.leaning[number] > 1.1 or _is_wish_only(reading, number):
            return []
        clause, lowers = reading.clauses[number], reading.lowers
        topics = reading.topics[number]
        named = {hit.topic for hit in topics} or set(reading.window.subject)
        phrases: list[KeyPhrase] = []
        taken = -1
        for first, last, problem in sorted(self._problems.every(lowers, clause.start, clause.end), key=_order):
            if (
                first < taken
                or (problem.only and problem.only.isdisjoint(named))
                or not problem.unless.isdisjoint(hit.topic for hit in topics)
                or _denied(lowers, clause.start, first)
            ):
                continue
            taken = last
            when = self._circumstance(reading, number)
            topic = _nearest(topics, first, last, problem.topic) if problem.nearest else problem.topic
            says = problem.says if when not in problem.says else problem.says.replace(when, "").strip()
            words = " ".join(filter(None, (self._noun(topic, reading, number), says, when)))
            phrases.append(KeyPhrase(topic, words, (first, last)))
        return phrases[:3]

    def _circumstance(self, reading: TextReading, number: int) -> str:
        sentence = reading.clauses[number].sentence
        for other in (number, number + 1, number - 1):
            if 0 <= other < len(reading.clauses) and reading.clauses[other].sentence == sentence:
                clause = reading.clauses[other]
                said = self._when.every(reading.lowers, clause.start, clause.end)
                if said:
                    return said[0][2]
        return ""

    def _noun(self, topic: str, reading: TextReading, number: int) -> str:
        if topic in _OWN_NOUN:
            clause = reading.clauses[number]
            thing = next((_THINGS[word] for word in reading.lowers[clause.start : clause.end] if word in _THINGS), "")
            if thing:
                return thing
        return self._taxonomy.topics[topic].noun if topic in self._taxonomy.topics else "product"


def make(material: Material) -> PhraseJudge:
    """Return the judge for the taxonomy."""
    return PhraseRules(load("problems"), material.taxonomy)


def _wishes(reading: TextReading, target: str) -> tuple[KeyPhrase, ...]:
    """Return what is wished for: the first words of content behind the wishing verb."""
    phrases: dict[KeyPhrase, None] = {}
    for share in reading.shares[target]:
        cues = [cue for cue in reading.cues[share.clause] if cue.label.startswith(_WISHED)]
        if not cues:
            continue
        clause = reading.clauses[share.clause]
        words = _wished(reading.lowers[cues[0].start : clause.end], cues[0].end - cues[0].start)
        topics = reading.topics[share.clause]
        if words:
            span = (cues[0].start, cues[0].end)
            phrases[KeyPhrase(_wished_topic(topics, span), words, span)] = None
    return tuple(phrases)


def _wished_topic(topics: Sequence[TopicHit], span: Bounds) -> str:
    near = sorted(topics, key=lambda hit: (max(hit.start - span[1], span[0] - hit.end, 0), hit.start))
    return near[0].topic if near else "features"


def _wished(lowers: Sequence[str], cue: int) -> str:
    verb = next((at for at, word in enumerate(lowers) if word in _WISH_VERBS), cue)
    words: list[str] = []
    for word in lowers[verb:]:
        if word in _FILLERS or word in _WISH_VERBS or not word.replace("-", "").replace("'", "").isalnum():
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
    return not _DENIALS.isdisjoint(lowers[max(start, first - 3) : first])


def _is_wish_only(reading: TextReading, number: int) -> bool:
    wish = any(cue.label.startswith(_WISHED) for cue in reading.cues[number])
    return wish and reading.leaning[number] > -0.8


def _nearest(topics: Sequence[TopicHit], first: int, last: int, default: str) -> str:
    outside = [hit for hit in topics if hit.end <= first or hit.start >= last]
    if not outside:
        return default
    # A noun before the verb is its subject far more often than one behind it.
    return min(outside, key=lambda hit: first - hit.end if hit.end <= first else 3 + hit.start - last).topic
