"""The fix ledger: what was done, or not, about a complaint. The report asks later whether it worked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from analysis.ledger import entries
from analysis.ledger.entries import Stamp
from analysis.model.errors import UsageError
from analysis.model.records.base import Records
from analysis.model.records.ledger import FIX_STATUSES, FIXES, Fix, FixStatus


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
) -> Fix:
    """Add a fix and return it. Raises ``UsageError`` for an unknown theme or brand, a twin, or words that clash."""
    fix = Fix(
        key="",
        theme=theme,
        at=stamp.at,
        who=stamp.who,
        brand=brand,
        status=entries.chosen("status", status or ("shipped" if shipped else "open"), FIX_STATUSES),
        shipped=entries.day_of("shipped", shipped) if shipped else None,
        version=version,
        note=note,
        reason=reason.strip(),
    )
    checked(fix, known)
    if twin := next((other for other in FIXES.values(records) if _same(other, fix)), None):
        raise UsageError(
            f"fix {int(twin.key)} says the same (entered by {twin.who} on {twin.at:%Y-%m-%d}); change that one, or "
            "give what sets this one apart",
            about=("theme",),
        )
    return entries.add(records, FIXES, fix)


def _same(one: Fix, other: Fix) -> bool:
    """Whether two entries tell of one fix: twice in the ledger, its verdict would be given twice."""
    return all(
        getattr(one, name) == getattr(other, name) for name in ("theme", "brand", "version", "status", "shipped")
    )


def standing(fix: Fix, today: date) -> FixStatus:
    """Return how a fix stands on a day: one whose day of shipping is still to come is planned."""
    return "planned" if fix.shipped and fix.shipped > today else fix.status


def edit(records: Records, key: str, changes: Mapping[str, str], *, known: Known, stamp: Stamp, reason: str) -> Fix:
    """Change fields of a fix, named as in ``Fix``; its history keeps what it said before.

    ``shipped`` is a day such as 2026-10-01, or empty; a day makes the status shipped. Raises ``UsageError``.
    """
    real: dict[str, Any] = dict(changes)
    if "shipped" in changes:
        real["shipped"] = entries.day_of("shipped", changes["shipped"]) if changes["shipped"] else None
    if real.get("shipped") and "status" not in real:
        real["status"] = "shipped"
    if real.get("status") == "declined":
        real["reason"] = reason.strip()
    checked(replace(entries.find(records, FIXES, key).value, **real), known)
    return entries.edit(records, FIXES, key, real, stamp, reason=reason)


def checked(fix: Fix, known: Known) -> Fix:
    """Return the entry. Raises ``UsageError`` with what is wrong in it."""
    entries.chosen("theme", fix.theme, known.topics)
    entries.chosen("status", fix.status, FIX_STATUSES)
    if fix.brand:
        entries.chosen("brand", fix.brand, known.brands)
    if (fix.status == "shipped") != bool(fix.shipped):
        raise UsageError("a fix is shipped when it has a day of shipping, and only then", about=("shipped", "status"))
    if fix.status == "declined" and not fix.reason:
        raise UsageError("is missing; a complaint is not declined without one", about=("reason",))
    return fix


def remark(fix: Fix, today: date) -> str:
    """Return what a person should know who has just entered this; empty where there is nothing."""
    if fix.shipped and fix.shipped > today:
        return f"{fix.shipped} is still to come; complaints are compared from that day on"
    return ""
