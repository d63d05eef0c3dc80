"""What the fused judges share: the network's reading of a window, and the tokens of its spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from spacy.tokens import Doc

from analysis.enrich.models.encoder.fusion import Pool, fusion_of
from analysis.enrich.models.encoder.languages import Encoders, shipped
from analysis.enrich.reading import READ_BY_RULES, Bounds, Signal, TextReading, reading_of
from analysis.enrich.slots import Material

Rules = TypeVar("Rules")


@dataclass(frozen=True, slots=True)
class Panel(Generic[Rules]):
    """The experts of one task: the networks and the rules, and how they are fused."""

    rules: Rules
    encoder: Encoders

    @property
    def version(self) -> str:
        """The version of a judge made of these experts."""
        return f"encoder-{self.encoder.version}"

    def pool(self, task: str, lang: str) -> Pool:
        """Return how much the network of ``lang`` and the rules count in ``task``."""
        return fusion_of(self.encoder.of(lang).folder).pool(task, lang)

    def labels(self, task: str, lang: str) -> tuple[str, ...]:
        """Return the names of the answers that the network of ``lang`` gives in ``task``."""
        return self.encoder.of(lang).heads.labels[task]

    def signals(self, doc: Doc, targets: Sequence[str]) -> list[Signal | None]:
        """Return what the network says of each target; None of one that it could not read."""
        reading = reading_of(doc)
        if reading.insight is None:
            [reading.insight] = self.encoder.read([reading.window])
        return [reading.insight.signals.get(target) for target in targets]


def panel(rules: Rules, material: Material) -> Panel[Rules]:
    """Return the shipped networks beside ``rules``."""
    return Panel(rules, shipped(material.threads))


def by_rules(reading: TextReading) -> bool:
    """Return whether the rules read the language of the window."""
    return reading.window.lang == READ_BY_RULES


def span_of(doc: Doc, signal: Signal, tag: str, target: str) -> Bounds:
    """Return the tokens that a tag of ``signal`` rests on; where none is tagged, a sentence of the author's own."""
    if tag in signal.spans:
        span = doc.char_span(*signal.spans[tag], alignment_mode="expand")
        if span is not None:
            return span.start, span.end
    return _home(doc, target) or (0, len(doc))


def _home(doc: Doc, target: str) -> Bounds | None:
    """Return the first sentence of the author's own that names the target, of the body before one of the title."""
    reading = reading_of(doc)
    own = [
        (first, last)
        for first, last in reading.sentences
        if not reading.is_context(first, last) and any(token.is_alpha for token in doc[first:last])
    ]
    body = [bounds for bounds in own if doc[bounds[0]].idx >= reading.window.title_end] or own
    places = reading.targets.get(target, [])
    named = [bounds for bounds in body if any(bounds[0] <= first < bounds[1] for first, _ in places)]
    return next(iter(named or body), None)
