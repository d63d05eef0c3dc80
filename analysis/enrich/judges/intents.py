"""What the author does towards a brand: complains, wishes, praises, asks. Weighted cues through a logistic link."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from spacy.tokens import Doc

from analysis.enrich.data_files import load
from analysis.enrich.find.wordings import Table
from analysis.enrich.reading import Cue, TextReading, reading_of
from analysis.enrich.slots import IntentJudge, Material

THRESHOLD = 0.5
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

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[dict[str, float]]:
        """Return for each target the probability of each intent; they do not exclude one another."""
        reading = reading_of(doc)
        return [self._intents(reading, target) for target in targets]

    def _intents(self, reading: TextReading, target: str) -> dict[str, float]:
        counts = _weights(reading, target)
        polarity = reading.polarity[target]
        result: dict[str, float] = {}
        for name, (base, negative, positive) in self._parts.items():
            score = base + negative * polarity.negative + positive * polarity.positive
            for weight, count in counts.get(name, {}).items():
                score += weight * (1 + _FURTHER * min(count - 1, 3))
            result[name] = round(1 / (1 + math.exp(-score)), 4)
        return result


def make(_background: Material) -> IntentJudge:
    """Return the judge with the shipped weights."""
    return IntentRules(load("intents"))


def _weights(reading: TextReading, target: str) -> dict[str, dict[float, int]]:
    """Return per intent how many separate cues of each weight the target's clauses hold."""
    counts: dict[str, dict[float, int]] = {}
    taken: dict[str, int] = {}
    for share in reading.shares[target]:
        for cue in reading.cues[share.clause]:
            kind, _, rest = cue.label.partition(":")
            if kind != "intent" or cue.start < taken.get(cue.label, -1):
                continue
            taken[cue.label] = cue.end
            name, _, weight = rest.partition(":")
            per = counts.setdefault(name, {})
            per[float(weight)] = per.get(float(weight), 0) + 1
    return counts
