"""The worst harm that a text tells of: safety, data loss, money, cannot use, annoyance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spacy.tokens import Doc

from analysis.enrich.reading import Bounds, Ruling, TextReading, reading_of
from analysis.enrich.slots import Material, SeverityJudge
from analysis.model import SEVERITIES


def severity_patterns(raw: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return the token patterns, labelled ``severity:<level>`` and ``severity!<level>`` for those that take it away."""
    patterns: dict[str, Sequence[str]] = {}
    for level, part in raw.items():
        patterns[f"severity:{level}"] = [str(source) for source in part["cues"]]
        patterns[f"severity!{level}"] = [str(source) for source in part.get("not", ())]
    return patterns


class SeverityRules:
    """The judge of severity by cues. Mood holds back mere annoyance where a clause praises on balance, and no more."""

    version = "rules-1"

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Ruling[str] | None]:
        """Return for each target the worst harm in the clauses that speak of it, or None."""
        reading = reading_of(doc)
        return [_worst(reading, target) for target in targets]


def make(_background: Material) -> SeverityJudge:
    """Return the judge."""
    return SeverityRules()


def _worst(reading: TextReading, target: str) -> Ruling[str] | None:
    levels: dict[str, Bounds] = {}
    for share in reading.shares[target]:
        for level, span in _levels(reading, share.clause).items():
            levels.setdefault(level, span)
    for level in SEVERITIES:
        if level in levels:
            return Ruling(level, span=levels[level])
    return None


def _levels(reading: TextReading, clause: int) -> dict[str, Bounds]:
    cues = [cue for cue in reading.cues[clause] if cue.label.startswith("severity")]
    if not cues:
        return {}
    denied = {cue.label.partition("!")[2] for cue in cues if cue.label.startswith("severity!")}
    # Words of mere annoyance in a clause that praises on balance are no complaint.
    if reading.leaning[clause] > 0.6:
        denied |= {"annoyance", "cannot_use"}
    levels: dict[str, Bounds] = {}
    for cue in cues:
        kind, _, level = cue.label.partition(":")
        if kind == "severity" and level not in denied:
            levels.setdefault(level, (cue.start, cue.end))
    return levels
