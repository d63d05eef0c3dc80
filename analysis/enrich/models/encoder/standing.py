"""How much is a text about a target? By what is said of it, and by the network and the rules together."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from analysis.enrich.judges.standing import SAID
from analysis.enrich.judges.standing import make as rules
from analysis.enrich.models.encoder.fusion import only
from analysis.enrich.models.encoder.panel import Panel, by_rules, panel
from analysis.enrich.reading import Ruling, Signal, reading_of
from analysis.enrich.slots import Material, StandingJudge

_REASONS = {
    "about": "the text speaks of it",
    "passing": "named in passing",
    "list": "a list, an offer or an address",
    "not": "the name means something else",
}


class EncoderStanding:
    """The judge of relevance by the network and the rules. Who claims something of a brand speaks about it."""

    def __init__(self, experts: Panel[StandingJudge]) -> None:
        self.experts, self.encoder, self.version = experts, experts.encoder, experts.version

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Ruling[str]]:
        """Return for each target one of ``RELEVANCES`` and why."""
        ruled = self.experts.rules.judge(doc, targets)
        signals = self.experts.signals(doc, targets)
        return [
            said if signal is None or said.reason == SAID else self._fused(doc, signal, said)
            for signal, said in zip(signals, ruled, strict=True)
        ]

    def _fused(self, doc: Doc, signal: Signal, said: Ruling[str]) -> Ruling[str]:
        reading = reading_of(doc)
        labels = self.experts.labels("relevance", reading.window.lang)
        pool = self.experts.pool("standing", reading.window.lang)
        chances = pool.chances(signal.scores["relevance"], only(labels, said.value) if by_rules(reading) else None)
        label = labels[int(chances.argmax())]
        reason = said.reason if said.value == label and by_rules(reading) else _REASONS[label]
        return Ruling(label, float(chances.max()), said.span, reason)


def make(material: Material) -> StandingJudge:
    """Return the judge with the shipped weights."""
    return EncoderStanding(panel(rules(material), material))
