"""What a company did, as a text reports it, by the network and the rules together."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from analysis.enrich.judges.moves import make as rules
from analysis.enrich.models.encoder.fusion import only
from analysis.enrich.models.encoder.panel import Panel, by_rules, panel, span_of
from analysis.enrich.reading import Ruling, Signal, reading_of
from analysis.enrich.slots import Material, MoveJudge

_ALONE = 0.6  # probability from which the network alone tells of a move


class EncoderMoves:
    """The judge of moves by the network, weighed against the rules where they read the language."""

    def __init__(self, experts: Panel[MoveJudge]) -> None:
        self.experts, self.encoder, self.version = experts, experts.encoder, experts.version

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Sequence[Ruling[str]]]:
        """Return for each target what it did, in the model's order; who only suffers a move has none."""
        english = by_rules(reading_of(doc))
        said: Sequence[Sequence[Ruling[str]]] = (
            self.experts.rules.judge(doc, targets) if english else [()] * len(targets)
        )
        signals = self.experts.signals(doc, targets)
        return [
            self._moves(doc, target, signal, ruled, english=english) if signal else ruled
            for target, signal, ruled in zip(targets, signals, said, strict=True)
        ]

    def _moves(
        self, doc: Doc, target: str, signal: Signal, ruled: Sequence[Ruling[str]], *, english: bool
    ) -> list[Ruling[str]]:
        lang = reading_of(doc).window.lang
        labels, pool = self.experts.labels("moves", lang), self.experts.pool("moves", lang)
        says = only(labels, *(move.value for move in ruled))
        chances = pool.chances(signal.scores["moves"], says if english else None)
        at = int(chances.argmax())
        if not at or (chances[at] < _ALONE and labels[at] not in {move.value for move in ruled}):
            return []
        spans = {move.value: move.span for move in ruled}
        return [Ruling(labels[at], float(chances[at]), spans.get(labels[at]) or span_of(doc, signal, "move", target))]


def make(material: Material) -> MoveJudge:
    """Return the judge with the shipped weights."""
    return EncoderMoves(panel(rules(material), material))
