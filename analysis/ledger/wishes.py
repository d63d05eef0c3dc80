"""The ledger of wishes: what became of what people asked for.

A record of kind ``wish`` has the keys of a fix: ``theme``, ``brand``, ``status`` (open, planned, shipped, declined),
``reason``, ``shipped``, ``version``, ``note``; and who added it, when, and every change since.
"""

from __future__ import annotations

from analysis.ledger import entries
from analysis.ledger.entries import Stamp
from analysis.ledger.fixes import Known, checked
from analysis.model.errors import UsageError
from analysis.store.base import Document, Record, Records

WISH = "wish"


def add(records: Records, *, theme: str, note: str, known: Known, stamp: Stamp, brand: str = "") -> Record:
    """Add an open wish and return its record. Raises ``UsageError`` for an unknown theme or brand."""
    body = {"theme": theme, "brand": brand, "status": "open", "reason": "", "shipped": "", "version": "", "note": note}
    return entries.add(records, WISH, checked(body, known), stamp)


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
) -> Record:
    """Set what becomes of a wish; its history keeps what was said before.

    Without a day, ``shipped`` means today. Raises ``UsageError`` without a reason: a wish is not planned, shipped or
    declined for none.
    """
    if (shipped or version) and status != "shipped":
        raise UsageError("--shipped, --version: only a shipped wish has them; set --status shipped")
    before = entries.find(records, WISH, key).body
    day = (shipped or stamp.time[:10]) if status == "shipped" else ""
    changes: Document = {"status": status, "reason": entries.needed_reason(reason), "shipped": day, "version": version}
    whole = checked({**before, **changes}, known)
    return entries.edit(records, WISH, key, {name: whole[name] for name in changes}, stamp, reason=reason)
