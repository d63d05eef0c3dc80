"""Entries of the ledgers and the log for tests, with everything filled that a test does not speak of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from analysis.model.records.audit import Confirmation, Correction, Erasure
from analysis.model.records.ledger import Fix

AT = datetime(2026, 9, 1, 9, 30, 15, 250_000, tzinfo=UTC)


def fix(key: str = "00001", *, theme: str = "battery", shipped: date | None = None, **more: Any) -> Fix:
    """Return a fix of ann's; one with a day is shipped."""
    values = {"at": AT, "who": "ann", "status": "shipped" if shipped else "open", "shipped": shipped, **more}
    return Fix(key=key, theme=theme, **values)


def erasure(number: int = 1, *, at: datetime = AT, **more: Any) -> Erasure:
    """Return an erasure of one post that was begun."""
    values = {"target": "url", "values": ("a" * 32,), "count": 1, "reason": "request", "who": "ann", "audit": "f" * 64}
    return Erasure(key=f"{number:012d}", at=at, **{**values, **more})


def correction(number: int = 1, *, at: datetime = AT, **more: Any) -> Correction:
    """Return a correction of one mention's sentiment."""
    values = {
        "mention": "b" * 32,
        "brand": "tessaro",
        "was": "negative",
        "to": "positive",
        "reason": "irony",
        "who": "ann",
        "audit": "f" * 64,
    }
    return Correction(key=f"{number:012d}", at=at, **{**values, **more})


def confirmation(number: int = 1, *, at: datetime = AT, **more: Any) -> Confirmation:
    """Return a confirmation of one mention's sentiment."""
    values = {
        "mention": "b" * 32,
        "post": "c" * 32,
        "brand": "tessaro",
        "said": "negative",
        "judged": "negative",
        "model": "rules-1",
        "who": "ann",
        "audit": "f" * 64,
    }
    return Confirmation(key=f"{number:012d}", at=at, **{**values, **more})
