"""What the fix ledger says of a theme. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from analysis.model.records.ledger import Fix


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
