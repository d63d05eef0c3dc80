"""Records that follow from entries of the audit log, under the number of their entry.

The entry is written first and holds all that the record says, so that a program that is killed in between leaves an
entry from which ``complete`` makes the record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from analysis.ledger import audit
from analysis.ledger.entries import Stamp
from analysis.model.records.audit import AuditEntry
from analysis.model.records.base import Document, RecordKind, Records

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Generic[Made]):
    """Records of one kind: the action that an entry names them by, and what an entry makes."""

    action: str
    kind: RecordKind[Made]
    made: Callable[[AuditEntry], Made]

    def enter(self, records: Records, *, reason: str, details: Document, stamp: Stamp) -> Made:
        """Write an entry to the log, then its record, and return the record."""
        entry = audit.append(records, action=self.action, reason=reason, details=details, stamp=stamp)
        return self._put(records, entry)

    def complete(self, records: Records) -> int:
        """Make the records that a killed program left out, and return how many."""
        missing = [entry for entry in audit.entries(records) if self._is_missing(records, entry)]
        for entry in missing:
            self._put(records, entry)
        return len(missing)

    def _is_missing(self, records: Records, entry: AuditEntry) -> bool:
        return entry.action == self.action and self.kind.get(records, entry.key) is None

    def _put(self, records: Records, entry: AuditEntry) -> Made:
        made = self.made(entry)
        self.kind.put(records, made, if_version=0)
        return made
