"""The learnt layer in the ledger: taken into use, looked up, forgotten. Each change is an entry of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.ledger import audit
from analysis.ledger.entries import Stamp
from analysis.model.errors import UsageError
from analysis.model.records.base import Records
from analysis.model.records.learnt import CURRENT, LAYERS, KeptLayer
from analysis.model.times import read_time

LEARN, FORGET = "learn", "learn: forgotten"


def keep(
    records: Records,
    *,
    layer: str,
    named: str,
    made_for: str,
    answers: int,
    tested: Mapping[str, Any],
    stamp: Stamp,
) -> KeptLayer:
    """Take a layer into use instead of the one before, and return it as it is kept.

    ``layer`` is the layer as text, ``named`` its hash, ``tested`` what it was found to do for each task.
    """
    before = current(records)
    details = {"layer": named, "made_for": made_for, "answers": answers, "tested": dict(tested)}
    details |= {"instead_of": before.hash} if before else {}
    entry = audit.append(records, action=LEARN, reason=f"learnt from {answers} answers", details=details, stamp=stamp)
    kept = KeptLayer(
        hash=named,
        made_for=made_for,
        layer=layer,
        answers=answers,
        tested=tested,
        who=entry.who,
        at=read_time(entry.at),
        audit=entry.hash,
    )
    LAYERS.put(records, kept)
    return kept


def current(records: Records) -> KeptLayer | None:
    """Return the layer in use, or None."""
    stored = LAYERS.get(records, CURRENT)
    return stored.value if stored else None


def forget(records: Records, *, stamp: Stamp, reason: str = "") -> KeptLayer:
    """Go back to the shipped judges, and return the layer that was in use. Raises ``UsageError`` where none is."""
    before = current(records)
    if before is None:
        raise UsageError("no learnt layer is in use; the shipped judges judge")
    details = {"layer": before.hash}
    audit.append(records, action=FORGET, reason=reason or "back to the shipped judges", details=details, stamp=stamp)
    LAYERS.delete(records, CURRENT)
    return before


def bytes_of(records: Records) -> bytes:
    """Return the layer in use as it goes to whoever judges; empty where none is."""
    kept = current(records)
    return kept.layer.encode() if kept else b""
