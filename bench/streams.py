"""Generated streams with known truth: weekday and level patterns, bursts, outages, backfill, syndication, drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analysis.track.statistics.fix_rows import Control

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Random = np.random.Generator

START = datetime(2026, 1, 5)  # a Monday
DAY_S = 86_400


def wander(rng: Random, rows: int, *, deviation: float, memory: float) -> Floats:
    """Return a first-order autoregression of the given deviation whose correlation falls to 1/e in ``memory`` rows."""
    keep = float(np.exp(-1.0 / memory)) if memory > 0 else 0.0
    steps = rng.normal(size=rows) * deviation * np.sqrt(1.0 - keep * keep)
    found = np.empty(rows)
    at = rng.normal() * deviation
    for row in range(rows):
        at = keep * at + steps[row]
        found[row] = at
    return found


def usual(rows: int, step_s: int, mean: float, *, drift: float = 0.3) -> Floats:
    """Return the expected counts of a brand that is quieter at night and at weekends, and whose volume drifts."""
    at = np.arange(rows) * step_s
    level = mean * np.where((at // DAY_S) % 7 >= 5, 0.6, 1.16)
    if step_s < DAY_S:
        level = level * (1.0 + 0.6 * np.sin(2 * np.pi * (at % DAY_S) / DAY_S))
    return np.asarray(level * np.exp(drift * np.sin(2 * np.pi * at / (180 * DAY_S))))


def overdispersed(rng: Random, mean: Floats, *, spread: float = 0.2) -> Counts:
    """Return negative-binomial counts with variance mean + spread * mean^2."""
    return rng.poisson(mean * rng.gamma(1.0 / spread, spread, mean.shape))


def noise(
    rng: Random, rows: int, step_s: int, mean: float, *, deviation: float = 0.0, memory_days: float = 1.0
) -> Counts:
    """Return a stream without any burst: pattern, drift, overdispersion and, where asked, autocorrelation."""
    slow = wander(rng, rows, deviation=deviation, memory=memory_days * DAY_S / step_s) if deviation else 0.0
    return overdispersed(rng, usual(rows, step_s, mean) * np.exp(slow))


def burst(shape: str, rows: int) -> Floats:
    """Return the shape of a burst, 1 at its highest: ``plateau``, ``decay`` (sudden, then fading) or ``ramp``."""
    if shape == "plateau":
        return np.ones(rows)
    line = np.linspace(1.0, 0.0, rows + 1)[:-1]
    return line if shape == "decay" else line[::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What a stream around a shipped fix is like. Rates are complaints a day; ``effect`` is the true one."""

    before: int = 84
    after: int = 56
    rate: float = 5.0
    effect: float = 0.0
    controls: int = 3
    deviation: float = 0.2
    memory_days: float = 5.0
    shift: float = 0.0
    outages: int = 0
    ramp_days: int = 0
    returns: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FixStream:
    """One stream, as ``judge_fix`` takes it."""

    ours: list[float | None]
    exposure: list[float | None]
    controls: list[Control]
    outages: list[tuple[int, int]]


def fix_stream(rng: Random, market: Market) -> FixStream:
    """Return one stream: shared swings of the market, own swings of each brand, and days when sources were silent."""
    days = market.before + market.after
    since = np.arange(days) - market.before
    shared = wander(rng, days, deviation=0.2, memory=10) + market.shift * (since >= rng.integers(-10, 15))
    strength = np.clip((since + 1) / market.ramp_days, 0.0, 1.0) if market.ramp_days else (since >= 0).astype(float)
    if market.returns:
        strength = np.where(since >= market.after // 2, 0.0, strength)
    ours = _brand(rng, market, market.rate, shared + np.log(1.0 + market.effect * strength))
    theirs = [_brand(rng, market, market.rate * rng.uniform(0.5, 3.0), shared) for _ in range(market.controls)]
    silent = [(first, first + int(rng.integers(2, 6))) for first in rng.integers(0, days - 7, market.outages).tolist()]
    for first, last in silent:
        for counts, _ in (ours, *theirs):
            counts[first : last + 1] = rng.binomial(counts[first : last + 1], 0.1)
    return FixStream(
        ours=list(ours[0].tolist()),
        exposure=list(ours[1].tolist()),
        controls=[Control(counts=list(c.tolist()), exposure=list(e.tolist())) for c, e in theirs],
        outages=silent,
    )


def _brand(rng: Random, market: Market, rate: float, shared: Floats) -> tuple[Counts, Floats]:
    exposure = usual(len(shared), DAY_S, 1000.0) * np.exp(wander(rng, len(shared), deviation=0.1, memory=10))
    own = wander(rng, len(shared), deviation=market.deviation, memory=market.memory_days)
    return overdispersed(rng, rate * exposure / exposure.mean() * np.exp(shared + own), spread=0.1), exposure


def complaint_matrix(rng: Random, series: int, days: int, *, deviation: float = 0.3) -> tuple[Counts, Floats]:
    """Return (series x days counts, mean a day of each) of complaints from very rare to ten a day, without a surge."""
    means = np.exp(rng.uniform(np.log(0.02), np.log(10.0), series))
    rows = [noise(rng, days, DAY_S, mean, deviation=deviation, memory_days=3.0) for mean in means.tolist()]
    return np.array(rows), means


def syndicated(rng: Random, counts: Counts, *, copies: float = 4.0) -> Counts:
    """Return how many posts a wire makes of the stories: a tenth of them are copied ``copies`` times on average."""
    copied = rng.binomial(counts, 0.1)
    return counts + rng.poisson(copies * copied)


def without(counts: Counts, days: Sequence[int]) -> Counts:
    """Return the counts with nothing on the days when the sources were silent."""
    found = counts.copy()
    found[:, list(days)] = 0
    return found
