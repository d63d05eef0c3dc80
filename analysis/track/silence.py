"""The runs of each source, and the days on which one was silent. Pure.

A source's day is silent when the source is polled but no good run covers it: between two good runs that lie further
apart than twice its usual rhythm (and than a day), before its first good run, and after its last. Days before its
first run of all are not silent: a first crawl reads history back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

from analysis.model.records.run import Run
from analysis.track.parts import Stretch
from analysis.track.statistics.bins import DAY, day_of

Silent = Mapping[str, frozenset[date]]


def silent_days(runs: Sequence[Run], *, every_s: int, days: Sequence[date], now: datetime) -> frozenset[date]:
    """Return which of ``days`` the source was silent on. ``runs`` are its own, oldest first; none means unwatched."""
    if not runs:
        return frozenset()
    rhythm = _rhythm(runs, every_s)
    good = [run.started_at for run in runs if run.good]
    gaps: list[tuple[date, date]] = []  # first and last silent day
    if not good:
        gaps.append((day_of(runs[0].started_at), day_of(now)))
    else:
        if good[0] > runs[0].started_at:
            gaps.append((day_of(runs[0].started_at), day_of(good[0]) - DAY))
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
    steps = [other.started_at - one.started_at for one, other in pairwise(runs)]
    usual = median(step.total_seconds() for step in steps) if steps else 0.0
    return timedelta(seconds=max(usual, every_s))


def runs_together(days: Collection[date]) -> tuple[Stretch, ...]:
    """Return neighbouring days as stretches, oldest first."""
    together: list[Stretch] = []
    for day in sorted(days):
        if together and day - together[-1].last == DAY:
            together[-1] = Stretch(first=together[-1].first, last=day)
        else:
            together.append(Stretch(first=day, last=day))
    return tuple(together)


def counterparts(silent: Silent, now: Sequence[date], before: Sequence[date]) -> dict[str, frozenset[date]]:
    """Return source -> days that a comparison leaves out: silent in one period, and their counterparts in the other.

    The n-th day of one period is the counterpart of the n-th of the other, so both keep equally many days of a source.
    """
    result: dict[str, frozenset[date]] = {}
    for source, gone in silent.items():
        pairs = [pair for pair in zip(now, before, strict=False) if gone & set(pair)]
        if pairs:
            result[source] = frozenset(day for pair in pairs for day in pair)
    return result
