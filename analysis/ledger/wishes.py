"""The ledger of wishes: what became of what people asked for. An entry is written as a fix is, and kept apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analysis.ledger import entries
from analysis.ledger.entries import Stamp
from analysis.ledger.fixes import Known, checked
from analysis.model.errors import UsageError
from analysis.model.records.base import Records
from analysis.model.records.ledger import WISHES, Fix


def add(records: Records, *, theme: str, note: str, known: Known, stamp: Stamp, brand: str = "") -> Fix:
    """Add an open wish and return it. Raises ``UsageError`` for an unknown theme or brand."""
    wish = Fix(key="", theme=theme, at=stamp.at, who=stamp.who, brand=brand, note=note)
    return entries.add(records, WISHES, checked(wish, known))


def settle(
    records: Records,
    key: str,
    *,
    status: str,
    reason: str,
    known: Known,
    stamp: Stamp,
    shipped: str = "",
    version: str = "",
) -> Fix:
    """Set what becomes of a wish; its history keeps what was said before.

    Without a day, ``shipped`` means today. Raises ``UsageError`` without a reason: a wish is not planned, shipped or
    declined for none.
    """
    if (shipped or version) and status != "shipped":
        raise UsageError("only a shipped wish has them; set its status to shipped", about=("shipped", "version"))
    day = entries.day_of("shipped", shipped or stamp.time[:10]) if status == "shipped" else None
    why = entries.needed_reason(reason)
    changes: dict[str, Any] = {"status": status, "reason": why, "shipped": day, "version": version}
    checked(replace(entries.find(records, WISHES, key).value, **changes), known)
    return entries.edit(records, WISHES, key, changes, stamp, reason=reason)
