"""What a company did, as a text reports it: launches, prices, outages, recalls and the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spacy.tokens import Doc

from analysis.enrich.data_files import load, load_words
from analysis.enrich.reading import Bounds, Clause, Cue, Ruling, TextReading, reading_of
from analysis.enrich.slots import Material, MoveJudge
from analysis.model import MOVES

_MINE = load_words("grammar", "first_person")
_RETELLING = load_words("grammar", "retelling")
_LONG_AGO = load_words("grammar", "long_ago")
_NOT_ACTING = load_words("grammar", "not_acting")
_SOMEBODY = load_words("grammar", "somebody")
_AHEAD, _BESIDE, _BEHIND = 14, 2, 8  # tokens between a name and what it does, right beside it, and behind it
_RETOLD_WITHIN = 7  # tokens in front of a move in which a word that retells it counts


def move_patterns(raw: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return the token patterns, labelled ``move:<kind>`` and ``move!<kind>`` for those that take it away."""
    patterns: dict[str, Sequence[str]] = {}
    for move, part in raw.items():
        patterns[f"move:{move}"] = [str(source) for source in part["cues"]]
        patterns[f"move!{move}"] = [str(source) for source in part.get("not", ())]
    return patterns


class MoveRules:
    """The judge of moves by cues and by where the brands stand; ``data/moves.yaml`` says what each move allows."""

    version = "rules-1"

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._sides = {move: str(part["by"]) for move, part in raw.items()}
        self._by_customers = frozenset(move for move, part in raw.items() if part.get("customers"))
        self._of_both = frozenset(move for move, part in raw.items() if part.get("both"))

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[tuple[Ruling[str], ...]]:
        """Return for each target its moves in sentences that name it, in the model's order."""
        reading = reading_of(doc)
        return [self._moves(reading, target) for target in targets]

    def _moves(self, reading: TextReading, target: str) -> tuple[Ruling[str], ...]:
        if reading.window.genre == "patch_notes":
            return ()
        sentences = {reading.clauses[share.clause].sentence for share in reading.shares[target] if share.named}
        spans: dict[str, Bounds] = {}
        for number, clause in enumerate(reading.clauses):
            if clause.sentence in sentences:
                for move, cue in self._reported(reading, clause, reading.cues[number]):
                    if move not in spans and self._acts(reading, target, cue, move):
                        spans[move] = (cue.start, cue.end)
        return tuple(Ruling(move, span=spans[move]) for move in MOVES if move in spans)

    def _reported(self, reading: TextReading, clause: Clause, cues: Sequence[Cue]) -> list[tuple[str, Cue]]:
        denied = {cue.label.partition("!")[2] for cue in cues if cue.label.startswith("move!")}
        reported = [(cue.label.partition(":")[2], cue) for cue in cues if cue.label.startswith("move:")]
        if reported and not _MINE.isdisjoint(reading.lowers[clause.start : clause.end]):
            reported = [(move, cue) for move, cue in reported if move in self._by_customers]
        return [(move, cue) for move, cue in reported if move not in denied and not _is_retold(reading, clause, cue)]

    def _acts(self, reading: TextReading, target: str, cue: Cue, move: str) -> bool:
        """Return whether ``target`` is the company meant: the nearest that acts before the words, else one after."""
        side = self._sides[move]
        near: list[tuple[bool, int, str]] = []
        for name, places in reading.targets.items():
            for first, last in places:
                before = first <= cue.start
                wrong = (side == "before" and not before) or (side == "after" and before)
                if not wrong and _is_near(reading, (first, last), cue, before=before):
                    near.append((not before, cue.start - last if before else first - cue.end, name))
        if move in self._of_both:
            return any(name == target and distance <= 20 for _, distance, name in near)
        return bool(near) and min(near)[2] == target


def _is_retold(reading: TextReading, clause: Clause, cue: Cue) -> bool:
    """Return whether the words only say when or why something else was, or tell of long ago."""
    lowers = reading.lowers
    before = lowers[max(clause.start, cue.start - _RETOLD_WITHIN) : cue.start]
    before = before[len(before) - before[::-1].index(",") :] if "," in before else before
    return not _RETELLING.isdisjoint(before) or not _LONG_AGO.isdisjoint(lowers[cue.start : clause.end])


def _is_near(reading: TextReading, place: Bounds, cue: Cue, *, before: bool) -> bool:
    """Return whether the one named at ``place`` can be who acts: near, the subject, and nobody else in between."""
    lowers = reading.lowers
    if not before:
        return place[0] - cue.end <= _BEHIND
    if cue.start - place[1] > _AHEAD:
        return False
    if not _SOMEBODY.isdisjoint(lowers[place[1] : cue.start]):
        return False
    lead, owns = lowers[place[0] - 1] if place[0] else "", lowers[place[1] : place[1] + 1] == ["'s"]
    return owns or cue.start - place[1] <= _BESIDE or lead not in _NOT_ACTING


def make(_background: Material) -> MoveJudge:
    """Return the judge with the shipped patterns."""
    return MoveRules(load("moves"))
