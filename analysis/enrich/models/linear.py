"""Sentiment towards a target by a linear model: hashed words around the target and the evidence of the rules.

Multinomial logistic regression, trained by ``train.py`` on permissively licensed sets (``MODEL_CARD.md``). It holds no
vocabulary: a feature's name is hashed to a row of the weights (Weinberger et al. 2009, "Feature hashing").
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from analysis.enrich.data_files import load_words
from analysis.enrich.judges.sentiment import Balance, gather, judged_by_rules, rule_polarity, softmax
from analysis.enrich.reading import Bounds, Polarity, TextReading, reading_of
from analysis.enrich.slots import Material, SentimentJudge

BUCKETS = 1 << 16
DENSE = 10
_NEAR = 4  # tokens on each side whose place counts
_WINDOW = 9  # tokens on each side whose pairs count
_SOFTER = 1.6  # temperature: two experts that agree are not twice as right
_NEGATORS = load_words("linear", "negators")


def features(reading: TextReading, target: str) -> tuple[list[int], list[float]]:
    """Return the hashed rows of the words around ``target`` and the dense evidence of the rules."""
    balance = gather(reading.valences, reading.clauses, reading.shares[target], reading.targets[target])
    names: set[str] = set()
    for share in reading.shares[target]:
        clause = reading.clauses[share.clause]
        zone = "n" if share.named else "o"
        _clause_names(reading, target, clause.start, clause.end, zone, names)
    for first, last in _own(reading, target)[:4]:
        _window_names(reading, target, first, last, names)
    rows = sorted({zlib.crc32(name.encode()) % BUCKETS for name in names})
    return rows, _dense(balance, reading)


def _own(reading: TextReading, target: str) -> list[Bounds]:
    return [place for place in reading.targets[target] if not reading.is_context(*place)]


def _clause_names(reading: TextReading, target: str, start: int, end: int, zone: str, names: set[str]) -> None:
    negated = 0
    before = ""
    for at in range(start, end):
        word = _word(reading, target, at)
        shown = f"!{word}" if negated else word
        names.add(f"{zone} {shown}")
        names.add(f"{before}_{word}")
        negated = 4 if word in _NEGATORS else max(0, negated - 1)
        before = word


def _window_names(reading: TextReading, target: str, first: int, last: int, names: set[str]) -> None:
    size = len(reading.lowers)
    for step in range(1, _WINDOW + 1):
        for side, at, nxt in (("l", first - step, first - step - 1), ("r", last + step - 1, last + step)):
            if not 0 <= at < size or (reading.context and reading.is_context(at, at + 1)):
                continue
            word = _word(reading, target, at)
            names.add(f"{side}{'' if step <= _NEAR else '+'} {word}")
            if 0 <= nxt < size:
                names.add(f"{side} {word} {_word(reading, target, nxt)}")


def _word(reading: TextReading, target: str, at: int) -> str:
    word = reading.lowers[at]
    if any(char.isdigit() for char in word):
        return "#"
    if any(first <= at < last for first, last in reading.targets[target]):
        return (
            "<target>" if len(reading.lowers) > 12 or reading.targets[target][0] != (0, len(reading.lowers)) else word
        )
    return word


def _dense(balance: Balance, reading: TextReading) -> list[float]:
    rules = rule_polarity(balance)
    return [
        1.0,
        math.log1p(balance.plus),
        math.log1p(balance.minus),
        math.log1p(balance.own_plus),
        math.log1p(balance.own_minus),
        rules.negative,
        rules.positive,
        math.log1p(balance.words) / 4,
        min(len(reading.clauses), 6) / 6,
        float("?" in reading.lowers),
    ]


class LinearSentiment:
    """The judge of sentiment by the linear model and the rules together.

    Their scores add up (a product of experts), because the rules hold on texts unlike those trained on.
    """

    version = "linear-1"

    def __init__(self, *, hashed: NDArray[np.float32] | None = None, dense: NDArray[np.float32] | None = None) -> None:
        if hashed is None or dense is None:
            with (files("analysis.enrich") / "models" / "sentiment.npz").open("rb") as stream:
                weights = np.load(stream)
                hashed = weights["hashed"].astype(np.float32) * weights["scale"].astype(np.float32)
                dense = weights["dense"].astype(np.float32)
        self._hashed, self._dense = hashed, dense

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Polarity]:
        """Return the probabilities towards each target."""
        reading = reading_of(doc)
        return [self._towards(reading, target) for target in targets]

    def _towards(self, reading: TextReading, target: str) -> Polarity:
        if not _own(reading, target):  # of a brand that only the thread names no word stands near: what it learnt from
            return judged_by_rules(reading, target)
        rows, dense = features(reading, target)
        scores = self._hashed[rows].sum(axis=0) / math.sqrt(max(len(rows), 1)) + np.array(dense) @ self._dense
        rules = judged_by_rules(reading, target)
        pairs = zip(scores, (rules.negative, rules.neutral, rules.positive), strict=True)
        return softmax(*((float(score) + math.log(max(p, 1e-6))) / _SOFTER for score, p in pairs))


def make(_background: Material) -> SentimentJudge:
    """Return the judge with the shipped weights."""
    return LinearSentiment()
