"""Do the audit log and the records that it speaks of agree?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from analysis.ledger import audit, corrections
from analysis.ledger.audit import Chain
from analysis.ledger.erasing import erasure
from analysis.ledger.erasing.tombstones import by_erasure, seal
from analysis.ledger.learning import confirmations
from analysis.model.records.audit import (
    CONFIRMATIONS,
    COPIED,
    CORRECTIONS,
    ERASURES,
    TOMBSTONES,
    AuditEntry,
    Confirmation,
    Correction,
    Erasure,
)
from analysis.model.records.base import Record, RecordKind, Records, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The chain, records that say something else than it, and work that was begun and never finished."""

    chain: Chain
    differing: tuple[str, ...]
    unfinished: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was changed or removed; unfinished work is no fraud."""
        return not self.chain.broken and not self.differing


def check(records: Records, *, noted: tuple[int, str] | None = None) -> Checked:
    """Return what a check of the whole log finds; ``noted`` as in ``audit.verify``. What is odd is named."""
    chain = audit.verify(records, noted=noted)
    if chain.broken:
        return Checked(chain=chain, differing=(), unfinished=())
    logged = _logged(records)
    open_still = {record.key for record in ERASURES.raw(records) if record.body.get("state") == "begun"}
    waiting = [f"erasure {key}" for key in logged.begun if key in open_still or key not in logged.done]
    differing = [
        *logged.odd,
        *_said(records, CORRECTIONS, logged.corrected),
        *_said(records, CONFIRMATIONS, logged.confirmed),
        *_erasures(records, logged),
        *_tombstones(records, logged),
    ]
    return Checked(chain=chain, differing=tuple(differing), unfinished=tuple(waiting))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Logged:
    """What the log says should be there, by key; ``ends`` are the entries that say that an erasure is done."""

    corrected: dict[str, Correction] = field(default_factory=dict)
    confirmed: dict[str, Confirmation] = field(default_factory=dict)
    begun: dict[str, Erasure] = field(default_factory=dict)
    done: dict[str, Erasure] = field(default_factory=dict)
    ends: dict[str, AuditEntry] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)


def _logged(records: Records) -> _Logged:
    logged = _Logged()
    for entry in audit.entries(records):
        try:
            if entry.action == corrections.ACTION:
                logged.corrected[entry.key] = corrections.correction_of(entry)
            elif entry.action == confirmations.ACTION:
                logged.confirmed[entry.key] = confirmations.confirmation_of(entry)
            elif entry.action == erasure.BEGUN:
                logged.begun[entry.key] = erasure.erasure_of(entry)
            elif entry.action == erasure.DONE and (first := logged.begun.get(str(entry.details["erasure"]))):
                logged.done[first.key] = erasure.ended(first, entry)
                logged.ends[first.key] = entry
        except (KeyError, TypeError, ValueError, AttributeError):
            logged.odd.append(f"entry {entry.seq} of the log does not say what a {entry.action!r} says")
    return logged


def _said(records: Records, kind: RecordKind[Value], logged: Mapping[str, Value]) -> Iterator[str]:
    seen = set()
    for record in kind.raw(records):
        seen.add(record.key)
        wanted = logged.get(record.key)
        if wanted is None or _read(kind, record) != wanted:
            yield f"{kind.name} {record.key} {_how(wanted)}"
    for key in sorted(logged.keys() - seen):
        yield f"{kind.name} {key} stands in the log and its record is gone; the next {kind.name} writes it again"


def _erasures(records: Records, logged: _Logged) -> Iterator[str]:
    seen = set()
    for record in ERASURES.raw(records):
        seen.add(record.key)
        found = _read(ERASURES, record)
        wanted = (logged.done if found is not None and found.state == "done" else logged.begun).get(record.key)
        if found is None or found != wanted:
            yield f"{ERASURES.name} {record.key} {_how(logged.begun.get(record.key))}"
    for key in sorted(logged.done.keys() - seen):
        yield f"{ERASURES.name} {key} stands in the log and its record is gone"


def _tombstones(records: Records, logged: _Logged) -> Iterator[str]:
    """Yield each erasure whose tombstones are not those that were sealed, and tombstones of no erasure."""
    laid = by_erasure(records)
    for key, end in sorted(logged.ends.items()):
        found = seal(laid.get(key, ()))
        sealed = end.details.get("tombstones_sha256")
        if sealed is not None and sealed != found.digest:
            count = end.details.get("tombstones")
            yield f"of erasure {key} there are {found.count} {TOMBSTONES.name}s where {count} were laid"
    for key in sorted(laid.keys() - logged.begun.keys()):
        if not key.startswith(COPIED):
            yield f"{len(laid[key])} {TOMBSTONES.name}s stand in no entry of the log (erasure {key or 'unknown'})"


def _read(kind: RecordKind[Value], record: Record) -> Value | None:
    try:
        return kind.from_body(record.key, record.body)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _how(logged: object | None) -> str:
    return "says something else than the log" if logged else "stands in no entry of the log"
