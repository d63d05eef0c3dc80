"""When each source is due: a value, and pure functions from one to the next. No clock, no store, no scheduler.

Each source has a grid of its own: the moments ``due_at``, ``due_at + interval``, ... A run that starts a little late
does not move the grid, so nothing drifts; moments that pass while a source is crawled, or while the machine sleeps,
become one run at most. A source that is being crawled is never due. All times are UTC, where no hour is missing or
doubled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

JITTER_SHARE = 0.05
JITTER_MOST_S = 5.0
JUMP_S = 2.0
RETRY_S = 15.0
LATE_SHARE = 0.1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One source's place in the plan. ``failed`` counts crawls in a row that could not be done at all."""

    source: str
    interval_s: float
    due_at: datetime
    running_since: datetime | None = None
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All sources. ``salt`` makes the jitter differ between installations."""

    slots: Mapping[str, Slot] = field(default_factory=dict)
    salt: str = ""

    def with_slot(self, slot: Slot) -> Plan:
        """Return the plan with one slot put in its place."""
        return replace(self, slots={**self.slots, slot.source: slot})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One instant on two clocks: the wall's, which people may set, and a steady one (seconds) that counts sleep too."""

    wall: datetime
    steady_s: float


def first_slot(
    source: str,
    *,
    interval_s: float,
    now: datetime,
    last_start: datetime | None = None,
    finished: bool = True,
    wait_until: datetime | None = None,
) -> Slot:
    """Return the slot of a source that begins to be watched ``now``.

    One that was never crawled, was stopped half-way or is overdue is due at once, but not before its site's
    ``wait_until``. A last start in the future means that the clock was set back since: then it is due within one
    interval.
    """
    due = now
    if last_start is not None and finished:
        wait = timedelta(seconds=interval_s)
        due = min(max(now, last_start + wait), now + wait)
    if wait_until is not None and last_start is not None and last_start <= now:
        due = max(due, wait_until)
    return Slot(source=source, interval_s=interval_s, due_at=due)


def fires_at(plan: Plan, slot: Slot) -> datetime:
    """Return when a slot really starts: a little after ``due_at``, by up to 5% of the interval and 5 seconds.

    Drawn from the salt and ``due_at``, so that installations do not knock at one site in the same second, while
    sources due together stay together. It adds to no later moment.
    """
    draw = crc32(f"{plan.salt} {(slot.due_at - _EPOCH).total_seconds():.3f}".encode()) / 2**32
    return slot.due_at + timedelta(seconds=draw * min(JITTER_SHARE * slot.interval_s, JITTER_MOST_S))


def due(plan: Plan, now: datetime) -> list[str]:
    """Return the sources to start now, longest overdue first."""
    # Nothing starts before it is due, and to compare is quicker than to draw.
    idle = (slot for slot in plan.slots.values() if slot.running_since is None and slot.due_at <= now)
    ready = [slot for slot in idle if fires_at(plan, slot) <= now]
    return [slot.source for slot in sorted(ready, key=lambda slot: (slot.due_at, slot.source))]


def next_start(plan: Plan) -> datetime | None:
    """Return when the next idle source starts, None where all are being crawled."""
    idle = [slot for slot in plan.slots.values() if slot.running_since is None]
    first = min((slot.due_at for slot in idle), default=None)
    if first is None:
        return None
    last = first + timedelta(seconds=JITTER_MOST_S)
    return min(fires_at(plan, slot) for slot in idle if slot.due_at <= last)


def started(plan: Plan, sources: Sequence[str], now: datetime) -> Plan:
    """Return the plan in which ``sources`` are being crawled. Raises ``ValueError`` for one that is already."""
    slots = dict(plan.slots)
    for name in sources:
        if slots[name].running_since is not None:
            raise ValueError(f"{name} is being crawled already")
        slots[name] = replace(slots[name], running_since=now)
    return replace(plan, slots=slots)


def finished(plan: Plan, source: str, now: datetime, *, interval_s: float) -> Plan:
    """Return the plan after a crawl ended ``now``: the next moment of the grid that is not past is due.

    A crawl that took longer than the interval skips the moments that it missed. One that started later than a tenth
    of the interval (the machine slept) begins a new grid: on the old one the next would follow too soon.
    """
    slot = plan.slots[source]
    start = slot.running_since or now
    on_time = start - slot.due_at <= timedelta(seconds=LATE_SHARE * interval_s)
    base = slot.due_at if on_time else start
    steps = max(1, math.ceil((now - base).total_seconds() / interval_s))
    at = base + timedelta(seconds=steps * interval_s)
    return plan.with_slot(replace(slot, interval_s=interval_s, due_at=at, running_since=None, failed=0))


def postponed(plan: Plan, source: str, until: datetime) -> Plan:
    """Return the plan in which a source whose site asked for patience is not due before ``until``.

    Its grid goes on from then: the moments in between are no missed runs.
    """
    slot = plan.slots[source]
    return plan.with_slot(replace(slot, due_at=until)) if until > slot.due_at else plan


def failed(plan: Plan, source: str, now: datetime) -> Plan:
    """Return the plan after a crawl could not be done (its process died, another holds the store).

    It is tried again after 15 seconds, then twice as long each time, at most one interval.
    """
    slot = plan.slots[source]
    wait = min(RETRY_S * 2 ** min(slot.failed, 20), slot.interval_s)
    at = now + timedelta(seconds=wait)
    return plan.with_slot(replace(slot, due_at=at, running_since=None, failed=slot.failed + 1))


def jump(before: Moment, after: Moment) -> timedelta:
    """Return by how much the wall clock was set between two moments; differences under 2 seconds are none."""
    moved = (after.wall - before.wall).total_seconds() - (after.steady_s - before.steady_s)
    return timedelta(seconds=moved) if abs(moved) >= JUMP_S else timedelta()


def shifted(plan: Plan, by: timedelta) -> Plan:
    """Return the plan for a wall clock that was set by ``by``: every source waits as long as it would have."""
    slots = {
        name: replace(
            slot,
            due_at=slot.due_at + by,
            running_since=slot.running_since + by if slot.running_since else None,
        )
        for name, slot in plan.slots.items()
    }
    return replace(plan, slots=slots)
