"""Sentiment towards a target by the network and the rules together."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from analysis.enrich.judges.sentiment import make as rules
from analysis.enrich.models.encoder.fusion import log_chances
from analysis.enrich.models.encoder.judging import Panel, by_rules, panel
from analysis.enrich.models.encoder.network import Floats
from analysis.enrich.reading import Polarity, reading_of
from analysis.enrich.slots import Material, SentimentJudge

NOTHING = Polarity(0.0, 0.0, 0.0)


class EncoderSentiment:
    """The judge of sentiment by the network, weighed against the rules where they read the language."""

    def __init__(self, experts: Panel[SentimentJudge]) -> None:
        self.experts, self.encoder, self.version = experts, experts.encoder, experts.version

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Polarity]:
        """Return the chances towards each target; all 0 where nobody reads the text."""
        english = by_rules(reading_of(doc))
        said = self.experts.rules.judge(doc, targets) if english else [None] * len(targets)
        pool = self.experts.fusion.pool("sentiment", reading_of(doc).window.lang)
        signals = self.experts.signals(doc, targets)
        return [
            _polarity(pool.chances(signal.scores["sentiment"], expert(polarity) if polarity else None))
            if signal
            else polarity or NOTHING
            for signal, polarity in zip(signals, said, strict=True)
        ]


def expert(polarity: Polarity) -> Floats:
    """Return what the rules say as log chances; both sides at once is as likely as each of them allows."""
    both = (polarity.negative * polarity.positive) ** 0.5
    return log_chances(polarity.negative, polarity.neutral, polarity.positive, both)


def _polarity(chances: Floats) -> Polarity:
    negative, neutral, positive, mixed = chances.tolist()
    return Polarity(negative, neutral, positive, mixed)


def make(material: Material) -> SentimentJudge:
    """Return the judge with the shipped weights."""
    return EncoderSentiment(panel(rules(material), material))
