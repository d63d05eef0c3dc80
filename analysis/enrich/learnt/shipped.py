"""What the judges say of a target as chances of every answer, and the network's features: what a layer starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from spacy.tokens import Doc

from analysis.enrich.learnt.layer import NO, Floats
from analysis.enrich.reading import Chance, Polarity, Ruling, Signal, reading_of
from analysis.model import INTENTS, MOVES, RELEVANCES, SEVERITIES

LABELS: Mapping[str, tuple[str, ...]] = {
    "sentiment": ("negative", "neutral", "positive", "mixed"),
    **dict.fromkeys(INTENTS, ("no", "yes")),
    "severity": (NO, *SEVERITIES),
    "move": (NO, *MOVES),
    "relevance": RELEVANCES,
}
"""The answers of each task that can be learnt."""
_SUREST = 0.97  # a ruling of rules has a probability of 1, which no rule deserves


@dataclass(frozen=True, slots=True)
class Examined:
    """What is known of one mention: the chances of each task's answers, and the network's features where it read it."""

    chances: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    features: Floats | None = None


def examined(doc: Doc | None, target: str) -> Examined:
    """Return what the judges of ``doc`` say of ``target``; nothing where nobody read it."""
    if doc is None or target not in reading_of(doc).polarity:
        return Examined()
    reading = reading_of(doc)
    signal = reading.insight.signals.get(target) if reading.insight else None
    chances: dict[str, Mapping[str, float]] = {"sentiment": polarity_chances(reading.polarity[target])}
    chances |= {name: intent_chances(chance) for name, chance in reading.intents[target].items()}
    harm = reading.severity.get(target)
    chances["severity"] = severity_chances(Ruling(harm.value.level, harm.p) if harm else None, signal)
    chances["move"] = move_chances(reading.moves[target], signal)
    chances["relevance"] = standing_chances(reading.standing[target])
    return Examined(chances, signal.features if signal else None)


def polarity_chances(polarity: Polarity) -> dict[str, float]:
    """Return the chances of each side."""
    return {name: float(getattr(polarity, name)) for name in LABELS["sentiment"]}


def intent_chances(chance: Chance) -> dict[str, float]:
    """Return the chances of no and yes."""
    return {"no": 1 - chance.p, "yes": chance.p}


def severity_chances(ruling: Ruling[str] | None, signal: Signal | None) -> dict[str, float]:
    """Return the chances of each harm, and of none."""
    return _ruled(LABELS["severity"], ruling, signal.scores["severity"] if signal else None)


def move_chances(rulings: Sequence[Ruling[str]], signal: Signal | None) -> dict[str, float]:
    """Return the chances of each move, and of none."""
    return _ruled(LABELS["move"], rulings[0] if rulings else None, signal.scores["moves"] if signal else None)


def standing_chances(ruling: Ruling[str]) -> dict[str, float]:
    """Return the chances of each level of relevance; those not ruled share the rest."""
    return _shared(LABELS["relevance"], ruling.value, min(ruling.p, _SUREST))


def ranked(chances: Mapping[str, float]) -> tuple[str, float]:
    """Return the likeliest answer and its chance."""
    best = max(chances, key=chances.__getitem__)
    return best, chances[best]


def _ruled(labels: Sequence[str], ruling: Ruling[str] | None, row: Floats | None) -> dict[str, float]:
    """Return chances from a ruling; where nothing was ruled, how near the network was to it is known from its row."""
    if ruling is not None:
        return _shared(labels, ruling.value, min(ruling.p, _SUREST))
    if row is None:
        return _shared(labels, labels[0], _SUREST)
    seen = np.exp(row.astype(np.float64))
    seen = seen / seen.sum()
    nothing = max(0.5, float(seen[0]))
    rest = (1 - nothing) / max(float(seen[1:].sum()), 1e-9)
    return {labels[0]: nothing, **dict(zip(labels[1:], (seen[1:] * rest).tolist(), strict=True))}


def _shared(labels: Sequence[str], label: str, p: float) -> dict[str, float]:
    rest = (1 - p) / (len(labels) - 1)
    return {each: p if each == label else rest for each in labels}
