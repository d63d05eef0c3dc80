"""Is the first of two things better or worse than the second? From comparatives, "over", "than" and their order.

Method: the classes of Panchenko et al. 2019, "Categorizing Comparative Sentences" (BETTER, WORSE, NONE).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.tokens import Doc

from analysis.enrich.data_files import load
from analysis.enrich.find.words import expand
from analysis.enrich.reading import Bounds, Comparison, TextReading, reading_of
from analysis.enrich.slots import Material, PairJudge


class ComparisonRules:
    """The judge of comparisons by the words of ``data/comparison.yaml``."""

    version = "rules-1"

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._words = _Words(
            better=frozenset(raw["better"].split()),
            worse=frozenset(raw["worse"].split()),
            verbs=frozenset(word for item in raw["verbs_over"].split() for word in expand(item)),
            than=frozenset(raw["than"].split()),
            negations=frozenset(raw["negations"].split()),
            choosing=frozenset(raw["choosing"].split()),
            against=frozenset(raw["against"].split()),
        )

    def judge(self, doc: Doc, first: str, second: str) -> Comparison:
        """Return the label for ``first`` against ``second`` and its probability."""
        reading = reading_of(doc)
        ours, theirs = _nearest_pair(reading.targets[first], reading.targets[second])
        left, right = sorted((ours, theirs))
        score = _score(self._words, reading.lowers, left, right)
        # Each side's own sentiment speaks too, more weakly: "A is great, B keeps crashing".
        gap = _score_of(reading, first) - _score_of(reading, second)
        return _labelled((-score if ours > theirs else score) + 0.6 * gap)


def make(_background: Material) -> PairJudge:
    """Return the judge with the shipped words."""
    return ComparisonRules(load("comparison"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    better: frozenset[str]
    worse: frozenset[str]
    verbs: frozenset[str]
    than: frozenset[str]
    negations: frozenset[str]
    choosing: frozenset[str]
    against: frozenset[str]


def _labelled(total: float) -> Comparison:
    p_better, p_worse = 1 / (1 + math.exp(2.6 - 2.4 * total)), 1 / (1 + math.exp(2.6 + 2.4 * total))
    none = max(0.02, 1 - p_better - p_worse)
    whole = p_better + p_worse + none
    ranked = (
        Comparison("BETTER", p_better / whole),
        Comparison("WORSE", p_worse / whole),
        Comparison("NONE", none / whole),
    )
    return max(ranked, key=lambda comparison: comparison.p)


def _score_of(reading: TextReading, target: str) -> float:
    polarity = reading.polarity[target]
    return polarity.positive - polarity.negative


def _nearest_pair(firsts: Sequence[Bounds], seconds: Sequence[Bounds]) -> tuple[Bounds, Bounds]:
    pairs = [(min(abs(a[0] - b[1]), abs(b[0] - a[1])), a, b) for a in firsts for b in seconds]
    _, first, second = min(pairs)
    return first, second


def _score(words: _Words, lowers: Sequence[str], left: Bounds, right: Bounds) -> float:
    """Return how far the thing on the left is ahead of the one on the right: about -2 to 2."""
    between = list(lowers[left[1] : right[0]])
    before = list(lowers[max(0, left[0] - 12) : left[0]])
    score = 0.0
    than = next((at for at, word in enumerate(between) if word in words.than), -1)
    if than >= 0:
        # the comparative nearest to the left of "than", in between or, for "I like A more than B", anywhere before it
        ahead = between[:than]
        value = _comparative(words, ahead)
        score += value if value else 0.4 * bool({"rather", "more"} & set(ahead))
    elif before and words.than & set(before[-8:]) and "than" not in lowers[right[1] :]:
        pass
    else:
        score += _around(words, lowers, between, before, right)
    return score


def _comparative(words: _Words, said: Sequence[str]) -> float:
    """Return the direction of the comparative nearest to the end of ``said``, negation and "less" applied."""
    for back in range(len(said) - 1, -1, -1):
        word = said[back]
        value = 1.5 if word in words.better else -1.5 if word in words.worse else 0.0
        if not value:
            continue
        near = said[max(0, back - 3) : back]
        if "less" in near and word != "less":
            value = -value
        if word == "less" and back + 1 < len(said) and said[back + 1] in words.worse:
            value = 1.5
        if not words.negations.isdisjoint(near):
            value = -0.6 * value
        return value
    return 0.0


def _around(
    words: _Words, lowers: Sequence[str], between: Sequence[str], before: Sequence[str], right: Bounds
) -> float:
    near = between if len(between) <= 12 else between[-12:]
    verb = next((at for at, word in enumerate(near) if word in words.verbs), -1)
    if verb >= 0 and len(between) <= 10:
        return -1.4 if not words.negations.isdisjoint(near[:verb]) else 1.4
    chooses = not words.choosing.isdisjoint([*before, *near])
    if "over" in near and chooses and (len(near) <= 4 or not words.choosing.isdisjoint(near)):
        return 1.4
    if {"unlike"} & set(before[-2:]):
        return -0.5
    if {"unlike"} & set(near):
        return 0.5
    if {"inferior"} & set(near):
        return -1.5
    if {"superior"} & set(near):
        return 1.5
    if "instead" in near and "of" in near and chooses:
        return 1.0
    after = list(lowers[right[1] : right[1] + 12])
    for at, word in enumerate(after[:9]):  # "Compared to A, B is faster": the comparative belongs to the right one
        if word in words.better and word.endswith(("er", "better", "superior")) and "than" not in after:
            against = words.against & {*before[-3:], *near}
            return -0.9 if against and words.negations.isdisjoint(after[max(0, at - 3) : at]) else 0.0
        if word in words.worse and "than" not in after and {"compared"} & set(before[-3:]):
            return 0.9
    return 0.0
