"""The worst harm that a text tells of: safety, data loss, money, cannot use, annoyance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.enrich.reading import Reading
from analysis.model import SEVERITIES


def severity_patterns(raw: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return the token patterns, labelled ``severity:<level>`` and ``severity!<level>`` for those that take it away."""
    found: dict[str, Sequence[str]] = {}
    for level, part in raw.items():
        found[f"severity:{level}"] = [str(source) for source in part["cues"]]
        found[f"severity!{level}"] = [str(source) for source in part.get("not", ())]
    return found


def severity_of(reading: Reading, target: str) -> str:
    """Return the worst harm in the clauses that speak of ``target``, or an empty word."""
    levels: set[str] = set()
    for share in reading.shares[target]:
        cues = reading.cues[share.clause]
        denied = {cue.label.partition("!")[2] for cue in cues if cue.label.startswith("severity!")}
        told = {cue.label.partition(":")[2] for cue in cues if cue.label.startswith("severity:")}
        # Words of mere annoyance in a clause that praises on balance are no complaint.
        if reading.leaning[share.clause] > 0.6:
            told -= {"annoyance", "cannot_use"}
        levels |= told - denied
    for level in SEVERITIES:
        if level in levels:
            return level
    complains = reading.intents[target]["complaint"] >= 0.9 and reading.polarity[target].negative >= 0.8
    return "annoyance" if complains else ""
