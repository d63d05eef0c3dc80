"""Moving house: everything from one store to another, in order of id, so that a move that was cut goes on where it was.

At the end both are read side by side: the counts and one checksum over all mentions say whether they hold the same.
What was erased in either stays out of the target. A target that has an audit log of its own keeps it, and with it its
ledgers: two logs cannot be made one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from analysis.model import Mention, document
from analysis.model.errors import StoreError
from analysis.model.records.audit import (
    AUDIT_HEADS,
    AUDIT_LOG,
    CONFIRMATIONS,
    COPIED,
    CORRECTIONS,
    ERASURES,
    TOMBSTONES,
)
from analysis.model.records.base import Document, Record, RecordKind, Records
from analysis.model.records.ledger import ACKS, FIXES, WISHES
from analysis.model.seen_before import not_erased
from analysis.store.base import Filter, Store

BATCH = 1_000
LEDGERS = tuple(
    kind.name for kind in (AUDIT_LOG, AUDIT_HEADS, CORRECTIONS, CONFIRMATIONS, ERASURES, FIXES, WISHES, ACKS)
)
"""What people entered, under numbers of that store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyMark:
    """How far a copy from ``origin`` has come: mentions up to the id ``after``. It is not copied itself."""

    origin: str
    after: str

    @property
    def key(self) -> str:
        """The key of its record: one a store that is copied from."""
        return copy_key(self.origin)


def copy_key(origin: str) -> str:
    """Return the key of the mark of a copy from this address."""
    return hashlib.sha256(origin.encode()).hexdigest()[:32]


COPY_MARKS: RecordKind[CopyMark] = RecordKind(
    name="copy",
    key=lambda mark: mark.key,
    to_body=lambda mark: {"from": mark.origin, "after": mark.after},
    from_body=lambda _, body: CopyMark(origin=body["from"], after=body["after"]),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a copy did: mentions and records in the origin, and the checksum of the mentions in each store.

    ``erased`` mentions were kept out; ``ledger_left`` entries of the origin's ledgers stayed behind, because the target
    has an audit log of its own.
    """

    mentions: int
    records: int
    skipped: int
    origin: str
    target: str
    newer: int = 0
    erased: int = 0
    ledger_left: int = 0

    @property
    def same(self) -> bool:
        """Whether both stores hold the same mentions, but for those that were ``erased``."""
        return self.origin == self.target

    @property
    def whole(self) -> bool:
        """Whether all came over that may: no entry of the origin's ledgers was left behind either."""
        return self.same and not self.ledger_left


def copy_store(origin: Store, target: Store, *, tell: Callable[[int], None] | None = None) -> Moved:
    """Copy mentions and records, without loss and in bounded memory; ``tell`` hears how many mentions are done.

    Idempotent; a mention that the target has in a newer version stays as it is there (``newer``).
    Raises ``StoreError`` where the target refuses a mention or is away.
    """
    key = copy_key(origin.address)
    mark = COPY_MARKS.get(target.records, key)
    after = mark.value.after if mark is not None else ""
    # Before the mentions, so that tombstones keep out what they must.
    records, left = _records(origin, target)
    mentions = skipped = newer = 0
    rows = origin.scan(Filter())
    while some := list(islice(rows, BATCH)):
        mentions += len(some)
        fresh = [mention for mention in some if mention.id > after]
        skipped += len(some) - len(fresh)
        if fresh:
            newer += _write(target, _allowed(fresh, target))
            COPY_MARKS.put(target.records, CopyMark(origin=origin.address, after=fresh[-1].id))
        if tell is not None:
            tell(mentions)
    target.refresh()
    COPY_MARKS.delete(target.records, key)
    wanted, erased = _checksum_of(origin, target)
    return Moved(
        mentions=mentions,
        records=records,
        skipped=skipped,
        origin=wanted,
        target=checksum(target.scan(Filter())),
        newer=newer,
        erased=erased,
        ledger_left=left,
    )


def _allowed(mentions: Sequence[Mention], target: Store) -> list[Mention]:
    return not_erased(mentions, target.records, stored=target.get([mention.id for mention in mentions]))


def _checksum_of(origin: Store, target: Store) -> tuple[str, int]:
    """Return the checksum over what the target may hold of the origin's mentions, and how many it may not."""
    erased = 0

    def allowed() -> Iterator[Mention]:
        nonlocal erased
        rows = origin.scan(Filter())
        while some := list(islice(rows, BATCH)):
            kept = _allowed(some, target)
            erased += len(some) - len(kept)
            yield from kept

    return checksum(allowed()), erased


def checksum(mentions: Iterator[Mention]) -> str:
    """Return the number of mentions and the SHA-256 of them all, in order of id."""
    whole, count = hashlib.sha256(), 0
    for mention in mentions:
        count += 1
        whole.update(json.dumps(document(mention), sort_keys=True).encode())
    return f"{count} mentions, sha256 {whole.hexdigest()}"


def _write(target: Store, mentions: list[Mention]) -> int:
    written = target.write(mentions)
    if written.refused:
        raise StoreError(f"{target.address} refused {written.refused[0][0]}: {written.refused[0][1]}")
    if written.waiting:
        raise StoreError(f"{target.address} is away; what was copied waits here; run again when it is back")
    return written.stale


def put_all(records: Records, rows: Iterable[Record]) -> int:
    """Write records as they are, whatever their kind, and return how many.

    One that is there alike is not written again: an entry of the audit log that was written twice counts as changed.
    """
    count, remaining = 0, iter(rows)
    while some := list(islice(remaining, BATCH)):
        kinds: dict[str, dict[str, Document]] = {}
        for record in some:
            kinds.setdefault(record.kind, {})[record.key] = record.body
        for kind, bodies in kinds.items():
            there = records.get_many(kind, list(bodies))
            fresh = {key: body for key, body in bodies.items() if key not in there or there[key].body != body}
            if fresh:
                records.put_many(kind, fresh)
        count += len(some)
    return count


def _records(origin: Store, target: Store) -> tuple[int, int]:
    """Copy the records, and return how many the origin has and how many of its ledgers were left behind."""
    count = left = 0
    own = _has_other_log(origin.records, target.records)
    for kind in origin.records.kinds():
        if kind == COPY_MARKS.name:
            continue
        if kind == TOMBSTONES.name:
            count += _copy_tombstones(origin.records, target.records, foreign=own)
        elif own and kind in LEDGERS:
            left += sum(1 for _ in origin.records.all(kind))
        else:
            count += put_all(target.records, origin.records.all(kind))
    return count + left, left


def _has_other_log(origin: Records, target: Records) -> bool:
    """Whether the target has an audit log that is not the beginning of the origin's, or entries of its own ledgers."""
    theirs = {stored.key: stored.value.hash for stored in AUDIT_LOG.all(target)}
    if theirs:
        ours = {stored.key: stored.value.hash for stored in AUDIT_LOG.all(origin)}
        return any(ours.get(key) != newest for key, newest in theirs.items())
    return any(
        record.body != there.body
        for kind in LEDGERS
        for record in target.all(kind)
        for there in [origin.get(kind, record.key)]
        if there is not None
    )


def _copy_tombstones(origin: Records, target: Records, *, foreign: bool) -> int:
    count = 0
    rows = TOMBSTONES.values(origin)
    while some := list(islice(rows, BATCH)):
        there = TOMBSTONES.get_many(target, [stone.of for stone in some])
        fresh = [stone for stone in some if stone.of not in there]
        if foreign:
            fresh = [replace(stone, erasure=f"{COPIED}{stone.erasure.removeprefix(COPIED)}") for stone in fresh]
        TOMBSTONES.put_many(target, fresh)
        count += len(some)
    return count
