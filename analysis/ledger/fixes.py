"""The fix ledger: what was done, or not, about a complaint. The report asks later whether it worked.

A record of kind ``fix`` holds ``theme``, ``brand`` (empty: all of ours), ``status``, ``shipped`` (a day, or empty),
``version``, ``note``, ``reason``, and who added it, when, and every change since.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from analysis.ledger import entries
from analysis.ledger.entries import Stamp
from analysis.model.errors import UsageError
from analysis.store.base import Document, Record, Records

FIX = "fix"
Status = Literal["open", "planned", "shipped", "declined"]
STATUSES: tuple[str, ...] = get_args(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an entry may name: the topics of the taxonomy, and the ids of our own brands."""

    topics: Collection[str]
    brands: Collection[str]


def add(
    records: Records,
    *,
    theme: str,
    known: Known,
    stamp: Stamp,
    shipped: str = "",
    brand: str = "",
    version: str = "",
    note: str = "",
    status: str = "",
    reason: str = "",
) -> Record:
    """Add a fix and return its record. Raises ``UsageError`` for an unknown theme or brand, or words that clash."""
    body = checked(
        {
            "theme": theme,
            "brand": brand,
            "shipped": shipped,
            "version": version,
            "note": note,
            "status": status or ("shipped" if shipped else "open"),
            "reason": reason.strip(),
        },
        known,
    )
    return entries.add(records, FIX, body, stamp)


def edit(records: Records, key: str, changes: Document, *, known: Known, stamp: Stamp, reason: str) -> Record:
    """Change a fix; its history keeps what it said before. A day of shipping makes its status shipped."""
    before = entries.find(records, FIX, key).body
    if changes.get("shipped") and "status" not in changes:
        changes = {**changes, "status": "shipped"}
    if changes.get("status") == "declined":
        changes = {**changes, "reason": reason.strip()}
    fields = ("theme", "brand", "shipped", "version", "note", "status", "reason")
    whole = checked({name: str(before.get(name) or "") for name in fields} | changes, known)
    return entries.edit(records, FIX, key, {name: whole[name] for name in changes}, stamp, reason=reason)


def checked(body: Document, known: Known) -> Document:
    """Return the words of an entry with its day in full. Raises ``UsageError`` with the flag that is wrong."""
    entries.chosen("--theme", body["theme"], known.topics)
    entries.chosen("--status", body["status"], STATUSES)
    if body["brand"]:
        entries.chosen("--brand", body["brand"], known.brands)
    if body["shipped"]:
        body = {**body, "shipped": entries.day_of("--shipped", body["shipped"]).isoformat()}
    if (body["status"] == "shipped") != bool(body["shipped"]):
        raise UsageError("--shipped, --status: a fix is shipped when it has a day of shipping, and only then")
    if body["status"] == "declined" and not body["reason"]:
        raise UsageError("--reason: is missing; a complaint is not declined without one")
    return body


def remark(body: Document, today: date) -> str:
    """Return what a person should know who has just entered this; empty where there is nothing."""
    shipped = body.get("shipped")
    if shipped and date.fromisoformat(shipped) > today:
        return f"{shipped} is still to come; complaints are compared from that day on"
    return ""
