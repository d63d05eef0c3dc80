"""Sentiment towards a target from the clauses that speak of it: a lexicon, negation, degree, irony, stars.

Method: valence per word, turned by negation and scaled by degree (Taboada et al. 2011, "Lexicon-based methods for
sentiment analysis"), weighted by how near the clause and the word are to the target. The evidence for either side goes
through a multinomial logistic link to probabilities; a label is given only where its probability passes a threshold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.enrich.find.clauses import Clause, Share
from analysis.enrich.find.words import expand
from analysis.enrich.judges.phrasing import Table
from analysis.model import Sentiment, SentimentLabel

VALENCES = {
    "strong_positive": 2.0,
    "positive": 1.0,
    "mild_positive": 0.4,
    "neutral": 0.0,
    "mild_negative": -0.5,
    "negative": -1.1,
    "strong_negative": -2.0,
}
THRESHOLD = 0.45  # below this the label is "unsure"


@dataclass(frozen=True, slots=True)
class Hit:
    """A word or phrase with a leaning: tokens (first, past last) and valence after negation and degree."""

    start: int
    end: int
    value: float


@dataclass(frozen=True, slots=True)
class Polarity:
    """Probabilities that sum to 1."""

    negative: float
    neutral: float
    positive: float


class Lexicon:
    """The words and phrases of ``data/sentiment.yaml``, ready for look-up. Finding changes nothing in it."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._words: dict[str, float] = {}
        for group, value in VALENCES.items():
            for item in str(raw["words"].get(group, "")).split():
                self._words.update(dict.fromkeys(expand(item), value))
        self._phrases: Table[float] = Table()
        for group, sources in raw["phrases"].items():
            for source in sources:
                self._phrases.add(str(source), VALENCES[group])
        self._irony: Table[None] = Table()
        for source in raw["irony"]:
            self._irony.add(source, None)
        self._more = frozenset(raw["intensifiers"].split())
        self._less = frozenset(raw["diminishers"].split())
        self._not = frozenset(raw["negators"].split())

    def hits(self, lowers: Sequence[str], start: int, end: int) -> list[Hit]:
        """Return what leans in tokens ``start`` to ``end``, in order."""
        found: list[Hit] = []
        flipped = self._ironic(lowers, start, end)
        place = start
        while place < end:
            last, value, is_phrase = self._at(lowers, place, end)
            if value:
                value = value if is_phrase else self._turned(lowers, start, place, value)
                if flipped is not None and value > 0 and place >= flipped:
                    value = -0.8 * value
                found.append(Hit(place, last, value))
            place = last
        if flipped is not None:
            found.append(Hit(flipped, flipped + 1, -1.0))
        return found

    def _ironic(self, lowers: Sequence[str], start: int, end: int) -> int | None:
        return next((place for place, _, _ in self._irony.every(lowers, start, end)), None)

    def _at(self, lowers: Sequence[str], place: int, end: int) -> tuple[int, float, bool]:
        phrase = self._phrases.longest(lowers, place, end)
        if phrase is not None:
            return phrase[0], phrase[1], True
        return place + 1, self._words.get(lowers[place], 0.0), False

    def _turned(self, lowers: Sequence[str], start: int, place: int, value: float) -> float:
        degree = 1.0
        for back in range(place - 1, max(start, place - 5) - 1, -1):
            word = lowers[back]
            if back >= place - 2 and word in self._more:
                degree *= 1.3
            elif back >= place - 2 and word in self._less:
                degree *= 0.7
            elif word == "too" and back == place - 1 and abs(value) < 1.5:
                return -abs(value) if value else value
            elif word in self._not:
                return -0.7 * value * min(degree, 1.0) if value > 0 else -0.6 * value
            elif word in (",", ";", ":") or (back < place - 1 and abs(self._words.get(word, 0.0)) >= 1.0):
                break
        if place + 1 < len(lowers) and lowers[place + 1] == "!":
            degree *= 1.15
        return value * degree


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against a target: sums of weighted valences, and in the clauses that name it alone."""

    plus: float
    minus: float
    own_plus: float
    own_minus: float
    words: int


def gather(
    hits: Sequence[Sequence[Hit]], clauses: Sequence[Clause], spoken: Sequence[Share], places: Sequence[tuple[int, int]]
) -> Evidence:
    """Return the evidence of ``spoken`` clauses for the target at the token ``places``; ``hits`` are per clause."""
    plus = minus = own_plus = own_minus = 0.0
    words = 0
    for share in spoken:
        clause = clauses[share.clause]
        words += clause.end - clause.start
        for hit in hits[share.clause]:
            far = min((max(first - hit.end, hit.start - last, 0) for first, last in places), default=0)
            weight = share.weight * (max(0.35, 1 - far / 25) if share.named else 1.0)
            value = hit.value * weight
            plus += max(value, 0.0)
            minus += max(-value, 0.0)
            if share.named:
                own_plus += max(value, 0.0)
                own_minus += max(-value, 0.0)
    return Evidence(plus, minus, own_plus, own_minus, words)


def rule_polarity(evidence: Evidence, *, rating: float | None = None, extra: float = 0.0) -> Polarity:
    """Return the probabilities that the evidence, the stars (0 to 5) of a review and ``extra`` valence give."""
    # A long passage gathers words of both sides: what counts is the balance, with diminishing returns.
    plus, minus = _damped(evidence.plus + 0.5 * evidence.own_plus), _damped(evidence.minus + 0.5 * evidence.own_minus)
    plus, minus = plus + max(extra, 0.0), minus + max(-extra, 0.0)
    if rating is not None:
        plus += max(0.0, rating - 3.0) * 1.1
        minus += max(0.0, 3.4 - rating) * 1.1
    return softmax(1.5 * minus - 0.7 * plus, 0.55, 1.5 * plus - 0.7 * minus)


def _damped(value: float) -> float:
    return value if value < 1.5 else 1.5 + math.log1p(value - 1.5)


def softmax(negative: float, neutral: float, positive: float) -> Polarity:
    """Return the probabilities of three scores."""
    top = max(negative, neutral, positive)
    parts = [math.exp(score - top) for score in (negative, neutral, positive)]
    total = sum(parts)
    return Polarity(parts[0] / total, parts[1] / total, parts[2] / total)


def sentiment_of(polarity: Polarity, *, threshold: float = THRESHOLD) -> Sentiment:
    """Return the label with its score and confidence; ``unsure`` where no probability passes ``threshold``."""
    ranked: list[tuple[float, SentimentLabel]] = [
        (polarity.negative, "negative"),
        (polarity.neutral, "neutral"),
        (polarity.positive, "positive"),
    ]
    confidence, label = max(ranked)
    return Sentiment(
        label=label if confidence >= threshold else "unsure",
        score=round(polarity.positive - polarity.negative, 4),
        confidence=round(confidence, 4),
    )
