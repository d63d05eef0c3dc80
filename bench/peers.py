"""Simple peers of the detector of bursts: how far each row lies over what came before it, one number a row.

Every peer looks back only and is given what the others are given: the same rows, the same silence after an episode, one
bar. Sources: rolling z and Poisson tail are what dashboards do; seasonal ESD is Hochenbaum, Vallis and Kejariwal,
"Automatic Anomaly Detection in the Cloud Via Statistical Learning" (2017), asked of each row as it comes; consensus is
Etsy's Skyline (2013), which alerts where most of a handful of tests agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import gammainc

from analysis.track.bursts.baseline import DAY_S, WEEK_S, Floats
from analysis.track.bursts.clocks import clock_of
from analysis.track.bursts.spikes import episodes, score
from bench.before import score as earlier

Alerts = tuple[int, ...]
Level = Callable[[Floats, float], Floats]
Alerting = Callable[[Floats, datetime, float], Alerts]

SMALLEST = 0.5  # standard deviation of a row in which next to nothing is counted
CALM_DAYS, CALM_ROWS = 1.25, 3.0  # the silence after an episode, as Candor has it
SAME_PLACES = 14  # days (weeks where rows are days) whose same row is one observation of the season


def past_rows(step_s: float) -> int:
    """Return how many rows a peer remembers: a week, four weeks where rows are days."""
    return round((WEEK_S if step_s < DAY_S else 4 * WEEK_S) / step_s)


def _past(values: Floats, width: int) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the ``width`` rows before each row; the first ``width`` rows are NaN."""
    total, square = (np.concatenate([[0.0], np.cumsum(part)]) for part in (values, values**2))
    at = np.arange(width, len(values))
    mean, deviation = np.full(len(values), np.nan), np.full(len(values), np.nan)
    mean[width:] = (total[at] - total[at - width]) / width
    deviation[width:] = np.sqrt(np.maximum((square[at] - square[at - width]) / width - mean[width:] ** 2, 0.0))
    return mean, np.maximum(deviation, SMALLEST)


def rolling_z(values: Floats, step_s: float) -> Floats:
    """Return the standard deviations over the mean of the rows before."""
    mean, deviation = _past(values, past_rows(step_s))
    return np.nan_to_num((values - mean) / deviation)


def poisson_tail(values: Floats, step_s: float) -> Floats:
    """Return -log10 P(X >= count), X Poisson with the mean of the rows before."""
    mean, _ = _past(values, past_rows(step_s))
    tail = np.where(values > 0.0, gammainc(np.maximum(values, 1.0), np.maximum(np.nan_to_num(mean), 1e-6)), 1.0)
    return np.where(np.isnan(mean), 0.0, -np.log10(np.maximum(tail, 1e-300)))


def seasonal_esd(values: Floats, step_s: float) -> Floats:
    """Return the median absolute deviations over the median of the same time of day (of the week where rows are days).

    The scale is that of the last season's residuals.
    """
    season = round((DAY_S if step_s < DAY_S else WEEK_S) / step_s)
    places = min(SAME_PLACES, max(1, len(values) // season - 1))
    first = places * season
    if len(values) <= first:
        return np.zeros(len(values))
    same = np.stack([values[first - k * season : len(values) - k * season] for k in range(1, places + 1)])
    rest = values[first:] - np.median(same, axis=0)
    level = np.zeros(len(values))
    span = 4 * season
    for at in range(span, len(rest), season):
        scale = 1.4826 * float(np.median(np.abs(rest[at - span : at])))
        part = rest[at : at + season]
        level[first + at : first + at + len(part)] = (part - np.median(rest[at - span : at])) / max(scale, SMALLEST)
    return level


def consensus(values: Floats, step_s: float) -> Floats:
    """Return the middle of five tests' distances, of the row and of the mean of the last three rows."""
    width = past_rows(step_s)
    mean, deviation = _past(values, width)
    short_mean, short_deviation = _past(values, max(3, width // 24))
    tail = np.convolve(values, np.ones(3) / 3.0)[: len(values)]
    tests = (
        (values - mean) / deviation,
        (values - short_mean) / short_deviation,
        (tail - mean) / deviation,
        (tail - _faded(values, width // 4)) / deviation,
        (tail - _middle(values, width)) / deviation,
    )
    return np.nan_to_num(np.median(tests, axis=0))


def _faded(values: Floats, width: int) -> Floats:
    """Return the exponentially weighted mean of the rows before each row."""
    found, at = np.zeros(len(values)), float(values[0])
    for row, value in enumerate(values.tolist()):
        found[row] = at
        at += (value - at) * 2.0 / (width + 1)
    return found


def _middle(values: Floats, width: int) -> Floats:
    """Return the median of the ``width`` rows before each row, taken anew 28 times in that span."""
    found = np.full(len(values), np.nan)
    ends = np.arange(width, len(values), max(1, width // 28))
    if len(ends):
        medians = np.median(sliding_window_view(values, width)[ends - width], axis=1)
        found[width:] = medians[np.searchsorted(ends, np.arange(width, len(values)), side="right") - 1]
    return found


def alerting(level: Level, bar: float) -> Alerting:
    """Return the detector that alerts where ``level`` begins to reach ``bar``."""

    def alerts(values: Floats, _: datetime, step_s: float) -> Alerts:
        return over(level(values, step_s), bar, step_s)

    return alerts


def over(level: Floats, bar: float, step_s: float) -> Alerts:
    """Return the rows where an episode of reaching ``bar`` begins, with the silence and the budget that Candor has."""
    calm = max(CALM_ROWS, CALM_DAYS * DAY_S / step_s)
    return episodes(np.flatnonzero(level >= bar).tolist(), calm=calm, gap=clock_of(step_s).block, week=WEEK_S / step_s)


def _now(values: Floats, start: datetime, step_s: float) -> Alerts:
    return score(values.tolist(), start=start, step_s=step_s).alerts


def _earlier(values: Floats, start: datetime, step_s: float) -> Alerts:
    return earlier(values.tolist(), start=start, step_s=step_s).alerts


OURS: dict[str, Alerting] = {"Candor": _now, "Candor before": _earlier}
PEERS: dict[str, Level] = {
    "rolling z": rolling_z,
    "Poisson tail": poisson_tail,
    "seasonal ESD": seasonal_esd,
    "consensus (Etsy)": consensus,
}


def bars(level: Level, noise: Sequence[Floats], *, step_s: float, most_a_year: float) -> float:
    """Return the lowest bar at which the series of ``noise`` have ``most_a_year`` episodes a year and series, or fewer.

    This gives a peer what Candor gets from its simulated bars, else a peer that cries all day would look strong.
    """
    levels = [level(values, step_s) for values in noise]
    years = sum(len(values) for values in noise) * step_s / (365.25 * DAY_S)
    peaks = np.concatenate([one[one > 0.0] for one in levels])
    if not len(peaks):
        return np.inf
    for bar in np.quantile(peaks, 1.0 - np.geomspace(0.2, 1.0 / len(peaks), 60)).tolist():
        if sum(len(over(one, bar, step_s)) for one in levels) <= most_a_year * years:
            return float(bar)
    return float(peaks.max()) * 1.0001
