"""Sentiment towards a target by the network and the rules together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from spacy.tokens import Doc

from analysis.enrich.judges.sentiment import make as rules
from analysis.enrich.judges.sentiment import sentiment_of
from analysis.enrich.models.encoder.encoder import Encoder, log_softmax
from analysis.enrich.models.encoder.fusion import LOWEST, log_chances, log_odds
from analysis.enrich.models.encoder.network import Floats
from analysis.enrich.models.encoder.panel import Panel, by_rules, panel
from analysis.enrich.reading import Insight, Polarity, TextReading, Window, reading_of
from analysis.enrich.slots import Material, SentimentJudge

NOTHING = Polarity(0.0, 0.0, 0.0)
LEAST = 0.56  # chosen on the dev parts of all sets together: what is labelled is right in three cases of four
_HELD, _BACK = 1.25, 2.2  # chosen there too: log odds from which, and by how much, an answer is surer than it says
_SURE = 0.7  # probability from which the rules are sure of a side
_SIGN = 2.4  # what a sign of feeling adds to a log chance
_STARS = 1.5  # how much one star away from the middle adds to a log chance
_BETTER = 1.0  # what being surely better than the others that are named adds to a log chance
_APART = 0.1  # how much of the distance to their leaning is added: who is named beside the worse is meant to be better


class EncoderSentiment:
    """The judge of sentiment by the network, weighed against the rules where they read the language."""

    def __init__(self, experts: Panel[SentimentJudge]) -> None:
        self.experts, self.encoder, self.version = experts, experts.encoder, experts.version

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Polarity]:
        """Return the chances towards each target; all 0 where nobody reads the text."""
        window = reading_of(doc).window
        english = by_rules(reading_of(doc))
        said = self.experts.rules.judge(doc, targets) if english else [None] * len(targets)
        pool = self.experts.pool("sentiment", window.lang)
        signals = self.experts.signals(doc, targets)
        chances = {
            target: pool.chances(
                signal.scores["sentiment"],
                expert(polarity) if polarity else None,
                by_stars(window, target) + by_signs(reading_of(doc), target),
            )
            for target, signal, polarity in zip(targets, signals, said, strict=True)
            if signal
        }
        insight = reading_of(doc).insight
        told = by_others(self.encoder.of(window.lang), insight, chances) if insight and len(chances) > 1 else chances
        fused = [
            _polarity(told[target]) if target in told else polarity or NOTHING
            for target, polarity in zip(targets, said, strict=True)
        ]
        return _with_opposites(fused, said)


def by_others(encoder: Encoder, insight: Insight, chances: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the chances towards each target, moved by what is said of it against the others.

    Of two that are compared the network often knows which is better where it is unsure what is felt towards either.
    """
    logs = {target: np.log(np.maximum(of, LOWEST)) for target, of in chances.items()}
    lean = dict.fromkeys(chances, 0.0)
    for first, second in combinations(chances, 2):
        compared = encoder.compare(insight, first, second)
        better, worse, _ = (0.0, 0.0, 0.0) if compared is None else np.exp(compared).tolist()
        ahead = _leaning(logs[first]) - _leaning(logs[second])
        step = (_BETTER * (better - worse) + _APART * ahead) / (len(chances) - 1)
        lean[first] += step
        lean[second] -= step
    return {
        target: np.asarray(np.exp(log_softmax(log + np.array([-lean[target], 0.0, lean[target], 0.0], np.float32))))
        for target, log in logs.items()
    }


def _leaning(logs: Floats) -> float:
    return float(logs[2] - logs[0])


def _with_opposites(fused: Sequence[Polarity], said: Sequence[Polarity | None]) -> list[Polarity]:
    """Let the rules decide what is unsure, where they are sure of a side and another target is on the other side."""
    ruled = [_side(polarity, _SURE) if polarity else 0 for polarity in said]
    sides = {_side(together, LEAST) or side for together, side in zip(fused, ruled, strict=True)}
    return [
        replace(polarity, least=LEAST)
        if polarity and side and -side in sides and sentiment_of(together).label == "unsure"
        else together
        for together, polarity, side in zip(fused, said, ruled, strict=True)
    ]


def _side(polarity: Polarity, least: float) -> int:
    """Return the side that is taken with a probability of ``least``: -1 or 1, 0 where none is."""
    return (polarity.positive >= least) - (polarity.negative >= least)


def by_stars(window: Window, target: str) -> Floats:
    """Return what the stars of a review add to the log chances: its author has said by them what the words may not."""
    if window.rating is None or window.rated not in ("", target):
        return np.zeros(4, np.float32)
    low, high = max(0.0, 3.2 - window.rating), max(0.0, window.rating - 3.2)
    return np.array([_STARS * low, 0.0, _STARS * high, 0.0], np.float32)


def by_signs(reading: TextReading, target: str) -> Floats:
    """Return what signs of feeling (👍 😡 :( ) in the target's own clauses add to the log chances.

    The network was shown few of them. A kind sign beside words that lean the other way is irony, and adds nothing.
    """
    said = [valence for share in reading.shares[target] if share.named for valence in reading.valences[share.clause]]
    signs = {valence for valence in said if is_sign(reading.lowers[valence.start : valence.end])}
    bad = any(valence.value < 0 for valence in signs)
    good = any(valence.value > 0 for valence in signs) and all(valence.value > 0 for valence in said)
    return np.array([_SIGN * bad, 0.0, _SIGN * good, 0.0], np.float32)


def is_sign(words: Sequence[str]) -> bool:
    """Return whether some words are signs alone, such as an emoji."""
    return not any(char.isalnum() for word in words for char in word)


def expert(polarity: Polarity) -> Floats:
    """Return what the rules say as log chances; both sides at once is as likely as each of them allows."""
    both = (polarity.negative * polarity.positive) ** 0.5
    return log_chances(polarity.negative, polarity.neutral, polarity.positive, both)


def spoken_out(chances: Floats) -> Floats:
    """Return chances of which the likeliest is as sure as it is right.

    The network learnt smoothed labels, and no expert is heard to the end: what is plain never got beyond 0.85 or so,
    where nine in ten are right (Müller et al. 2019, "When Does Label Smoothing Help?").
    """
    top = int(chances.argmax())
    odds = log_odds(float(chances[top]))
    if odds <= _HELD:
        return chances
    surest = 1 / (1 + np.exp(-odds - _BACK * (odds - _HELD)))
    spoken = chances * (1 - surest) / (1 - chances[top])
    spoken[top] = surest
    return np.asarray(spoken, np.float32)


def _polarity(chances: Floats) -> Polarity:
    negative, neutral, positive, mixed = spoken_out(chances).tolist()
    return Polarity(negative, neutral, positive, mixed, LEAST)


def make(material: Material) -> SentimentJudge:
    """Return the judge with the shipped weights."""
    return EncoderSentiment(panel(rules(material), material))
