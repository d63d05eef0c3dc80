"""How far a source was read: the marks (newest id, newest time) that its kind wants to know in the next run.

Written only after everything that they stand for was stored; see ``receipts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from analysis.model.records.base import Records
from analysis.model.records.crawl import BOOKMARKS, Bookmark
from crawler.keeping.intake import Intake
from crawler.kinds.base import Mark


def marks_of(records: Records, source_id: str) -> dict[str, str]:
    """Return the marks of a source; none where it was never read."""
    bookmark = BOOKMARKS.get(records, source_id)
    return dict(bookmark.value.marks) if bookmark else {}


def remembered(intake: Intake, source_id: str, marks: dict[str, str], new: Sequence[Mark], *, now: datetime) -> None:
    """Put ``new`` among the ``marks`` of a source, and have all of them written."""
    if new:
        marks |= {mark.name: mark.value for mark in new}
        intake.note(BOOKMARKS, Bookmark(source=source_id, marks=dict(marks), written_at=now))
