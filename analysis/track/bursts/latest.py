"""Do the last rows of one series hold more than its past leads one to expect? One probability, for the alerts.

The same baseline, windows and habits as in ``spikes``; but asked of the last rows only, and answered by a probability
that stands under the common error rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analysis.track.bursts.baseline import DAY_S, Expected, Floats, expected, places
from analysis.track.bursts.clocks import LONGER, SPARSE, clock_of, period_windows
from analysis.track.bursts.habits import rarity
from analysis.track.bursts.spikes import Tuning, evidence, window
from analysis.track.bursts.windows import at_least, together

MEMORY_DAYS = 28.0
WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What the last rows hold. ``p`` is of all windows together; ``window``, ``seen`` and ``expected`` of the surest.

    ``own`` is how many stretches (quarters of a day, or three rows) this very series makes one wait for as much as its
    last rows showed at most within that window; 0 where it has too little past.
    """

    p: float
    window: int
    seen: float
    expected: float
    own: float

    @property
    def begins(self) -> bool:
        """Whether that is rarer for this series than what it shows every few days."""
        return self.own >= Tuning().own_blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Tails:
    """Per window (first axis) and row: the probability of so much, what was seen and what was expected."""

    windows: tuple[int, ...]
    p: Floats
    seen: Floats
    expected: Floats


def latest(values: Sequence[float | None], *, start: datetime, step_s: float) -> Burst:
    """Judge the rows that end with the last of ``values`` against their past; times as ``score`` takes them."""
    data = _counts(values)
    expect = _expect(data, start, step_s)
    found = tails(data, expect, step_s=step_s)
    best = int(np.argmin(found.p[:, -1]))
    width = found.windows[best]
    wait = _wait(data, expect, step_s)
    return Burst(
        p=float(together(found.p[:, -1:])[0]),
        window=width,
        seen=float(found.seen[best, -1]),
        expected=float(found.expected[best, -1]),
        own=math.exp(float(wait[-width:].max())) if np.any(wait[-width:]) else 0.0,
    )


def every(values: Sequence[float | None], *, start: datetime, step_s: float) -> tuple[Floats, Tails, Floats]:
    """Return what ``latest`` says of each row as if it were the last: the probability, that of each window, ``own``."""
    data = _counts(values)
    expect = _expect(data, start, step_s)
    found = tails(data, expect, step_s=step_s)
    wait = _wait(data, expect, step_s)
    widest = [wait[:1].repeat(width - 1), wait] if (width := max(found.windows)) > 1 else [wait]
    held = np.concatenate(widest)
    best = np.argmin(found.p, axis=0)
    own = np.zeros(len(data))
    for place, width in enumerate(found.windows):
        most = sliding_window_view(held, width).max(axis=1)[-len(data) :]
        own = np.where(best == place, most, own)
    return together(found.p), found, np.where(own > 0.0, np.exp(own), 0.0)


def _wait(data: Floats, expect: Expected, step_s: float) -> Floats:
    return rarity(
        evidence(data, expect, step_s=step_s), block=clock_of(step_s).block, noise_excess=Tuning().noise_excess
    )


def tails(data: Floats, expect: Expected, *, step_s: float) -> Tails:
    """Return the windows of each row; daily rows have one of four weeks too, by which only sparse ones are judged."""
    widths = windows_of(step_s)
    known = np.isfinite(data) & np.isfinite(expect.mean)
    sums = [window(data, expect, width=width, step_s=step_s) for width in widths]
    unsure = 1.0 / np.maximum(expect.information, 1.0)
    p = [np.where(known, at_least(one.seen, one.mean, one.spread + unsure), 1.0) for one in sums]
    if widths[-1] > WEEK and step_s >= DAY_S:
        p[-1] = np.where(sums[-2].mean < SPARSE, p[-1], 1.0)
    return Tails(
        windows=widths,
        p=np.array(p),
        seen=np.array([one.seen for one in sums]),
        expected=np.array([one.mean for one in sums]),
    )


def windows_of(step_s: float) -> tuple[int, ...]:
    """Return the windows in which the last rows are judged: those of the clock, for daily rows those of a week."""
    return (*period_windows(WEEK), LONGER * WEEK) if step_s >= DAY_S else clock_of(step_s).windows


def _counts(values: Sequence[float | None]) -> Floats:
    return np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)


def _expect(data: Floats, start: datetime, step_s: float) -> Expected:
    return expected(data, places(start, step_s, len(data)), step_s=step_s, memory_days=MEMORY_DAYS)
