"""The core that alerts, new complaints and ``candor track spikes`` share: how far windows lie from what is expected.

A window is the sum of the last rows. Its spread is learned from past windows of the same length, which is where
autocorrelation shows; its probability is a negative binomial's tail; windows of different length are judged together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from analysis.track.bursts.baseline import SPREAD_RANGE, SPREAD_START, SPREAD_WINDOWS, Expected, Floats

HALF_COUNT = 0.25  # variance of a count of which next to nothing is expected
NEAR_MENTIONS = 10.0  # mentions that the belief in the usual level counts for, against the last hours' own
HIGHEST = 0.95  # a probability over this says no more than this: one calm window must not outvote the others


def trailing(data: Floats, width: int) -> Floats:
    """Return the sums of the ``width`` rows that end at each row."""
    total = np.cumsum(data)
    late = total.copy()
    late[width:] -= total[:-width]
    return np.maximum(late, 0.0)


def begun(data: Floats, width: int) -> Floats:
    """Return each row's value as it stood when the window of ``width`` rows that ends there began; 0 before a whole."""
    found = np.zeros(len(data))
    found[width - 1 :] = data[: max(0, len(data) - width + 1)]
    return found


def foreseen(values: Floats, expect: Expected, *, width: int) -> tuple[Floats, Floats]:
    """Return what the last ``width`` rows held, and what was expected of them before the first of them was seen.

    A window judged by the level before it began is no part of its own baseline. Missing rows are left out of both.
    """
    known = np.isfinite(values) & np.isfinite(expect.mean)
    seen = trailing(np.where(known, values, 0.0), width)
    pattern = trailing(np.where(known, expect.mean / np.where(known, expect.level, 1.0), 0.0), width)
    return seen, np.maximum(pattern * begun(np.nan_to_num(expect.level), width), 1e-6)


@dataclass(frozen=True, slots=True)
class NearWindows:
    """Windows beside the rows before them: what they held, and what was expected of them.

    ``usual`` is expected by the series' whole past; ``mean`` by the rows before, too, which is never less.
    ``information``: how many mentions their level rests on.
    """

    seen: Floats
    usual: Floats
    mean: Floats
    information: Floats


def beside(values: Floats, expect: Expected, *, width: int, before: int) -> NearWindows:
    """Return the last ``width`` rows beside the ``before`` rows before them. Missing rows are left out of both."""
    known = np.isfinite(values) & np.isfinite(expect.mean)
    counts, means = np.where(known, values, 0.0), np.where(known, expect.mean, 0.0)
    usual = np.maximum(trailing(means, width), 1e-6)
    had = begun(trailing(counts, before), width + 1) + NEAR_MENTIONS
    level = had / (begun(trailing(means, before), width + 1) + NEAR_MENTIONS)
    return NearWindows(trailing(counts, width), usual, usual * np.maximum(level, 1.0), had)


def winsorised(sums: Floats, means: Floats) -> Floats:
    """Return the sums held at four standard deviations over their means, else the first burst would hide the next."""
    return np.minimum(sums, means + np.maximum(3.0, 4.0 * np.sqrt(means + SPREAD_START * means**2)))


def past_spread(sums: Floats, means: Floats, *, width: int, keep: float) -> Floats:
    """Return the overdispersion of window sums before each row, by moments of winsorised errors.

    ``keep`` is what a row's error still counts for one row later. Less is believed of longer windows, by their root.
    """
    squares = means**2
    excess = _before((winsorised(sums, means) - means) ** 2 - means, keep)
    square = _before(squares, keep)
    belief = SPREAD_WINDOWS * width * squares
    return np.clip((excess + SPREAD_START / math.sqrt(width) * belief) / (square + belief), *SPREAD_RANGE)


def _before(data: Floats, keep: float) -> Floats:
    """Return the fading sum of what came before each row, by stretches over which no power of ``keep`` is too small."""
    found = np.empty(len(data))
    total, length = 0.0, max(1, int(60.0 / -math.log(keep)))
    for first in range(0, len(data), length):
        part = data[first : first + length]
        fade = keep ** np.arange(1, len(part) + 1)
        whole = fade * (total + np.cumsum(part / fade))
        found[first : first + len(part)] = np.concatenate([[total], whole[:-1]])
        total = float(whole[-1])
    return found


def excess(sums: Floats, means: Floats, spread: Floats) -> Floats:
    """Return how many standard errors each sum lies over its mean; 0 at or under it."""
    return np.maximum((sums - means) / np.sqrt(means + spread * means * means + HALF_COUNT), 0.0)


def at_least(counts: Floats, mean: Floats, spread: Floats) -> Floats:
    """Return P(X >= counts), X negative binomial with variance mean + spread * mean^2; 1 for a count of 0.

    With ``spread`` = 1 / mentions remembered this is the exact predictive tail of a Poisson count under a Gamma
    posterior, which is what sparse series need.
    """
    size = 1.0 / np.maximum(spread, 1e-6)
    tail = betainc(np.maximum(counts, 1.0), size, mean / (mean + size))
    return np.where(counts > 0.0, tail, 1.0)


def at_most(counts: Floats, mean: Floats, spread: Floats) -> Floats:
    """Return P(X <= counts) of the same distribution."""
    size = 1.0 / np.maximum(spread, 1e-6)
    tail: Floats = betainc(size, counts + 1.0, size / (mean + size))
    return tail


def together(tails: Iterable[Floats], weights: Sequence[float] | None = None) -> Floats:
    """Return one probability for several windows of the same rows, however they depend on each other.

    ``weights`` say how much of the level each window may spend; without, all alike.

    The mean of 1 / tan(pi p) is Cauchy's under the null in its tail, whatever the correlation (Liu and Xie, "Cauchy
    combination test", JASA 2020). Overlapping windows that agree so lose nothing, and one alone pays for their number.
    """
    held = [np.clip(tail, 1e-300, HIGHEST) for tail in tails]
    mean = np.average([1.0 / np.tan(np.pi * tail) for tail in held], axis=0, weights=weights)
    joint: Floats = np.arctan2(1.0, mean) / np.pi
    return joint
