"""Does a series go quiet at a row, judged from the rows before it only? The mirror of ``spikes`` and ``latest``.

A fall shows slowly: nothing where one was expected says nothing, nothing where twelve were says much. So windows are
longer, and each is judged by the level before it began, else the fall would be its own baseline. The probabilities of
the windows are taken together, and a fall is told where that is rarer than mere noise makes it in a year. Formulas and
measurements: ``docs/statistics.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analysis.track.bursts.baseline import DAY_S, HOUR_S, WEEK_S, Expected, Floats, expected, places
from analysis.track.bursts.windows import at_most, begun, foreseen, past_spread, together

MEMORY_DAYS = 28.0
FIRST_DAYS, FIRST_ROWS = 14.0, 28  # nothing is told before, whichever is longer
MOST_LEFT = 0.5  # share of what is expected that may be left; over it again, the fall is over
SPREAD_DAYS, SPREAD_ROWS = 28.0, 120.0  # half-life of the overdispersion, the longer of the two
# Probabilities that noise (weekdays, hours, overdispersion) falls under less than once a year and series, as simulated.
NOISE_SHORT, NOISE_DAYS = 5e-4, 5e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """A fall, told at ``row``: ``seen`` of ``expected`` in the ``window`` rows that end there; ``p`` of all windows."""

    row: int
    window: int
    seen: float
    expected: float
    p: float


@dataclass(frozen=True, slots=True)
class Lows:
    """Per row: the probability of so little in all windows, and the place of the surest one.

    ``seen`` and ``expected``: by window (first axis) and row.
    """

    p: Floats
    surest: NDArray[np.int64]
    seen: Floats
    expected: Floats


def falls(values: Sequence[float | None], *, start: datetime, step_s: float) -> tuple[Quiet, ...]:
    """Return where ``values`` (counts; None or NaN where nothing is known) go quiet; times as ``score`` takes them.

    A fall is told once. It is over when more than half of what was expected is seen again; its rows are then left out
    of all that is judged later, so that it is neither told anew nor taken for what is usual.
    """
    data = np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)
    widths, rows = windows_of(step_s), np.arange(len(data))
    told: list[Quiet] = []
    row = max(FIRST_ROWS, round(FIRST_DAYS * DAY_S / step_s))
    while row < len(data):
        found = lows(data, start=start, step_s=step_s)
        at = np.flatnonzero(_low(found, step_s) & (rows >= row))
        if not len(at):
            break
        row, place = int(at[0]), int(found.surest[at[0]])
        seen, usual = float(found.seen[place, row]), float(found.expected[place, row])
        told.append(Quiet(row=row, window=widths[place], seen=seen, expected=usual, p=float(found.p[row])))
        back = np.flatnonzero((found.seen[place] > MOST_LEFT * usual) & (rows > row))
        over = int(back[0]) if len(back) else len(data)
        data[max(0, row - widths[place] + 1) : over] = math.nan
        row = over
    return tuple(told)


def _low(found: Lows, step_s: float) -> NDArray[np.bool_]:
    rows = np.arange(len(found.p))
    little = found.seen[found.surest, rows] <= MOST_LEFT * found.expected[found.surest, rows]
    return little & (found.p <= noise_probability(step_s))


def noise_probability(step_s: float) -> float:
    """Return the probability from which a fall is told."""
    return NOISE_SHORT if step_s < DAY_S else NOISE_DAYS


def windows_of(step_s: float) -> tuple[int, ...]:
    """Return the windows in rows: 1 and 6 hours, 1, 3 and 7 days; for rows of a day or longer 1, 3, 7 and 28 rows."""
    if step_s >= DAY_S:
        return 1, 3, 7, 28
    return tuple(max(1, round(span / step_s)) for span in (HOUR_S, 6 * HOUR_S, DAY_S, 3 * DAY_S, WEEK_S))


def lows(data: Floats, *, start: datetime, step_s: float) -> Lows:
    """Judge the windows that end at each row."""
    expect = expected(data, places(start, step_s, len(data)), step_s=step_s, memory_days=MEMORY_DAYS)
    known = np.isfinite(data) & np.isfinite(expect.mean)
    made = [_window(data, expect, known, width, step_s) for width in windows_of(step_s)]
    p, seen, mean = (np.array([one[part] for one in made]) for part in range(3))
    return Lows(together(list(p)), np.argmin(p, axis=0), seen, mean)


def _window(
    data: Floats, expect: Expected, known: NDArray[np.bool_], width: int, step_s: float
) -> tuple[Floats, Floats, Floats]:
    """Return, per row, the probability of so little in the last ``width`` rows, what was seen and what was expected."""
    seen, mean = foreseen(data, expect, width=width)
    keep = 0.5 ** (1.0 / max(SPREAD_DAYS * DAY_S / step_s, SPREAD_ROWS))
    unsure = 1.0 / np.maximum(begun(expect.information, width), 1.0)
    p = at_most(seen, mean, past_spread(seen, mean, width=width, keep=keep) + unsure)
    whole = np.arange(len(data)) >= width
    return np.where(known & whole, p, 1.0), seen, mean
