"""What the author does towards a brand: complains, wishes, praises, asks. Weighted cues through a logistic link."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from spacy.tokens import Doc

from analysis.enrich.data_files import load
from analysis.enrich.find.wordings import Table
from analysis.enrich.judges.sentiment import Balance, rule_polarity
from analysis.enrich.judges.severity import GRAVE
from analysis.enrich.reading import (
    Bounds,
    Chance,
    Clause,
    ClauseShare,
    Cue,
    Polarity,
    TextReading,
    Trigger,
    reading_of,
)
from analysis.enrich.slots import IntentJudge, Material

THRESHOLD = 0.5
_ALONE = 0.8  # probability from which one clause alone makes an intent of the whole text
# By one word alone nobody complains, praises or wishes: how sure a clause must be to be evidence of it.
_SURE = {"complaint": 0.72, "praise": 0.6, "wish": 0.645}
_HARM = 0.8  # what the worst harm adds to the score of a complaint
_SIGNS = {"complaint": -1.0, "praise": 1.0}
_FELT = 0.8  # valence from which a word is evidence of a complaint or of praise
_AGAINST = {"praise": ("complaint",), "complaint": ("wish", "praise")}
_TOLD = 2.0  # weight from which a wording alone tells it
_FURTHER = 0.45  # what each further cue of the same weight still adds


class IntentCues:
    """The wordings of ``data/intents.yaml``, labelled ``intent:<name>:<weight>``. Finding changes nothing in it."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._table: Table[str] = Table()
        for name, part in raw.items():
            for weight, sources in part["cues"].items():
                for source in sources:
                    self._table.add(str(source), f"intent:{name}:{weight}")

    def find(self, lowers: Sequence[str], start: int, end: int) -> list[Cue]:
        """Return the cues between the tokens ``start`` and ``end``, in order of place."""
        return [Cue(label, first, last) for first, last, label in self._table.every(lowers, start, end)]


class IntentRules:
    """The judge of intents by cues and sentiment."""

    version = "rules-1"

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._parts = {
            name: (float(part["base"]), float(part["negative"]), float(part["positive"])) for name, part in raw.items()
        }

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[dict[str, Chance]]:
        """Return for each target the chance of each intent; they do not exclude one another."""
        reading = reading_of(doc)
        return [{name: self._chance(reading, target, name) for name in self._parts} for target in targets]

    def _chance(self, reading: TextReading, target: str, name: str) -> Chance:
        """Judge the target's clauses together, and each by itself: one that praises does so whatever the rest says."""
        harm = reading.severity.get(target)
        extra = _HARM * harm.value.weight if harm and name == "complaint" else 0.0
        shares = reading.shares[target]
        whole = self._p(
            name, _weights(reading, [share.clause for share in shares], name), reading.polarity[target], extra
        )
        if harm and name == "complaint" and harm.value.level in GRAVE:
            whole = max(whole, _SURE[name])
        triggers = []
        for unit in _units(reading, shares, name):
            p = self._p(name, _weights(reading, unit, name), _felt(reading, unit))
            if harm and name == "complaint" and any(_holds(reading.clauses[number], harm.span) for number in unit):
                triggers.append(Trigger(*harm.span, max(p, whole)))
            elif (span := _strongest(reading, unit, name)) is not None:
                triggers.append(Trigger(*span, p))
        triggers.sort(key=lambda trigger: -trigger.p)
        # Somebody who complains says so over and over; one who praises, wishes or asks may do it in a clause.
        alone = max((trigger.p for trigger in triggers if name != "complaint" and trigger.p >= _ALONE), default=0.0)
        p = max(whole, alone)
        sure = [trigger for trigger in triggers if trigger.p >= _SURE.get(name, THRESHOLD)]
        if not sure and triggers and p >= _SURE.get(name, THRESHOLD):
            sure = [triggers[0]._replace(p=p)]
        return Chance(p, tuple(sure))

    def _p(self, name: str, counts: Mapping[float, int], polarity: Polarity, extra: float = 0.0) -> float:
        base, negative, positive = self._parts[name]
        score = base + negative * polarity.negative + positive * polarity.positive + extra
        score += sum(weight * (1 + _FURTHER * min(count - 1, 3)) for weight, count in counts.items())
        return round(1 / (1 + math.exp(-score)), 4)


def make(_background: Material) -> IntentJudge:
    """Return the judge with the shipped weights."""
    return IntentRules(load("intents"))


def speaks_against(reading: TextReading, intent: str, span: Bounds) -> bool:
    """Return whether the words of the sentence around ``span`` speak against an intent that others see in it.

    Nobody praises by a question or by telling of a fault, and nobody complains by a question, a wish or praise, where
    no word of the sentence feels that way.
    """
    if intent not in _AGAINST or speaks_for(reading, intent, span):
        return False
    numbers = _around(reading, span)
    asks = any("?" in reading.lowers[reading.clauses[at].start : reading.clauses[at].end] for at in numbers)
    return asks or any(_tells(reading, numbers, other) for other in _AGAINST[intent])


def _units(reading: TextReading, shares: Sequence[ClauseShare], intent: str) -> list[list[int]]:
    """Return the clauses that are judged together: each alone where feeling counts, else those of a sentence."""
    units: dict[int, list[int]] = {}
    for share in shares:
        key = share.clause if intent in _SIGNS else reading.clauses[share.clause].sentence
        units.setdefault(key, []).append(share.clause)
    return list(units.values())


def _felt(reading: TextReading, unit: Sequence[int]) -> Polarity:
    """Return the feeling of some clauses by their own words."""
    values = [valence.value for number in unit for valence in reading.valences[number]]
    plus, minus = sum(value for value in values if value > 0), -sum(value for value in values if value < 0)
    return rule_polarity(Balance(plus, minus, 0.0, 0.0, 0))


def _holds(clause: Clause, span: Bounds) -> bool:
    return clause.start <= span[0] < clause.end


def _strongest(reading: TextReading, unit: Sequence[int], intent: str) -> Bounds | None:
    """Return the tokens that speak most for an intent: a cue, or a word of feeling its way; None where none does."""
    ranked: list[tuple[float, int, int]] = []
    for number in unit:
        ranked += [(weight, -cue.start, -cue.end) for cue, weight in _cues(reading, number, intent) if weight > 0]
        ranked += [
            (2 * abs(valence.value), -valence.start, -valence.end)
            for valence in reading.valences[number]
            if valence.value * _SIGNS.get(intent, 0.0) >= _FELT
        ]
    if not ranked:
        return None
    _, start, end = max(ranked)
    return -start, -end


def speaks_for(reading: TextReading, intent: str, span: Bounds) -> bool:
    """Return whether a word of the sentence around ``span`` feels or tells what an intent is about."""
    sign, numbers = _SIGNS.get(intent, 0.0), _around(reading, span)
    felt = any(valence.value * sign > 0 for number in numbers for valence in reading.valences[number])
    return felt or _tells(reading, numbers, intent)


def _around(reading: TextReading, span: Bounds) -> list[int]:
    home = next((clause.sentence for clause in reading.clauses if _holds(clause, span)), -1)
    return [number for number, clause in enumerate(reading.clauses) if clause.sentence == home]


def _tells(reading: TextReading, numbers: Sequence[int], intent: str) -> bool:
    return any(weight >= _TOLD for number in numbers for _, weight in _cues(reading, number, intent))


def _cues(reading: TextReading, number: int, intent: str) -> list[tuple[Cue, float]]:
    cues = [(cue, cue.label.split(":")) for cue in reading.cues[number] if cue.label.startswith(f"intent:{intent}:")]
    return [(cue, float(label[2])) for cue, label in cues]


def _weights(reading: TextReading, numbers: Sequence[int], intent: str) -> dict[float, int]:
    """Return how many separate cues of each weight the clauses hold."""
    counts: dict[float, int] = {}
    taken: dict[float, int] = {}
    for number in numbers:
        for cue, weight in _cues(reading, number, intent):
            if cue.start >= taken.get(weight, -1):
                taken[weight] = cue.end
                counts[weight] = counts.get(weight, 0) + 1
    return counts
