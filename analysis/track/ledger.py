"""The fix ledger read for the report: what each record says. Pure.

A fix record's body: ``theme`` (a topic id), ``brand``, ``shipped`` (a date), ``version``, ``note``, and ``status``
(open, planned, shipped or declined, with ``reason``). All but the theme may be missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One entry of the ledger. ``shipped`` is None where nothing was shipped yet."""

    key: str
    theme: str
    brand: str
    shipped: date | None
    version: str
    note: str
    status: str
    reason: str


def read_fix(key: str, body: Mapping[str, Any]) -> Fix:
    """Return the entry that a record tells of."""
    shipped = str(body.get("shipped") or "")[:10]
    return Fix(
        key=key,
        theme=str(body.get("theme") or ""),
        brand=str(body.get("brand") or ""),
        shipped=date.fromisoformat(shipped) if shipped else None,
        version=str(body.get("version") or ""),
        note=str(body.get("note") or ""),
        status=str(body.get("status") or ("shipped" if shipped else "open")),
        reason=str(body.get("reason") or ""),
    )


def status(theme: str, brand: str, fixes: Iterable[Fix]) -> str:
    """Return what the ledger says of a theme, in a few words; empty where it says nothing. The newest entry speaks."""
    own = [fix for fix in fixes if fix.theme == theme and fix.brand in ("", brand)]
    if not own:
        return ""
    newest = max(own, key=lambda fix: (fix.shipped or date.min, fix.key))
    if newest.shipped:
        version = f" in {newest.version}" if newest.version else ""
        return f"fix shipped {newest.shipped.isoformat()}{version}"
    return f"{newest.status}: {newest.reason}" if newest.reason else newest.status
