"""What a company did, as a text reports it: launches, prices, outages, recalls and the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.enrich.find.cues import Cue
from analysis.enrich.reading import Reading
from analysis.model import MOVES

_MINE = frozenset({"i", "my", "me", "mine"})
_TOLD_BY_CUSTOMERS = frozenset({"price", "outage", "terms", "end_of_product", "incident"})
_BOTH_SIDES = frozenset({"acquisition", "partnership"})


def move_patterns(raw: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return the token patterns, labelled ``move:<kind>`` and ``move!<kind>`` for those that take it away."""
    found: dict[str, Sequence[str]] = {}
    for move, part in raw.items():
        found[f"move:{move}"] = [str(source) for source in part["cues"]]
        found[f"move!{move}"] = [str(source) for source in part.get("not", ())]
    return found


def moves_of(reading: Reading, target: str, sides: Mapping[str, str]) -> tuple[str, ...]:
    """Return the moves of ``target`` in sentences that name it, in the model's order.

    ``sides`` says per move where the company stands: ``before`` the words, ``after`` them, or ``either``.
    """
    sentences = {reading.clauses[share.clause].sentence for share in reading.shares[target] if share.named}
    found: set[str] = set()
    for number, clause in enumerate(reading.clauses):
        if clause.sentence not in sentences:
            continue
        cues = reading.cues[number]
        denied = {cue.label.partition("!")[2] for cue in cues if cue.label.startswith("move!")}
        personal = not _MINE.isdisjoint(reading.lowers[clause.start : clause.end])
        for cue in cues:
            move = cue.label.partition(":")[2] if cue.label.startswith("move:") else ""
            if not move or move in denied or (personal and move not in _TOLD_BY_CUSTOMERS):
                continue
            if _is_actor(reading, target, cue, move, sides.get(move, "either")):
                found.add(move)
    return tuple(move for move in MOVES if move in found)


def _is_actor(reading: Reading, target: str, cue: Cue, move: str, side: str) -> bool:
    """Return whether ``target`` is the company meant: the nearest before the words, else the nearest after."""
    near: list[tuple[bool, int, str]] = []
    for name, places in reading.targets.items():
        for first, last in places:
            before = first < cue.end and first <= cue.start
            if (side == "before" and not before) or (side == "after" and before):
                continue
            near.append((not before, cue.start - last if before else first - cue.end, name))
    if move in _BOTH_SIDES:
        return any(name == target and distance <= 20 for _, distance, name in near)
    return bool(near) and min(near)[2] == target
