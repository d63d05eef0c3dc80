"""Sentiment towards a target by rules: the valences of the clauses that speak of it, stars, switching, complaints.

Valences are weighted by how near the clause and the word are to the target. What speaks for either side goes through a
multinomial logistic link to probabilities; a label is given only where its probability passes a threshold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from spacy.tokens import Doc

from analysis.enrich.judges.switching import switch_valence
from analysis.enrich.reading import Bounds, Clause, ClauseShare, Polarity, TextReading, Valence, reading_of
from analysis.enrich.slots import Material, SentimentJudge
from analysis.model import Sentiment, SentimentLabel

_HARM, _GRAVE = 1.2, 0.9  # valence of the worst harm, and the weight from which harm has any
_STRONG, _WEAK = 0.5, 0.15  # valence of a strong and a weak cue of complaint; each counts twice at most


class RuleSentiment:
    """The judge of sentiment by rules alone."""

    version = "rules-1"

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Polarity]:
        """Return the probabilities towards each target."""
        reading = reading_of(doc)
        return [judged_by_rules(reading, target) for target in targets]


def make(_background: Material) -> SentimentJudge:
    """Return the judge."""
    return RuleSentiment()


def judged_by_rules(reading: TextReading, target: str) -> Polarity:
    """Return the probabilities that the rules give."""
    balance = gather(reading.valences, reading.clauses, reading.shares[target], reading.targets[target])
    rating = reading.window.rating if reading.window.rated in ("", target) else None
    extra = switch_valence(reading, target) + _complaint_valence(reading, target) + _harm_valence(reading, target)
    return rule_polarity(balance, rating=rating, extra=extra)


def _complaint_valence(reading: TextReading, target: str) -> float:
    """Return what cues of complaint ("still waiting", "fix your app") add where no word of the lexicon leans."""
    labels = [cue.label for share in reading.shares[target] for cue in reading.cues[share.clause]]
    strong, weak = labels.count("intent:complaint:2.2"), labels.count("intent:complaint:1.1")
    return -_STRONG * min(strong, 2) - _WEAK * min(weak, 2)


def _harm_valence(reading: TextReading, target: str) -> float:
    """Return what harm adds that an owner tells of; a report of it takes no side."""
    harm = reading.severity.get(target)
    grave = harm is not None and harm.value.weight >= _GRAVE and reading.window.genre == "owner"
    return -_HARM * harm.value.weight if harm and grave else 0.0


@dataclass(frozen=True, slots=True)
class Balance:
    """What speaks for and against a target: sums of weighted valences, and in the clauses that name it alone."""

    plus: float
    minus: float
    own_plus: float
    own_minus: float
    words: int


def gather(
    valences: Sequence[Sequence[Valence]],
    clauses: Sequence[Clause],
    spoken: Sequence[ClauseShare],
    places: Sequence[Bounds],
) -> Balance:
    """Return what ``spoken`` clauses say of the target at the token ``places``; ``valences`` are per clause."""
    plus = minus = own_plus = own_minus = 0.0
    words = 0
    for share in spoken:
        clause = clauses[share.clause]
        words += clause.end - clause.start
        for valence in valences[share.clause]:
            far = min((max(first - valence.end, valence.start - last, 0) for first, last in places), default=0)
            weight = share.weight * (max(0.35, 1 - far / 25) if share.named else 1.0)
            value = valence.value * weight
            plus += max(value, 0.0)
            minus += max(-value, 0.0)
            if share.named:
                own_plus += max(value, 0.0)
                own_minus += max(-value, 0.0)
    return Balance(plus, minus, own_plus, own_minus, words)


def rule_polarity(balance: Balance, *, rating: float | None = None, extra: float = 0.0) -> Polarity:
    """Return the probabilities that the balance, the stars (0 to 5) of a review and ``extra`` valence give."""
    # A long passage gathers words of both sides: what counts is the balance, with diminishing returns.
    plus, minus = _damped(balance.plus + 0.5 * balance.own_plus), _damped(balance.minus + 0.5 * balance.own_minus)
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


def sentiment_of(polarity: Polarity) -> Sentiment:
    """Return the label with its score and confidence; ``unsure`` where no probability reaches ``polarity.least``."""
    ranked: list[tuple[float, SentimentLabel]] = [
        (polarity.negative, "negative"),
        (polarity.neutral, "neutral"),
        (polarity.positive, "positive"),
        (polarity.mixed, "mixed"),
    ]
    confidence, label = max(ranked)
    return Sentiment(
        label=label if confidence >= polarity.least else "unsure",
        score=round(polarity.positive - polarity.negative, 4),
        confidence=round(confidence, 4),
    )
