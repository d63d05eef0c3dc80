"""Entries that people make: numbered, each with its history inside. Nothing is overwritten without a trace.

A number is taken by compare-and-set, so that two people who add at once get two numbers.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from analysis.model.errors import StoreError, UsageError
from analysis.store.base import Document, Record, Records

DIGITS = 5
TRIES = 1000  # far above the number of people who write to one ledger at one moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who made an entry, and when."""

    at: datetime
    who: str

    @property
    def time(self) -> str:
        """The time as RFC 3339 in UTC, as records keep it."""
        return time_text(self.at)


def time_text(at: datetime) -> str:
    """Return a time as RFC 3339 in UTC with milliseconds; such texts sort by time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def add(records: Records, kind: str, body: Document, stamp: Stamp) -> Record:
    """Add an entry under the next number and return it; ``at``, ``who`` and an empty history are added to ``body``."""
    whole = {**body, "at": stamp.time, "who": stamp.who, "history": []}
    number = _last(records, kind)
    for _ in range(TRIES):
        number += 1
        version = records.put(kind, key_of(number), whole, if_version=0)
        if version is not None:
            return Record(kind=kind, key=key_of(number), version=version, body=whole)
    raise _crowded(kind)


def edit(records: Records, kind: str, key: str, changes: Mapping[str, Any], stamp: Stamp, *, reason: str) -> Record:
    """Change fields of an entry; what they were, who changed them, when and why is added to its history.

    A change to the value that is there already is none. Raises ``UsageError`` without a reason, for an unknown entry,
    and where nothing would change.
    """
    why = needed_reason(reason)
    for _ in range(TRIES):
        before = find(records, kind, key)
        real = {name: new for name, new in changes.items() if before.body.get(name) != new}
        if not real:
            raise UsageError(f"{kind} {before.key}: says so already; name a field and its new value")
        step = {
            "at": stamp.time,
            "who": stamp.who,
            "reason": why,
            "changes": {name: {"from": before.body.get(name), "to": new} for name, new in real.items()},
        }
        after = {**before.body, **real, "history": [*before.body.get("history", []), step]}
        version = records.put(kind, before.key, after, if_version=before.version)
        if version is not None:
            return Record(kind=kind, key=before.key, version=version, body=after)
    raise _crowded(kind)


def find(records: Records, kind: str, key: str) -> Record:
    """Return the entry that a person calls ``3`` or ``00003``. Raises ``UsageError`` where there is none."""
    found = records.get(kind, key_of(int(key)) if key.isascii() and key.isdigit() else key)
    if found is None:
        known = [record.key for record in records.all(kind)]
        there = f"there are {known[0]} to {known[-1]}" if known else "the ledger is empty"
        raise UsageError(f"{kind} {key}: there is no such entry; {there}")
    return found


def key_of(number: int) -> str:
    """Return the key of an entry's number: zeros in front, so that keys sort by number."""
    return f"{number:0{DIGITS}d}"


def needed_reason(reason: str) -> str:
    """Return the reason without white space around it. Raises ``UsageError`` where there is none."""
    if not reason.strip():
        raise UsageError("--reason: is missing; nothing is changed or removed without one")
    return reason.strip()


def chosen(flag: str, given: str, known: Iterable[str]) -> str:
    """Return ``given`` where it is ``known``. Raises ``UsageError`` that names the nearest ones where it is not."""
    names = sorted(known)
    if given in names:
        return given
    near = difflib.get_close_matches(given, names, n=3, cutoff=0.5)
    cure = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names) or 'none'}"
    raise UsageError(f"{flag}: {given!r} is not known; {cure}")


def day_of(flag: str, text: str) -> date:
    """Return the day that ``2026-10-01`` names. Raises ``UsageError`` for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{flag}: {text!r} is not a day; write it like 2026-10-01") from None


def _last(records: Records, kind: str) -> int:
    """Return the last number taken: numbers have no holes, so it is found by doubling and halving."""
    low, high = 0, 1
    while records.get(kind, key_of(high)) is not None:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if records.get(kind, key_of(middle)) is not None else (low, middle)
    return low


def _crowded(kind: str) -> StoreError:
    return StoreError(f"the ledger of {kind} is being written by too many at once; try again")
