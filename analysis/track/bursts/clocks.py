"""The three clocks that one detector runs on: minutes (rows under an hour), hours (under a day) and days.

Sparse series are judged by weeks as well: a sum over four periods is the day clock's longest window.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.track.bursts.baseline import DAY_S, HOUR_S

LONGER = 4  # a sparse series is judged over so many periods too
SPARSE = 3.0  # expected in a period, under which a series is sparse


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How a series with rows of one length is judged, all in rows.

    ``short`` are the lengths of which the first window takes the shortest that expects a mention; ``middle`` and
    ``day`` are the other two. ``block``: the stretch whose maximum is one observation of the series' own habits.
    """

    short: tuple[int, ...]
    middle: int
    day: int
    block: int

    @property
    def begins(self) -> tuple[int, ...]:
        """The windows in which a burst is seen to begin: a row, and about a quarter of an hour and an hour."""
        return tuple(sorted({1, max(1, self.middle // 12), max(1, self.middle // 3)}))

    @property
    def windows(self) -> tuple[int, ...]:
        """The windows of a series that is not sparse."""
        return self.short[0], self.middle, self.day


def clock_of(step_s: float) -> Clock:
    """Return the clock for rows of ``step_s`` seconds: a row, three hours and a day; for daily rows 1, 2 and 5 days."""
    middle = max(2, round(3 * HOUR_S / step_s))
    return Clock(
        short=tuple(rows for rows in (1, 2, 3, 6) if rows == 1 or 6 * rows <= middle),
        middle=middle,
        day=max(5, round(DAY_S / step_s)),
        block=max(3, round(DAY_S / 4 / step_s)),
    )


def period_windows(period: int) -> tuple[int, ...]:
    """Return the windows, in days, in which a period is judged: its last day, its last three, its last seven, all."""
    return (*(days for days in (1, 3, 7) if days < period), period)
