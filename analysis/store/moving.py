"""Moving house: everything from one store to another, in order of id, so that a move that was cut goes on where it was.

At the end both are read side by side: the counts and one checksum over all mentions say whether they hold the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from analysis.model import Mention, document
from analysis.model.errors import StoreError
from analysis.model.records.base import RecordKind
from analysis.store.base import Filter, Store

BATCH = 1_000


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
    """What a copy did: mentions and records in the origin, and the checksum of the mentions in each store."""

    mentions: int
    records: int
    skipped: int
    origin: str
    target: str
    newer: int = 0

    @property
    def same(self) -> bool:
        """Whether both stores hold the same mentions."""
        return self.origin == self.target


def copy_store(origin: Store, target: Store, *, tell: Callable[[int], None] | None = None) -> Moved:
    """Copy mentions and records, without loss and in bounded memory; ``tell`` hears how many mentions are done.

    Idempotent; a mention that the target has in a newer version stays as it is there (``newer``).
    Raises ``StoreError`` where the target refuses a mention or is away.
    """
    key = copy_key(origin.address)
    mark = COPY_MARKS.get(target.records, key)
    after = mark.value.after if mark is not None else ""
    mentions = skipped = newer = 0
    rows = origin.scan(Filter())
    while some := list(islice(rows, BATCH)):
        mentions += len(some)
        fresh = [mention for mention in some if mention.id > after]
        skipped += len(some) - len(fresh)
        if fresh:
            newer += _write(target, fresh)
            COPY_MARKS.put(target.records, CopyMark(origin=origin.address, after=fresh[-1].id))
        if tell is not None:
            tell(mentions)
    records = _records(origin, target)
    target.refresh()
    COPY_MARKS.delete(target.records, key)
    sums = [checksum(store.scan(Filter())) for store in (origin, target)]
    return Moved(mentions=mentions, records=records, skipped=skipped, origin=sums[0], target=sums[1], newer=newer)


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


def _records(origin: Store, target: Store) -> int:
    count = 0
    for kind in origin.records.kinds():
        if kind == COPY_MARKS.name:
            continue
        rows = origin.records.all(kind)
        while some := list(islice(rows, BATCH)):
            target.records.put_many(kind, {record.key: record.body for record in some})
            count += len(some)
    return count
