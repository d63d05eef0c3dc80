"""Customers who leave one brand for another, by the network and the rules together.

Each target is judged by its part (left or chosen, done or considered); those with opposite parts are a pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from spacy.tokens import Doc

from analysis.enrich.judges.switching import OTHER, left_for
from analysis.enrich.judges.switching import make as rules
from analysis.enrich.models.encoder.fusion import only
from analysis.enrich.models.encoder.network import Floats
from analysis.enrich.models.encoder.panel import Panel, by_rules, panel, span_of
from analysis.enrich.reading import Ruling, Signal, reading_of
from analysis.enrich.slots import Material, SwitchingJudge
from analysis.model import Switching

_LEAST = 0.5  # probability from which a target takes part in a switch
_OTHER_END = 0.25  # the same where another target takes the opposite part: a switch has two ends
_ALONE = 0.7  # the same of a switch that the rules, which read the language, do not hear


class EncoderSwitching:
    """The judge of switching by the network, weighed against the rules where they read the language."""

    def __init__(self, experts: Panel[SwitchingJudge]) -> None:
        self.experts, self.encoder, self.version = experts, experts.encoder, experts.version

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Ruling[Switching] | None]:
        """Return for each target the switch in which it takes part, or None."""
        english = by_rules(reading_of(doc))
        said = self.experts.rules.judge(doc, targets) if english else [None] * len(targets)
        found = dict(zip(targets, self.experts.signals(doc, targets), strict=True))
        signals = {target: signal for target, signal in found.items() if signal}
        if not signals:
            return list(said)
        ruled = dict(zip(targets, said, strict=True))
        lang = reading_of(doc).window.lang
        labels, pool = self.experts.labels("switching", lang), self.experts.pool("switching", lang)
        rows = {
            target: pool.chances(
                signal.scores["switching"], only(labels, part_of(ruled[target], target)) if english else None
            )
            for target, signal in signals.items()
        }
        return self._switches(doc, signals, rows, ruled)

    def _switches(
        self,
        doc: Doc,
        signals: Mapping[str, Signal],
        rows: Mapping[str, Floats],
        ruled: Mapping[str, Ruling[Switching] | None],
    ) -> list[Ruling[Switching] | None]:
        left, chosen = _surest(rows, 1), _surest(rows, 3)
        if left and left == chosen:
            left, chosen = (left, "") if rows[left][1:3].sum() >= rows[left][3:].sum() else ("", chosen)
        if not left and not chosen:
            return [None] * len(ruled)
        chosen = chosen or _surest(_without(rows, left), 3, _OTHER_END)
        left = left or _surest(_without(rows, chosen), 1, _OTHER_END) or left_for(reading_of(doc), chosen)
        chief = left or chosen
        parts = [rows[part] for part in (left, chosen) if part in rows]
        status = _status(parts)
        told = next((ruling for ruling in ruled.values() if ruling), None)
        reason = told.value.reason if told else ""
        switch = Switching(origin=left or OTHER, target=chosen or OTHER, status=status, reason=reason)
        span = told.span if told else span_of(doc, signals[chief], "switching", chief)
        p = float(max(1 - row[0] for row in parts))
        if told is None and by_rules(reading_of(doc)) and p < _ALONE:
            return [None] * len(ruled)
        return [Ruling(switch, p, span) if target in (left, chosen) else None for target in ruled]


def part_of(ruled: Ruling[Switching] | None, target: str) -> str:
    """Return the part that a target takes in a switch, by the labels of the network's head."""
    if ruled is None:
        return ""
    return f"{'from' if ruled.value.origin == target else 'to'}_{ruled.value.status}"


def _status(parts: Sequence[Floats]) -> str:
    done = sum(float(row[[1, 3]].sum() - row[[2, 4]].sum()) for row in parts)
    return "done" if done >= 0 else "considered"


def _surest(rows: Mapping[str, Floats], first: int, least: float = _LEAST) -> str:
    """Return the target whose part is most probably one of the two from ``first`` on; empty where none is probable."""
    chances = {target: float(np.sum(row[first : first + 2])) for target, row in rows.items()}
    best = max(chances, key=chances.__getitem__, default="")
    return best if best and chances[best] >= least else ""


def _without(rows: Mapping[str, Floats], target: str) -> dict[str, Floats]:
    return {name: row for name, row in rows.items() if name != target}


def make(material: Material) -> SwitchingJudge:
    """Return the judge with the shipped weights."""
    return EncoderSwitching(panel(rules(material), material))
