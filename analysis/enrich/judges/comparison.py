"""Is the first of two things better or worse than the second? From comparatives, "over", "than" and their order.

Method: the classes of Panchenko et al. 2019, "Categorizing Comparative Sentences" (BETTER, WORSE, NONE).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.enrich.find.words import expand
from analysis.enrich.reading import Reading

_NEG = frozenset({"not", "n't", "nt", "never", "no", "neither", "hardly", "cannot", "isnt", "doesnt", "dont", "nor"})
_THAN = frozenset({"than", "then"})
_CHOOSE = frozenset(
    [
        "prefer",
        "preferred",
        "prefers",
        "preferring",
        "choose",
        "chose",
        "chosen",
        "choosing",
        "picked",
        "pick",
        "picking",
        "recommend",
        "take",
        "use",
        "used",
        "using",
        "went",
        "go",
        "going",
        "love",
        "like",
        "switched",
        "favor",
        "favour",
        "favored",
        "preferable",
        "chosen",
        "buy",
        "bought",
        "advantage",
        "advantages",
        "benefits",
    ]
)


class ComparisonRules:
    """The words of ``data/comparison.yaml``."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.better = frozenset(raw["better"].split())
        self.worse = frozenset(raw["worse"].split())
        self.equal = frozenset(raw["equal"].split())
        self.verbs = frozenset(word for item in raw["verbs_over"].split() for word in expand(item))


def compare(rules: ComparisonRules, reading: Reading, one: str, two: str) -> tuple[str, float]:
    """Return the label for ``one`` against ``two`` and its probability."""
    first, second = _nearest_pair(reading.targets[one], reading.targets[two])
    swapped = first > second
    left, right = sorted((first, second))
    score = _score(rules, reading.lowers, left, right)
    # Each side's own sentiment speaks too, more weakly: "A is great, B keeps crashing".
    gap = _score_of(reading, one) - _score_of(reading, two)
    total = (-score if swapped else score) + 0.6 * gap
    p_better, p_worse = 1 / (1 + math.exp(2.6 - 2.4 * total)), 1 / (1 + math.exp(2.6 + 2.4 * total))
    none = max(0.02, 1 - p_better - p_worse)
    whole = p_better + p_worse + none
    return max(
        ("BETTER", p_better / whole), ("WORSE", p_worse / whole), ("NONE", none / whole), key=lambda pair: pair[1]
    )


def _score_of(reading: Reading, target: str) -> float:
    polarity = reading.polarity[target]
    return polarity.positive - polarity.negative


def _nearest_pair(
    ones: Sequence[tuple[int, int]], twos: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], tuple[int, int]]:
    pairs = [(min(abs(a[0] - b[1]), abs(b[0] - a[1])), a, b) for a in ones for b in twos]
    _, one, two = min(pairs)
    return one, two


def _score(rules: ComparisonRules, lowers: Sequence[str], left: tuple[int, int], right: tuple[int, int]) -> float:
    """Return how far the thing on the left is ahead of the one on the right: about -2 to 2."""
    between = list(lowers[left[1] : right[0]])
    before = list(lowers[max(0, left[0] - 12) : left[0]])
    score = 0.0
    than = next((at for at, word in enumerate(between) if word in _THAN), -1)
    if than >= 0:
        # the comparative nearest to the left of "than", in between or, for "I like A more than B", anywhere before it
        ahead = between[:than]
        value = _comparative(rules, ahead)
        score += value if value else 0.4 * bool({"rather", "more"} & set(ahead))
    elif before and _THAN & set(before[-8:]) and "than" not in lowers[right[1] :]:
        pass
    else:
        score += _around(rules, lowers, between, before, right)
    return score


def _comparative(rules: ComparisonRules, words: Sequence[str]) -> float:
    """Return the direction of the comparative nearest to the end of ``words``, negation and "less" applied."""
    for back in range(len(words) - 1, -1, -1):
        word = words[back]
        value = 1.5 if word in rules.better else -1.5 if word in rules.worse else 0.0
        if not value:
            continue
        near = words[max(0, back - 3) : back]
        if "less" in near and word != "less":
            value = -value
        if word == "less" and back + 1 < len(words) and words[back + 1] in rules.worse:
            value = 1.5
        if not _NEG.isdisjoint(near):
            value = -0.6 * value
        return value
    return 0.0


def _around(
    rules: ComparisonRules, lowers: Sequence[str], between: Sequence[str], before: Sequence[str], right: tuple[int, int]
) -> float:
    near = between if len(between) <= 12 else between[-12:]
    verb = next((at for at, word in enumerate(near) if word in rules.verbs), -1)
    if verb >= 0 and len(between) <= 10:
        return -1.4 if not _NEG.isdisjoint(near[:verb]) else 1.4
    if "over" in near and (len(near) <= 4 or not _CHOOSE.isdisjoint(near)) and not _CHOOSE.isdisjoint([*before, *near]):
        return 1.4
    if {"unlike"} & set(before[-2:]):
        return -0.5
    if {"unlike"} & set(near):
        return 0.5
    if {"inferior"} & set(near):
        return -1.5
    if {"superior"} & set(near):
        return 1.5
    if "instead" in near and "of" in near and not _CHOOSE.isdisjoint([*before, *near]):
        return 1.0
    after = list(lowers[right[1] : right[1] + 12])
    for at, word in enumerate(after[:9]):  # "Compared to A, B is faster": the comparative belongs to the right one
        if word in rules.better and word.endswith(("er", "better", "superior")) and "than" not in after:
            against = {"compared", "to", "vs", "versus", "and", "while", "but"} & {*before[-3:], *near}
            return -0.9 if against and _NEG.isdisjoint(after[max(0, at - 3) : at]) else 0.0
        if word in rules.worse and "than" not in after and {"compared"} & set(before[-3:]):
            return 0.9
    return 0.0
