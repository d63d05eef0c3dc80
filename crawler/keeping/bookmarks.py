"""How far a source was read: the marks (newest id, newest time) that its kind wants to know in the next run.

Written only after everything that they stand for was stored; see ``receipts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from analysis.store.base import Records

BOOKMARK = "bookmark"


def marks_of(records: Records, source_id: str) -> dict[str, str]:
    """Return the marks of a source; none where it was never read."""
    record = records.get(BOOKMARK, source_id)
    return dict(record.body["marks"]) if record else {}


def bookmark_body(marks: Mapping[str, str], now: datetime) -> dict[str, object]:
    """Return the record's body: all marks of the source, and when they were written."""
    return {"marks": dict(marks), "written_at": now.isoformat(timespec="seconds")}
