"""Tombstones of erasures: laid once, counted and sealed in the audit log, so that one that is removed is missed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.model import Mention
from analysis.model.records.audit import TOMBSTONES, AuditEntry, ErasedBy, Tombstone
from analysis.model.records.base import Record, Records
from analysis.model.seen_before import copy_keys, tombstone_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """How many tombstones an erasure laid, and the sha256 of their keys in order."""

    count: int
    digest: str


def bury(records: Records, entry: AuditEntry, keys: Iterable[str]) -> None:
    """Lay tombstones of the erasure that ``entry`` begins; one that is there already stays the earlier erasure's."""
    wanted = list(dict.fromkeys(keys))
    there = TOMBSTONES.get_many(records, wanted) if wanted else {}
    fresh = [Tombstone(of=key, erasure=entry.key, at=entry.at) for key in wanted if key not in there]
    if fresh:
        TOMBSTONES.put_many(records, fresh)


def keys_of(mention: Mention, by: ErasedBy) -> tuple[str, ...]:
    """Return the keys that keep out a mention erased in this way.

    Whose author or address was erased is known again by its address in any form and by its words on the same site,
    also under another name or none.
    A domain's own tombstone is enough for all of it, and what only grew old may be said anew.
    """
    if by == "domain":
        return ()
    addresses = tuple(key for key in tombstone_keys(mention) if key.startswith("url:"))
    return addresses if by == "older" else (*addresses, *copy_keys(mention))


def seal(keys: Iterable[str]) -> Seal:
    """Return the seal over the keys of an erasure's tombstones."""
    ordered = sorted(keys)
    return Seal(count=len(ordered), digest=hashlib.sha256("\n".join(ordered).encode()).hexdigest())


def by_erasure(records: Records) -> dict[str, list[str]]:
    """Return erasure -> the keys of its tombstones; "" for those that say none."""
    found: dict[str, list[str]] = {}
    for record in TOMBSTONES.raw(records):
        found.setdefault(_erasure(record), []).append(record.key)
    return found


def _erasure(record: Record) -> str:
    return str(record.body.get("erasure", ""))
