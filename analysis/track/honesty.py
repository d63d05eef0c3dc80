"""The runs of each source, and the days on which one was silent. Pure.

A source's day is silent when the source is polled but no good run covers it: between two good runs that lie further
apart than twice its usual rhythm (and than a day), before its first good run, and after its last. Days before its
first run of all are not silent: a first crawl reads history back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from analysis.track.parts import Stretch
from analysis.track.statistics.bins import DAY, day_of

Document = Mapping[str, Any]
Silent = Mapping[str, frozenset[date]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one source, as the crawl recorded it."""

    source: str
    started: datetime
    ok: bool
    cause: str


def read_runs(bodies: Iterable[Document]) -> list[Run]:
    """Return the runs that these records tell of, oldest first; a record without source or start is no run."""
    found = [
        Run(
            source=str(body["source"]),
            started=moment(str(body.get("started_at") or body["started"])),
            ok=bool(body.get("ok", body.get("state") == "ok")),
            cause=str(body.get("cause") or ""),
        )
        for body in bodies
        if body.get("source") and (body.get("started_at") or body.get("started"))
    ]
    return sorted(found, key=lambda run: run.started)


def moment(text: str) -> datetime:
    """Return an ISO 8601 time as UTC; one without a zone is taken as UTC."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def silent_days(runs: Sequence[Run], *, every_s: int, days: Sequence[date], now: datetime) -> frozenset[date]:
    """Return which of ``days`` the source was silent on. ``runs`` are its own, oldest first; none means unwatched."""
    if not runs:
        return frozenset()
    rhythm = _rhythm(runs, every_s)
    good = [run.started for run in runs if run.ok]
    gaps: list[tuple[date, date]] = []  # first and last silent day
    if not good:
        gaps.append((day_of(runs[0].started), day_of(now)))
    else:
        if good[0] > runs[0].started:
            gaps.append((day_of(runs[0].started), day_of(good[0]) - DAY))
        gaps += [
            (day_of(one) + DAY, day_of(other) - DAY)
            for one, other in pairwise(good)
            if other - one > max(DAY, 2 * rhythm)
        ]
        if now - good[-1] > max(DAY, timedelta(seconds=every_s)):
            gaps.append((day_of(good[-1]) + DAY, day_of(now)))
    return frozenset(day for day in days if any(first <= day <= last for first, last in gaps))


def _rhythm(runs: Sequence[Run], every_s: int) -> timedelta:
    """The usual time between runs: a source that is run by hand once a week is not silent in between."""
    steps = [other.started - one.started for one, other in pairwise(runs)]
    usual = median(step.total_seconds() for step in steps) if steps else 0.0
    return timedelta(seconds=max(usual, every_s))


def runs_together(days: Collection[date]) -> tuple[Stretch, ...]:
    """Return neighbouring days as stretches, oldest first."""
    found: list[Stretch] = []
    for day in sorted(days):
        if found and day - found[-1].last == DAY:
            found[-1] = Stretch(first=found[-1].first, last=day)
        else:
            found.append(Stretch(first=day, last=day))
    return tuple(found)


def left_out(silent: Silent, now: Sequence[date], before: Sequence[date]) -> dict[str, frozenset[date]]:
    """Return source -> days that a comparison leaves out: silent in one period, and their counterparts in the other.

    The n-th day of one period is the counterpart of the n-th of the other, so both keep equally many days of a source.
    """
    result: dict[str, frozenset[date]] = {}
    for source, gone in silent.items():
        pairs = [pair for pair in zip(now, before, strict=False) if gone & set(pair)]
        if pairs:
            result[source] = frozenset(day for pair in pairs for day in pair)
    return result
