"""What chance alone makes of a series: one with its habits and no news, or its own calm days put together anew.

A count series is fitted by moments and made anew: its pattern, times a slow level of a lognormal autoregression, times
a row's own gamma (a Poisson model driven by a latent process: Zeger, "A regression model for time series of counts",
Biometrika 1988). It goes to extremes that a few weeks did not happen to hold, which putting their own days together
cannot. Of many series that move together the days are drawn, in blocks that keep the weekday (Dudek, Leskow,
Paparoditis and Politis, "A generalized block bootstrap for seasonal time series", J. Time Series Analysis 2014).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from analysis.track.bursts.baseline import DAY_S, SPREAD_RANGE, SPREAD_START, WEEK_S, Floats
from analysis.track.bursts.latest import every
from analysis.track.bursts.windows import winsorised

Random = np.random.Generator

BLOCK_DAYS = 4
WEEK = 7
LEVEL_DAYS = 28
PASSES = 3  # the first mean still holds the bursts that it is to cut off
WARM_UP_WEEKS = 8
PARTS_A_DAY = 8  # stretches of three hours, by which swings are seen
MEMORY_PARTS = (2.0, 32.0)  # the memory of a swing: six hours to four days


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


@dataclass(frozen=True, slots=True)
class Habits:
    """What a series is like without news: its mean by weekday and row, its swings, and its overdispersion beside them.

    ``mean`` is weekdays x rows of a day, the weekday of the last day last. ``swing`` is the variance of the level's
    slow ratio to the mean, whose correlation falls to 1/e in ``memory`` rows; ``spread`` is that of single rows.
    """

    mean: Floats
    swing: float
    memory: float
    spread: float


def habits(values: Sequence[float], *, step_s: float) -> Habits:
    """Return the moments of the whole days of ``values``, bursts held down; at least one day is needed."""
    table = calm(values, step_s=step_s)
    days, a_day = table.shape
    whole, shape = table.mean(axis=1), _smooth(table.mean(axis=0), length=max(1, a_day // 12), around=True)
    by_weekday = np.array(
        [whole[(days + at) % WEEK :: WEEK].mean() if days > WEEK else whole.mean() for at in range(WEEK)]
    )
    mean = np.maximum(np.outer(by_weekday, shape / max(shape.mean(), 1e-9)), 1e-9)
    expect = mean[(np.arange(days) - days) % WEEK]
    swing, memory = _swings(table, expect, max(1, a_day // PARTS_A_DAY))
    errors = (winsorised(table, expect) - expect) ** 2 - expect
    spread = float(errors.sum() / (expect**2).sum()) - swing
    return Habits(mean, swing, memory, min(max(spread / (1.0 + swing), 0.0), SPREAD_RANGE[1]))


def _swings(table: Floats, expect: Floats, part: int) -> tuple[float, float]:
    """Return the variance of the slow level and its memory in rows, from how parts of a day go with those after them.

    Counts of different rows depend on each other by the level alone, so that neither Poisson's nor a row's own
    overdispersion is in it.
    """
    whole = table.size // part * part
    seen, mean = (one.ravel()[-whole:].reshape(-1, part).sum(axis=1) for one in (table, expect))
    if len(seen) <= PARTS_A_DAY:
        return 0.0, float(part)
    error = seen - mean
    lags = range(1, PARTS_A_DAY + 1)
    shared = np.array([(error[lag:] * error[:-lag]).sum() / (mean[lag:] * mean[:-lag]).sum() for lag in lags])
    near, far = (max(float(one.mean()), 0.0) for one in np.split(shared, 2))
    gone = PARTS_A_DAY / 2.0 / math.log(near / far) if 0.0 < far < near else MEMORY_PARTS[1]
    memory = min(max(gone, MEMORY_PARTS[0]), MEMORY_PARTS[1])
    kept = np.exp(-np.array(lags) / memory)
    return max(0.0, float((shared * kept).sum() / (kept**2).sum())), memory * part


def made(rng: Random, like: Habits, days: int) -> Floats:
    """Return a series of ``days`` with these habits and without news; its last day has the weekday of the last."""
    mean = like.mean[(np.arange(days) - days) % WEEK].ravel()
    if like.swing > 0.0:
        deviation, keep = math.sqrt(math.log1p(like.swing)), math.exp(-1.0 / like.memory)
        steps = rng.normal(size=len(mean)) * np.where(np.arange(len(mean)) == 0, 1.0, math.sqrt(1.0 - keep * keep))
        slow = lfilter([1.0], [1.0, -keep], steps)
        mean = mean * np.exp(deviation * slow - deviation**2 / 2.0)
    if like.spread > 0.0:
        mean = mean * rng.gamma(1.0 / like.spread, like.spread, mean.shape)
    return rng.poisson(mean).astype(np.float64)


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
    rows = made(rng, habits(values, step_s=step_s), WEEK * (WARM_UP_WEEKS + weeks))
    first = start + timedelta(seconds=(len(values) - len(rows)) * step_s)
    p, found, own = every(rows.tolist(), start=first, step_s=step_s)
    best, at = np.argmin(found.p, axis=0), np.arange(len(p))
    seen, expect = found.seen[best, at], found.expected[best, at]
    told = (seen >= least) & (seen > times * expect) & (own >= begins)
    by_week = np.where(told, p, 1.0)[WARM_UP_WEEKS * a_week :].reshape(weeks, a_week).min(axis=1)
    return NullWeeks(by_week[None], by_week[None] < 1.0)


def stacked(parts: Sequence[NullWeeks], weeks: int) -> NullWeeks:
    """Return the series of all parts as one."""
    if not parts:
        return NullWeeks(np.ones((0, weeks)), np.zeros((0, weeks), dtype=np.bool_))
    return NullWeeks(np.concatenate([one.p for one in parts]), np.concatenate([one.fires for one in parts]))
