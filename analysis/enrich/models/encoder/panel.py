"""What the fused judges share: the network's reading of a window, and the tokens of its spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from spacy.tokens import Doc

from analysis.enrich.models.encoder.encoder import Encoder, shipped
from analysis.enrich.models.encoder.fusion import Fusion, shipped_fusion
from analysis.enrich.reading import READ_BY_RULES, Bounds, Signal, TextReading, reading_of
from analysis.enrich.slots import Material

Rules = TypeVar("Rules")


@dataclass(frozen=True, slots=True)
class Panel(Generic[Rules]):
    """The experts of one task: the network, the rules, and how they are fused."""

    rules: Rules
    encoder: Encoder
    fusion: Fusion

    @property
    def version(self) -> str:
        """The version of a judge made of these experts."""
        return f"encoder-{self.encoder.heads.version}"

    def signals(self, doc: Doc, targets: Sequence[str]) -> list[Signal | None]:
        """Return what the network says of each target; None of one that it could not read."""
        reading = reading_of(doc)
        if reading.insight is None:
            [reading.insight] = self.encoder.read([reading.window])
        return [reading.insight.signals.get(target) for target in targets]


def panel(rules: Rules, material: Material) -> Panel[Rules]:
    """Return the shipped network and fusion beside ``rules``."""
    return Panel(rules, shipped(material.threads), shipped_fusion())


def by_rules(reading: TextReading) -> bool:
    """Return whether the rules read the language of the window."""
    return reading.window.lang == READ_BY_RULES


def span_of(doc: Doc, signal: Signal, tag: str, target: str) -> Bounds:
    """Return the tokens that a tag of ``signal`` rests on; where none is tagged, the sentence that names the target."""
    reading = reading_of(doc)
    if tag in signal.spans:
        span = doc.char_span(*signal.spans[tag], alignment_mode="expand")
        if span is not None:
            return span.start, span.end
    places = reading.targets.get(target, [])
    home = [bounds for bounds in reading.sentences if places and bounds[0] <= places[0][0] < bounds[1]]
    return home[0] if home else (0, len(doc))
