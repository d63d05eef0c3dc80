"""The worst harm that a text tells of: safety, data loss, money, cannot use, annoyance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spacy.tokens import Doc

from analysis.enrich.data_files import load, load_words
from analysis.enrich.reading import Bounds, Ruling, TextReading, reading_of
from analysis.enrich.slots import Material, SeverityJudge
from analysis.model import SEVERITIES

GRAVE = frozenset({"safety", "data_loss", "money"})
"""Levels of which one post is enough: an owner who tells of it complains, whatever the mood."""
_BESIDE = 4  # tokens
_OUTRIGHT: tuple[str, ...] = tuple(load("severity")["safety"]["outright"])
_ENDS = frozenset(".!?\n")
_NOT_TOLD = load_words("grammar", "not_told")
_FIRST_PERSON = load_words("grammar", "first_person") | load_words("grammar", "first_person_plural")


def severity_patterns(raw: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return the token patterns, labelled ``severity:<level>`` and ``severity!<level>`` for those that take it away."""
    patterns: dict[str, Sequence[str]] = {}
    for level, part in raw.items():
        patterns[f"severity:{level}"] = [str(source) for source in part["cues"]]
        patterns[f"severity!{level}"] = [str(source) for source in part.get("not", ())]
    return patterns


class SeverityRules:
    """The judge of severity by cues. Mood holds back mere annoyance where a clause praises on balance, and no more.

    Harm is what an owner tells of: a report of others has moves (a recall, an incident) instead.
    """

    version = "rules-1"

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Ruling[str] | None]:
        """Return for each target the worst harm in the clauses that speak of it, or None."""
        reading = reading_of(doc)
        if reading.window.genre != "owner":
            return [None] * len(targets)
        return [_worst(reading, target) for target in targets]


def make(_background: Material) -> SeverityJudge:
    """Return the judge."""
    return SeverityRules()


def denied(reading: TextReading, target: str) -> set[str]:
    """Return the levels that words of the target's clauses deny, imagine or mean in another sense."""
    cues = (cue for share in reading.shares[target] for cue in reading.cues[share.clause])
    return {cue.label.partition("!")[2] for cue in cues if cue.label.startswith("severity!")}


def is_outright(reading: TextReading, target: str, span: Bounds) -> bool:
    """Return whether ``span`` tells the harm in words that seldom mean anything else.

    It must be told in the first person or beside ``target``, in a sentence that tells (``is_told``).
    """
    words = " ".join(reading.lowers[span[0] : span[1]])
    return any(phrase in words for phrase in _OUTRIGHT) and is_own(reading, target, span) and is_told(reading, span)


def is_told(reading: TextReading, span: Bounds) -> bool:
    """Return whether the sentence around ``span`` tells something: none that asks, denies or supposes does."""
    lowers = reading.lowers
    begins = next((at + 1 for at in range(span[0] - 1, -1, -1) if lowers[at] in _ENDS), 0)
    ends = next((at + 1 for at in range(span[1], len(lowers)) if lowers[at] in _ENDS), len(lowers))
    return _NOT_TOLD.isdisjoint(lowers[begins:ends])


def is_own(reading: TextReading, target: str, span: Bounds) -> bool:
    """Return whether the sentence around ``span`` speaks in the first person, or names ``target`` beside it."""
    if any(first < span[1] + _BESIDE and last > span[0] - _BESIDE for first, last in reading.targets[target]):
        return True
    numbers = (clause for clause in reading.clauses if clause.start <= span[0] < clause.end)
    first, last = next((reading.sentences[clause.sentence] for clause in numbers), span)
    return not _FIRST_PERSON.isdisjoint(reading.lowers[first:last])


def _worst(reading: TextReading, target: str) -> Ruling[str] | None:
    levels: dict[str, Bounds] = {}
    for share in reading.shares[target]:
        for level, span in _levels(reading, share.clause).items():
            levels.setdefault(level, span)
    for level in SEVERITIES:
        if level in levels:
            return Ruling(level, span=levels[level])
    return None


def _levels(reading: TextReading, clause: int) -> dict[str, Bounds]:
    cues = [cue for cue in reading.cues[clause] if cue.label.startswith("severity")]
    if not cues:
        return {}
    denied = {cue.label.partition("!")[2] for cue in cues if cue.label.startswith("severity!")}
    # Words of mere annoyance in a clause that praises on balance are no complaint.
    if reading.leaning[clause] > 0.6:
        denied |= {"annoyance", "cannot_use"}
    levels: dict[str, Bounds] = {}
    for cue in cues:
        kind, _, level = cue.label.partition(":")
        if kind == "severity" and level not in denied:
            levels.setdefault(level, (cue.start, cue.end))
    return levels
