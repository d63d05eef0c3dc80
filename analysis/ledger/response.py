"""How fast the brand responds: from a post to its collection, to the first acknowledgement, to the fix. Pure.

What has not happened yet is not left out, which would flatter: it counts as "longer than until now" (Kaplan and Meier
1958). A median that fewer than half have reached is None: not known yet, and no small number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One complaint: when it was published and what followed; None where it has not.

    ``collected_at`` is None where the delay says nothing: an import, or history from before its source was watched.
    """

    published_at: datetime
    id: str = ""
    collected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    fixed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """So many of so many reached it; the time in seconds by which half, and nine of ten, had. None: not yet reached.

    ``ids`` name some of those that reached it.
    """

    reached: int
    of: int
    median_s: float | None
    p90_s: float | None
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """The three delays over ``posts`` complaints; ``sampled`` where these are a random part of all."""

    posts: int
    sampled: bool
    collected: Delay
    acknowledged: Delay
    fixed: Delay


def response(rows: Iterable[Row], now: datetime, *, sampled: bool = False) -> Delays:
    """Return the delays over ``rows`` as of ``now``. An event before its post was published counts as at once."""
    published = [row for row in rows if row.published_at <= now]
    collected = [row for row in published if row.collected_at is not None]
    return Delays(
        posts=len(published),
        sampled=sampled,
        collected=_named([(row, row.collected_at) for row in collected], now),
        acknowledged=_named([(row, row.acknowledged_at) for row in published], now),
        fixed=_named([(row, row.fixed_at) for row in published], now),
    )


def _named(rows: Sequence[tuple[Row, datetime | None]], now: datetime) -> Delay:
    unnamed = delay([(row.published_at, end) for row, end in rows], now)
    reached = sorted(row.id for row, end in rows if row.id and end is not None and end <= now)
    return replace(unnamed, ids=tuple(reached[:NAMED]))


def delay(pairs: Sequence[tuple[datetime, datetime | None]], now: datetime) -> Delay:
    """Return the delay over (start, end) pairs, an end of None or after ``now`` being still awaited."""
    waits = sorted(_wait(start, end, now) for start, end in pairs)
    median, p90 = _quantiles(waits)
    return Delay(reached=sum(not awaited for _, awaited in waits), of=len(waits), median_s=median, p90_s=p90)


def _wait(start: datetime, end: datetime | None, now: datetime) -> tuple[float, bool]:
    awaited = end is None or end > now
    until = now if end is None or end > now else end
    return max(0.0, (until - start).total_seconds()), awaited


def _quantiles(waits: Sequence[tuple[float, bool]]) -> tuple[float | None, float | None]:
    """Return when the share still waiting falls to a half and to a tenth; events come before those still awaited."""
    waiting, median, p90 = 1.0, None, None
    for place, (wait, awaited) in enumerate(waits):
        if not awaited:
            waiting *= 1.0 - 1.0 / (len(waits) - place)
        if median is None and waiting <= 0.5 + 1e-9:
            median = wait
        if p90 is None and waiting <= 0.1 + 1e-9:
            p90 = wait
    return median, p90
