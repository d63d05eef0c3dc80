"""The audit log: every deletion and every relabelling, in a chain that cannot be changed unseen.

Each entry is a record under its number, and holds the sha256 of the entry before and of itself, as in the time-stamping
of Haber and Stornetta (1991). A number is taken by compare-and-set, so that two processes never fork the chain. Beside
it lies the newest entry's number and hash, so that a cut end is seen too; the same is remembered apart from the records
(``Witness``), so that records that were lost, or an older copy of them, are seen as well. Someone who can write to the
store could compute a whole new chain: against that, note the newest hash somewhere else and check against it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.ledger.entries import TRIES, Stamp, needed_reason
from analysis.model.errors import StoreError, UsageError
from analysis.model.records.audit import AUDIT_HEADS, AUDIT_LOG, NEWEST, AuditEntry, AuditHead, audit_key
from analysis.model.records.base import Document, Record, Records

GENESIS = "0" * 64
ACCEPTED = "audit: loss accepted"
_AT_ONCE = 100
_FIELDS = ("seq", "at", "who", "action", "reason", "details", "previous")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What a check found: how many sound entries, the newest's hash, and the first break in words, or none."""

    entries: int
    newest: str
    broken_at: int | None = None
    broken: str = ""


def append(records: Records, *, action: str, reason: str, details: Document, stamp: Stamp) -> AuditEntry:
    """Add an entry at the end of the chain and return it; it is durable when the call returns.

    Raises ``UsageError`` without a reason, and ``StoreError`` where the log cannot be written.
    """
    why = needed_reason(reason)
    for _ in range(TRIES):
        seq, previous = _tail(records)
        body = sealed(
            {
                "seq": seq + 1,
                "at": stamp.time,
                "who": stamp.who,
                "action": action,
                "reason": why,
                "details": details,
                "previous": previous,
            }
        )
        entry = AuditEntry(**body)
        if AUDIT_LOG.put(records, entry, if_version=0) is not None:
            _remember(records, AuditHead(seq=entry.seq, hash=entry.hash))
            _tell(records, entry.seq, entry.hash)
            return entry
    raise StoreError("the audit log is being written by too many at once; try again")


def sealed(body: Document) -> Document:
    """Return the entry with its hash: sha256 of the previous hash and the canonical JSON of the rest."""
    canonical = json.dumps({name: body[name] for name in _FIELDS}, sort_keys=True, separators=(",", ":"))
    return {**body, "hash": hashlib.sha256(f"{body['previous']}\n{canonical}".encode()).hexdigest()}


def entries(records: Records) -> Iterator[AuditEntry]:
    """Yield every entry, oldest first; a damaged one is left to ``verify``."""
    for record in AUDIT_LOG.raw(records):
        if is_entry(record.body):
            yield AUDIT_LOG.from_body(record.key, record.body)


def newest(records: Records, *, before: int | None = None) -> Iterator[AuditEntry]:
    """Yield entries from the newest back, or from the one before number ``before``; missing ones are left out.

    What is not asked for is not read.
    """
    last = _tail(records)[0] if before is None else before - 1
    while last > 0:
        keys = [audit_key(seq) for seq in range(last, max(0, last - _AT_ONCE), -1)]
        found = AUDIT_LOG.get_many(records, keys)
        yield from (found[key] for key in keys if key in found)
        last -= _AT_ONCE


def is_entry(body: Document) -> bool:
    """Return whether a body has the fields of an entry, each of its kind."""
    texts = ("at", "who", "action", "reason", "previous", "hash")
    return (
        {*_FIELDS, "hash"} == body.keys()
        and all(isinstance(body[name], str) for name in texts)
        and type(body["seq"]) is int
        and isinstance(body["details"], dict)
    )


def verify(records: Records, *, noted: tuple[int, str] | None = None) -> Chain:
    """Walk the chain and return the first break. ``noted`` is a number and hash (or its beginning) kept elsewhere.

    How far a sound chain goes is remembered apart from the records.
    """
    head = _head(records)[0]
    wanted = [(head.seq, head.hash), *_told(records), *([noted] if noted else [])]
    chain = _walk(records, [(seq, beginning) for seq, beginning in wanted if seq])
    if not chain.broken and chain.entries:
        _tell(records, chain.entries, chain.newest)
    return chain


def accept(records: Records, *, reason: str, stamp: Stamp) -> AuditEntry:
    """Take the log as it is where entries at its end were lost, and say so in a new entry, which is returned.

    For whoever put back an older copy knowingly. Raises ``UsageError`` where nothing is missing, and ``StoreError``
    where what is left does not hold together: then it was changed, and no word makes that good.
    """
    left, found = _walk(records, ()), verify(records)
    if not found.broken:
        raise UsageError("nothing is missing in the audit log; there is nothing to accept")
    if left.broken:
        raise StoreError(f"{left.broken}: the log was changed, which cannot be accepted; put back a copy of the store")
    told = [AuditHead(seq=seq, hash=newest) for seq, newest in _told(records)]
    last = max([_head(records)[0], *told], key=lambda head: head.seq)
    AUDIT_HEADS.put(records, AuditHead(seq=left.entries, hash=left.newest))
    records.witness.tell({"seq": left.entries, "hash": left.newest})
    details = {"kept": left.entries, "known": last.seq, "known_hash": last.hash}
    return append(records, action=ACCEPTED, reason=reason, details=details, stamp=stamp)


def _walk(records: Records, wanted: Sequence[tuple[int, str]]) -> Chain:
    seq, previous = 0, GENESIS
    for record in AUDIT_LOG.raw(records):
        what = _wrong(record, seq + 1, previous)
        if not what:
            own = str(record.body["hash"])
            if any(number == seq + 1 and not own.startswith(beginning) for number, beginning in wanted):
                what = "is not the one that was noted: the chain was written anew"
        if what:
            return Chain(entries=seq, newest=previous, broken_at=seq + 1, broken=f"entry {seq + 1} {what}")
        seq, previous = seq + 1, str(record.body["hash"])
    last = max((number for number, _ in wanted), default=0)
    if last > seq:
        what = f"entries {seq + 1} to {last} are missing at the end" if last > seq + 1 else f"entry {last} is missing"
        return Chain(entries=seq, newest=previous, broken_at=seq + 1, broken=what)
    return Chain(entries=seq, newest=previous)


def _wrong(record: Record, seq: int, previous: str) -> str:
    key, body = record.key, record.body
    if key > audit_key(seq):
        return "is missing"
    if key != audit_key(seq) or not is_entry(body) or body["seq"] != seq:
        return "is not an entry of the log"
    if body["previous"] != previous:
        return "does not follow the entry before it"
    if sealed(body)["hash"] != body["hash"]:
        return "was changed after it was written"
    return "was written twice" if record.version != 1 else ""


def _head(records: Records) -> tuple[AuditHead, int]:
    """Return the newest entry that was noted and the version of that note; entry 0 where none was."""
    stored = AUDIT_HEADS.get(records, NEWEST)
    return (stored.value, stored.version) if stored else (AuditHead(seq=0, hash=GENESIS), 0)


def _told(records: Records) -> list[tuple[int, str]]:
    """Return what is remembered apart from the records: the number and hash of an entry, from each place."""
    words = [(told.get("seq"), told.get("hash")) for told in records.witness.told()]
    return [(seq, newest) for seq, newest in words if type(seq) is int and isinstance(newest, str)]


def _tell(records: Records, seq: int, newest: str) -> None:
    """Remember an entry apart from the records, unless what is remembered is missing in the log: that must stay."""
    for number, known in _told(records):
        there = AUDIT_LOG.get(records, audit_key(number))
        if number > seq or there is None or there.value.hash != known:
            return
    records.witness.tell({"seq": seq, "hash": newest})


def _tail(records: Records) -> tuple[int, str]:
    """Return the number and hash of the newest entry: the one noted, and those after it that a crash left unnoted."""
    head, _ = _head(records)
    seq, newest = head.seq, head.hash
    while (following := AUDIT_LOG.get(records, audit_key(seq + 1))) is not None:
        seq, newest = seq + 1, following.value.hash
    return seq, newest


def _remember(records: Records, newest: AuditHead) -> None:
    for _ in range(TRIES):
        head, version = _head(records)
        if head.seq >= newest.seq or AUDIT_HEADS.put(records, newest, if_version=version) is not None:
            return
