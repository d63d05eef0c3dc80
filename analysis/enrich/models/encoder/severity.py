"""The worst harm that a text tells of, by the network and the rules together."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from analysis.enrich.judges.severity import GRAVE, denied, is_outright, is_own, is_told
from analysis.enrich.judges.severity import make as rules
from analysis.enrich.models.encoder.fusion import only
from analysis.enrich.models.encoder.panel import Panel, by_rules, panel, span_of
from analysis.enrich.reading import Ruling, Signal, reading_of
from analysis.enrich.slots import Material, SeverityJudge

# From here both experts see the harm. What the rules see alone must be grave, and told in the first person or beside
# the brand's name.
_SURE = 0.75


class EncoderSeverity:
    """The judge of severity by the network, weighed against the rules where they read the language."""

    def __init__(self, experts: Panel[SeverityJudge]) -> None:
        self.experts, self.encoder, self.version = experts, experts.encoder, experts.version

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Ruling[str] | None]:
        """Return for each target the worst harm told of, or None."""
        if reading_of(doc).window.genre != "owner":
            return [None] * len(targets)
        english = by_rules(reading_of(doc))
        said = self.experts.rules.judge(doc, targets) if english else [None] * len(targets)
        signals = self.experts.signals(doc, targets)
        return [
            self._worst(doc, target, signal, ruled, english=english) if signal else ruled
            for target, signal, ruled in zip(targets, signals, said, strict=True)
        ]

    def _worst(
        self, doc: Doc, target: str, signal: Signal, ruled: Ruling[str] | None, *, english: bool
    ) -> Ruling[str] | None:
        reading = reading_of(doc)
        labels = self.experts.labels("severity", reading.window.lang)
        pool = self.experts.pool("severity", reading.window.lang)
        if ruled is not None and not signal.scores["severity"].argmax() and not is_told(reading, ruled.span):
            return None  # nothing happened: a sentence asks, denies or supposes it, and the network hears no harm
        # What the rules see they see in a clause that denies nothing; elsewhere the same words may mean something else.
        other = denied(reading, target) - ({ruled.value} if ruled else set())
        says = only(labels, ruled.value if ruled else "") - only(labels, *other)
        chances = pool.chances(signal.scores["severity"], says if english else None)
        if ruled is not None and ruled.value in GRAVE and is_outright(reading, target, ruled.span):
            return Ruling(ruled.value, max(float(1 - chances[0]), _SURE), ruled.span)
        at = int(chances.argmax())
        if not at:
            return None
        level, p = labels[at], float(1 - chances[0])
        same = ruled is not None and ruled.value == level
        span = ruled.span if ruled and same else span_of(doc, signal, "severity", target)
        if p < _SURE and (level not in GRAVE or not is_own(reading, target, span)):
            return None
        return Ruling(level, p, span)


def make(material: Material) -> SeverityJudge:
    """Return the judge with the shipped weights."""
    return EncoderSeverity(panel(rules(material), material))
