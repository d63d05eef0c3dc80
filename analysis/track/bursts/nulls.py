"""What chance alone makes of a series: its own calm days, put together anew.

A block bootstrap for seasonal series: blocks of neighbouring days, each put where a day of the same weekday stands, so
that weekday, hour, overdispersion and the dependence of near rows stay as they are (Dudek, Leskow, Paparoditis and
Politis, "A generalized block bootstrap for seasonal time series", J. Time Series Analysis 2014). Bursts are cut off
first, and the level is evened out, so that what is left is noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from analysis.track.bursts.baseline import DAY_S, SPREAD_START, WEEK_S, Floats
from analysis.track.bursts.latest import every

Random = np.random.Generator

BLOCK_DAYS = 4
WEEK = 7
LEVEL_DAYS = 28
PASSES = 3  # the first mean still holds the bursts that it is to cut off
WARM_UP_WEEKS = 8


@dataclass(frozen=True, slots=True)
class NullWeeks:
    """What chance makes of some series, one row a series, one column a week: the week's least ``p``.

    ``fires``: whether what has that p would be told if only the error rate were held.
    """

    p: Floats
    fires: NDArray[np.bool_]


def calm(values: Sequence[float], *, step_s: float) -> Floats:
    """Return the whole days of ``values`` at one level and without bursts, as days x rows of a day; the last row last.

    A row is held at three standard deviations over what its time of day and its four weeks lead one to expect.
    """
    a_day = max(1, round(DAY_S / step_s))
    days = len(values) // a_day
    table = np.asarray(values, dtype=np.float64)[len(values) - days * a_day :].reshape(days, a_day)
    held = table
    for _ in range(PASSES):
        whole = held.mean(axis=1)
        level = (_smooth(whole) + 0.5 / LEVEL_DAYS) / (whole.mean() + 0.5 / LEVEL_DAYS)
        shape = np.maximum(_smooth(held.mean(axis=0), length=max(1, a_day // 12), around=True), 1e-9)
        mean = level[:, None] * shape
        held = np.minimum(table, mean + np.maximum(3.0, 3.0 * np.sqrt(mean + SPREAD_START * mean**2)))
    return np.asarray(held / level[:, None])


def _smooth(values: Floats, *, length: int = LEVEL_DAYS, around: bool = False) -> Floats:
    """Return the running mean over ``length``; at the ends over what there is, or ``around`` a circle."""
    kernel = np.ones(min(length, len(values)))
    if around:
        padded = np.concatenate([values[-(len(kernel) // 2) :] if len(kernel) > 1 else values[:0], values, values])
        return np.convolve(padded, kernel / len(kernel), mode="full")[len(kernel) - 1 :][: len(values)]
    found: Floats = np.convolve(values, kernel, mode="same") / np.convolve(np.ones(len(values)), kernel, mode="same")
    return found


def chosen_days(rng: Random, days: int, wanted: int) -> NDArray[np.int64]:
    """Return which of the past ``days`` stand in for ``wanted`` days, in blocks, each on its own weekday."""
    found: list[int] = []
    while len(found) < wanted:
        place = (len(found) - wanted) % WEEK  # counted from the end, as the past is
        same = range((place + days) % WEEK, days - BLOCK_DAYS + 1, WEEK)
        first = int(same[rng.integers(len(same))]) if same else int(rng.integers(days))
        found += range(first, min(first + BLOCK_DAYS, days))
    return np.array(found[:wanted], dtype=np.int64)


def rebuilt(rng: Random, table: Floats, days: int) -> Floats:
    """Return a series of ``days`` made of the calm days in ``table``, whole numbers again."""
    rows = table[chosen_days(rng, len(table), days)].ravel()
    return np.floor(rows + rng.random(len(rows)))


def null_weeks(
    rng: Random,
    values: Sequence[float],
    *,
    start: datetime,
    step_s: float,
    weeks: int,
    least: float,
    times: float,
    begins: float,
) -> NullWeeks:
    """Return what ``latest`` makes of a series in ``weeks`` without news, looked at in each row.

    Only rows with ``least`` seen, over ``times`` what is expected, and as rare for the series as ``begins`` count.
    """
    a_week = round(WEEK_S / step_s)
    made = rebuilt(rng, calm(values, step_s=step_s), WEEK * (WARM_UP_WEEKS + weeks))
    first = start + timedelta(seconds=(len(values) - len(made)) * step_s)
    p, found, own = every(made.tolist(), start=first, step_s=step_s)
    best, rows = np.argmin(found.p, axis=0), np.arange(len(p))
    seen, expect = found.seen[best, rows], found.expected[best, rows]
    told = (seen >= least) & (seen > times * expect) & (own >= begins)
    by_week = np.where(told, p, 1.0)[WARM_UP_WEEKS * a_week :].reshape(weeks, a_week).min(axis=1)
    return NullWeeks(by_week[None], by_week[None] < 1.0)


def stacked(parts: Sequence[NullWeeks], weeks: int) -> NullWeeks:
    """Return the series of all parts as one."""
    if not parts:
        return NullWeeks(np.ones((0, weeks)), np.zeros((0, weeks), dtype=np.bool_))
    return NullWeeks(np.concatenate([one.p for one in parts]), np.concatenate([one.fires for one in parts]))
