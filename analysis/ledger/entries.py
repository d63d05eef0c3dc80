"""Entries that people make: numbered, each with its history inside. Nothing is overwritten without a trace.

A number is taken by compare-and-set, so that two people who add at once get two numbers.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from analysis.model.errors import StoreError, UsageError
from analysis.model.records.base import RecordKind, Records, Stored
from analysis.model.records.ledger import Ack, EntryChange, Fix
from analysis.model.records.proposal import Proposal
from analysis.model.times import written

DIGITS = 5
TRIES = 1000  # far above the number of people who write to one ledger at one moment

Entered = TypeVar("Entered", Fix, Ack, Proposal)
Known = TypeVar("Known", bound=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who made an entry, and when."""

    at: datetime
    who: str

    @property
    def time(self) -> str:
        """The time as RFC 3339 in UTC with milliseconds, as records keep it; such texts sort by time."""
        return written(self.at)


def add(records: Records, kind: RecordKind[Entered], entry: Entered) -> Entered:
    """Add an entry under the next number and return it with its key."""
    number = _last(records, kind)
    for _ in range(TRIES):
        number += 1
        numbered = replace(entry, key=key_of(number))
        if kind.put(records, numbered, if_version=0) is not None:
            return numbered
    raise _crowded(kind)


def edit(
    records: Records, kind: RecordKind[Fix], key: str, changes: Mapping[str, Any], stamp: Stamp, *, reason: str
) -> Fix:
    """Change fields of an entry; what they were, who changed them, when and why is added to its history.

    A change to the value that is there already is none. Raises ``UsageError`` without a reason, for an unknown entry,
    and where nothing would change.
    """
    why = needed_reason(reason)
    for _ in range(TRIES):
        stored = find(records, kind, key)
        after = changed(stored.value, changes, stamp, why)
        if after is None:
            raise UsageError(f"{kind.name} {stored.key}: says so already; name a field and its new value")
        if kind.put(records, after, if_version=stored.version) is not None:
            return after
    raise _crowded(kind)


def changed(before: Fix, changes: Mapping[str, Any], stamp: Stamp, reason: str) -> Fix | None:
    """Return the entry with ``changes`` and a step more in its history; None where they change nothing."""
    after = replace(before, **changes)
    ways = {field: (before.words(field), after.words(field)) for field in changes}
    real = {field: way for field, way in ways.items() if way[0] != way[1]}
    step = EntryChange(at=stamp.at, who=stamp.who, reason=reason, changes=real)
    return replace(after, history=(*before.history, step)) if real else None


def find(records: Records, kind: RecordKind[Entered], key: str) -> Stored[Entered]:
    """Return the entry that a person calls ``3`` or ``00003``. Raises ``UsageError`` where there is none."""
    stored = kind.get(records, key_of(int(key)) if key.isascii() and key.isdigit() else key)
    if stored is None:
        known = [other.key for other in kind.all(records)]
        there = f"there are {known[0]} to {known[-1]}" if known else "the ledger is empty"
        raise UsageError(f"{kind.name} {key}: there is no such entry; {there}")
    return stored


def key_of(number: int) -> str:
    """Return the key of an entry's number: zeros in front, so that keys sort by number."""
    return f"{number:0{DIGITS}d}"


def needed_reason(reason: str) -> str:
    """Return the reason without white space around it. Raises ``UsageError`` where there is none."""
    if not reason.strip():
        raise UsageError("is missing; nothing is changed or removed without one", about=("reason",))
    return reason.strip()


def chosen(what: str, given: str, known: Iterable[Known]) -> Known:
    """Return the one of ``known`` that ``given`` names, as what it is known as.

    Raises ``UsageError`` about ``what`` with the nearest ones where there is none.
    """
    every = list(known)
    if (found := next((one for one in every if one == given), None)) is not None:
        return found
    names = sorted(str(one) for one in every)
    near = difflib.get_close_matches(given, names, n=3, cutoff=0.5)
    cure = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names) or 'none'}"
    raise UsageError(f"{given!r} is not known; {cure}", about=(what,))


def day_of(what: str, text: str) -> date:
    """Return the day that ``2026-10-01`` names. Raises ``UsageError`` about ``what`` for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a day; write it like 2026-10-01", about=(what,)) from None


def _last(records: Records, kind: RecordKind[Entered]) -> int:
    """Return the last number taken: numbers have no holes, so it is found by doubling and halving."""
    low, high = 0, 1
    while kind.get(records, key_of(high)) is not None:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if kind.get(records, key_of(middle)) is not None else (low, middle)
    return low


def _crowded(kind: RecordKind[Entered]) -> StoreError:
    return StoreError(f"the ledger of {kind.name} is being written by too many at once; try again")
