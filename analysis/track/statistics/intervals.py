"""Estimates with the interval that they deserve: 3 mentions must not look like 300.

Each function says its prior and its source; ``docs/statistics.md`` has the formulas worked by hand. ``level`` is the
probability that the interval covers, 0.95 unless told. Doubling every count narrows every interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import betaincinv, gammaincinv, ndtri

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, its limits, and the count that it rests on."""

    value: float
    low: float
    high: float
    count: float

    @property
    def width(self) -> float:
        """``high`` minus ``low``."""
        return self.high - self.low


def net_sentiment(negative: float, neutral: float, positive: float, *, level: float = LEVEL) -> Interval:
    """Return P(positive) - P(negative) under a uniform prior, between -1 and 1; nothing known gives 0, widest.

    The posterior is Dirichlet(negative + 1, neutral + 1, positive + 1); the difference has a known mean and variance
    and is matched by a Beta stretched over -1 to 1 (Gelman et al., Bayesian Data Analysis, 3rd ed., 3.4).
    """
    _check(negative, neutral, positive)
    total = negative + neutral + positive + 3.0
    worse, better = (negative + 1.0) / total, (positive + 1.0) / total
    mean = better - worse
    variance = (better + worse - mean * mean) / (total + 1.0)
    strength = (1.0 - mean * mean) / variance - 1.0
    up, down = (1.0 + mean) / 2.0 * strength, (1.0 - mean) / 2.0 * strength
    tail = (1.0 - level) / 2.0
    low, high = (2.0 * float(betaincinv(up, down, at)) - 1.0 for at in (tail, 1.0 - tail))
    return Interval(mean, low, high, total - 3.0)


def share(part: float, whole: float, *, level: float = LEVEL) -> Interval:
    """Return ``part`` / ``whole`` with Wilson's score interval (JASA 1927); 0 to 1 where ``whole`` is 0."""
    _check(part, whole - part)
    if whole == 0.0:
        return Interval(0.0, 0.0, 1.0, 0.0)
    z2 = float(ndtri(1.0 - (1.0 - level) / 2.0)) ** 2
    seen = part / whole
    middle = (seen + z2 / (2.0 * whole)) / (1.0 + z2 / whole)
    half = math.sqrt(z2 * seen * (1.0 - seen) / whole + (z2 / (2.0 * whole)) ** 2) / (1.0 + z2 / whole)
    low = 0.0 if part == 0.0 else max(0.0, middle - half)
    return Interval(seen, low, 1.0 if part == whole else min(1.0, middle + half), whole)


def rate(count: float, exposure: float, *, level: float = LEVEL) -> Interval:
    """Return ``count`` / ``exposure`` with the Gamma posterior's interval under Jeffreys' prior.

    ``exposure`` is the time or the mentions over which the count was made, above 0.
    """
    _check(count)
    if exposure <= 0.0:
        raise ValueError(f"exposure is {exposure}, and a rate needs one above 0")
    tail = (1.0 - level) / 2.0
    low = 0.0 if count == 0.0 else float(gammaincinv(count + 0.5, tail)) / exposure
    return Interval(count / exposure, low, float(gammaincinv(count + 0.5, 1.0 - tail)) / exposure, count)


def rate_ratio(count: float, exposure: float, other: float, other_exposure: float, *, level: float = LEVEL) -> Interval:
    """Return the first rate divided by the second, judged given the sum of both counts.

    Given the sum, the first count is binomial (Przyborowski and Wilenski, Biometrika 1940); limits are those of its
    share under Jeffreys' prior. The value is shrunk by half a mention each, so that it is finite.
    """
    _check(count, other)
    if exposure <= 0.0 or other_exposure <= 0.0:
        raise ValueError(f"exposures are {exposure} and {other_exposure}, and a ratio needs both above 0")
    tail = (1.0 - level) / 2.0
    scale = other_exposure / exposure
    value = (count + 0.5) / (other + 0.5) * scale
    low = 0.0 if count == 0.0 else _odds(float(betaincinv(count + 0.5, other + 0.5, tail))) * scale
    high = math.inf if other == 0.0 else _odds(float(betaincinv(count + 0.5, other + 0.5, 1.0 - tail))) * scale
    return Interval(value, low, high, count + other)


def paired_gain(mended: float, broken: float, whole: float, *, level: float = LEVEL) -> Interval:
    """Return how much larger a share is that was measured twice on the same ``whole``: -1 to 1.

    ``mended`` were wrong at first and are right now, ``broken`` the other way round. The interval is Wald's after one
    is added to each (Bonett and Price, Journal of Educational and Behavioral Statistics 2012); 0 with -1 to 1 where
    nothing was measured.
    """
    _check(mended, broken, whole - mended - broken)
    if whole == 0.0:
        return Interval(0.0, -1.0, 1.0, 0.0)
    up, down = (mended + 1.0) / (whole + 2.0), (broken + 1.0) / (whole + 2.0)
    z = float(ndtri(1.0 - (1.0 - level) / 2.0))
    half = z * math.sqrt((up + down - (up - down) ** 2) / (whole + 2.0))
    middle = up - down
    return Interval((mended - broken) / whole, max(-1.0, middle - half), min(1.0, middle + half), whole)


def _odds(probability: float) -> float:
    return math.inf if probability >= 1.0 else probability / (1.0 - probability)


def _check(*counts: float) -> None:
    if not all(math.isfinite(count) and count >= 0.0 for count in counts):
        raise ValueError(f"counts must be finite and 0 or more, and a part no more than its whole: {counts}")
