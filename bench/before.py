"""The detector that Candor had before: a peer of the one that it has now.

Every row is judged from the rows before it only, in three steps:
the surprise of the last row, hour and six hours (or day, three days and week) against a negative-binomial baseline;
how often this very series was as surprising before (peaks over a threshold, exponential excess); and what the row adds
to an episode that is already under way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from analysis.track.bursts.baseline import (
    DAY_S,
    HOUR_S,
    SPREAD_RANGE,
    SPREAD_START,
    SPREAD_WINDOWS,
    WEEK_S,
    Expected,
    Floats,
    expected,
    places,
)
from analysis.track.bursts.spikes import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierTuning:
    """The five numbers that were chosen on development series.

    ``memory_days``: half-life of the level. ``tail_from``: evidence over which a peak teaches the tail.
    ``calm_days``: half-life of what an episode already told. An alert is at least what mere noise shows once in
    ``noise_weeks`` weeks, and what this very series, bursts included, shows once in ``own_weeks`` weeks.
    """

    memory_days: float = 10.0
    tail_from: float = 3.0
    calm_days: float = 0.5
    noise_weeks: float = 30.0
    own_weeks: float = 6.0


# How often autocorrelated noise peaks over the evidence 3.0, a week, and the mean excess: measured, rounded up.
NOISE_PEAKS = {"minutes": 1.2, "hours": 0.4, "days": 0.1}
NOISE_EXCESS = 0.45
LEVEL_ROWS = 28.0  # the level's half-life was never shorter
TAIL_WEIGHT = 5.0  # peaks that this first belief about the excess counts for
TAIL_WEEKS = 4.0  # weeks that this first belief about the rate counts for
TOKENS = 2.0  # alerts that a quiet series can save up; it begins with one and earns one a week


def window_lengths(step_s: float) -> tuple[int, ...]:
    """Return the lengths, in rows, of the windows that are judged together."""
    if step_s < HOUR_S:
        spans: tuple[float, ...] = (step_s, HOUR_S, 6 * HOUR_S)
    elif step_s < DAY_S:
        spans = (step_s, 6 * HOUR_S, DAY_S)
    else:
        spans = (step_s, 3 * step_s, 7 * step_s)
    return tuple(max(1, round(span / step_s)) for span in spans)


def score(
    values: Sequence[float | None], *, start: datetime, step_s: float, tuning: EarlierTuning = EarlierTuning()
) -> Scores:
    """Judge each row of ``values`` (counts; None or NaN where nothing is known) from the rows before it.

    ``start`` is the time of row 0 in the time zone whose days and weeks the pattern follows; ``step_s`` is the length
    of a row in seconds. The first 60 hours, and never fewer than 28 rows, are the warm-up: they score 0.
    """
    data = np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)
    strength = evidence(data, start=start, step_s=step_s, tuning=tuning)
    rarity = episode_rarity(strength, step_s=step_s, tuning=tuning)
    news = _news(rarity, step_s=step_s, tuning=tuning)
    bar = alert_evidence(step_s, tuning.noise_weeks)
    alerts = _episodes((strength >= bar) & (rarity >= math.log10(tuning.own_weeks)), rarity > 0.0, step_s=step_s)
    return Scores(tuple((1.0 - 10.0 ** (-news / 2.0)).tolist()), alerts)


def evidence(values: Floats, *, start: datetime, step_s: float, tuning: EarlierTuning) -> Floats:
    """Return the sum over the windows of ln(1 + surprise): high where short and long windows agree."""
    memory = max(tuning.memory_days, LEVEL_ROWS * step_s / DAY_S)
    expect = expected(values, places(start, step_s, len(values)), step_s=step_s, memory_days=memory)
    parts = [window_surprise(values, expect, width=width, step_s=step_s) for width in window_lengths(step_s)]
    total: Floats = np.sum(np.log1p(parts), axis=0)
    return total


def episode_rarity(level: Floats, *, step_s: float, tuning: EarlierTuning) -> Floats:
    """Return, per row, -log10 of how many episodes as strong this series' past leads one to expect in a week.

    Excesses of past episodes' peaks over ``tail_from`` are exponential with their mean (peaks over a threshold); the
    episode under way has not been learned. Rows of the warm-up are 0.
    """
    quiet = max(3, round(DAY_S / step_s / 4))
    week = WEEK_S / step_s
    count, excess = TAIL_WEIGHT, TAIL_WEIGHT * NOISE_EXCESS
    peaks = TAIL_WEEKS * _noise_peaks(step_s)
    peak, seen = 0.0, 0
    rare = np.zeros(len(level))
    for row, value in enumerate(level.tolist()):
        over = value - tuning.tail_from
        if over > 0.0:
            rate = peaks / (TAIL_WEEKS + row / week)
            if row >= _warm_up(step_s):
                rare[row] = max(0.0, over * count / excess / math.log(10) - math.log10(rate))
            peak, seen = max(peak, over), row
        elif peak > 0.0 and row - seen > quiet:
            count, excess, peaks, peak = count + 1.0, excess + peak, peaks + 1.0, 0.0
    return rare


def alert_evidence(step_s: float, weeks: float) -> float:
    """Return the evidence that mere noise reaches once in so many ``weeks``."""
    return 3.0 + NOISE_EXCESS * math.log(max(1.0, weeks * _noise_peaks(step_s)))


def _noise_peaks(step_s: float) -> float:
    return NOISE_PEAKS["minutes" if step_s < HOUR_S else "hours" if step_s < DAY_S else "days"]


def _warm_up(step_s: float) -> int:
    return max(28, round(2.5 * DAY_S / step_s))


def _news(rarity: Floats, *, step_s: float, tuning: EarlierTuning) -> Floats:
    """Return what each row adds to what the last ones told: a burst scores high where it begins or grows."""
    fade = 0.5 ** (1.0 / max(tuning.calm_days * DAY_S / step_s, 2.0))
    recent = 0.0
    news = np.zeros(len(rarity))
    for row, value in enumerate(rarity.tolist()):
        recent *= fade
        if value > recent:
            news[row] = value - recent
            recent = value
    return news


def _episodes(begins: NDArray[np.bool_], lasts: NDArray[np.bool_], *, step_s: float) -> tuple[int, ...]:
    """Return the rows where an episode begins: after a calm day, and at most one for each week begun."""
    calm = max(3, round(DAY_S / step_s))
    tokens, last = 1.0, -calm
    alerts: list[int] = []
    for row, (begin, still) in enumerate(zip(begins.tolist(), lasts.tolist(), strict=True)):
        tokens = min(TOKENS, tokens + step_s / WEEK_S)
        if begin and row - last >= calm and tokens >= 1.0:
            alerts.append(row)
            tokens -= 1.0
            last = row
        elif still and row - last < calm:
            last = row
    return tuple(alerts)


def window_surprise(values: Floats, expect: Expected, *, width: int, step_s: float) -> Floats:
    """Return, per row, the surprise of the sum of the ``width`` rows that end there; 0 where the row is missing."""
    known = np.isfinite(values) & np.isfinite(expect.mean)
    sums = _trailing(np.where(known, values, 0.0), width)
    means = np.maximum(_trailing(np.where(known, expect.mean, 0.0), width), 1e-6)
    spread = _window_spread(sums, means, width, step_s) + 1.0 / np.maximum(expect.information, 1.0)
    return np.where(known, surprise(sums, means, spread), 0.0)


def surprise(counts: Floats, mean: Floats, spread: Floats) -> Floats:
    """Return -log10 P(X >= counts), X negative binomial with variance mean + spread * mean^2; 0 at or below the mean.

    With ``spread`` = 1 / information this is the exact predictive tail of a Poisson count under a Gamma posterior.
    Where the tail is too small for a float, Chernoff's bound stands in for it.
    """
    size = 1.0 / np.maximum(spread, 1e-6)
    above = counts > mean
    count = np.where(above, counts, 1.0)
    tail = betainc(count, size, mean / (mean + size))
    ratio = np.maximum(count / mean, 1e-12)
    bound = count * np.log(ratio) - (count + size) * np.log((count + size) / (mean + size))
    exact = -np.log10(np.maximum(tail, 1e-300))
    return np.where(above, np.where(tail > 1e-280, exact, bound / math.log(10)), 0.0)


def _trailing(data: Floats, width: int) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(data)])
    at = np.arange(1, len(data) + 1)
    sums: Floats = np.maximum(total[at] - total[np.maximum(at - width, 0)], 0.0)
    return sums


def _window_spread(sums: Floats, means: Floats, width: int, step_s: float) -> Floats:
    """Return the overdispersion of window sums before each row, by moments of winsorised errors."""
    keep = 0.5 ** (1.0 / max(14.0 * DAY_S / step_s, 120.0))
    held = np.minimum(sums, means + np.maximum(3.0, 4.0 * np.sqrt(means + SPREAD_START * means**2)))
    excess, square = 0.0, 0.0
    weight, belief = SPREAD_WINDOWS * width, SPREAD_START / math.sqrt(width)
    spreads = np.empty(len(sums))
    for row, (err, mean) in enumerate(zip(((held - means) ** 2 - means).tolist(), means.tolist(), strict=True)):
        mean2 = weight * mean * mean
        spreads[row] = (excess + belief * mean2) / (square + mean2)
        excess, square = excess * keep + err, square * keep + mean * mean
    return np.clip(spreads, *SPREAD_RANGE)
