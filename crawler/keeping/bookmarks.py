"""How far a source was read: the marks (newest id, newest time) that its kind wants to know in the next run.

Written only after everything that they stand for was stored; see ``receipts``.
"""

from __future__ import annotations

from analysis.model.records.base import Records
from analysis.model.records.crawl import BOOKMARKS


def marks_of(records: Records, source_id: str) -> dict[str, str]:
    """Return the marks of a source; none where it was never read."""
    bookmark = BOOKMARKS.get(records, source_id)
    return dict(bookmark.value.marks) if bookmark else {}
