"""A log-linear model of overdispersed counts, and honest standard errors for autocorrelated rows.

Two forms: ours given the sum of ours and the controls (binomial, so that whatever moves the whole market cancels
exactly), or ours alone (Poisson). Both are fitted by iteratively reweighted least squares (McCullagh and Nelder,
Generalized Linear Models, 2nd ed., 2.5) with weights for overdispersion (Williams, Applied Statistics 1982).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

STEPS = 40
CAUTION = 1.0  # standard errors by which the autocorrelation is taken for higher than seen
HIGHEST = 0.8  # autocorrelation that is believed at most
CAP = 20.0  # logarithms of rates are held within


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients with their covariance as if rows were independent, and each row's residual and its variance."""

    coefficients: Floats
    covariance: Floats
    residual: Floats
    variance: Floats


def fit(counts: Floats, totals: Floats | None, offset: Floats, design: Floats) -> Fit:
    """Fit log(rate) or, where ``totals`` are given, logit(share) = offset + design @ coefficients.

    Overdispersion is estimated from the rows once and enters the weights: a row with many mentions then does not
    outweigh the rest. Columns that the data cannot tell apart get a coefficient of 0 by a faint ridge.
    """
    spread = 0.0
    begin = np.zeros(design.shape[1])
    begin[0] = _start(counts, totals, offset)
    solved = _solve(counts, totals, offset, design, spread, begin)
    for _ in range(3):
        spread = _overdispersion(counts, totals, solved[1], design.shape[1])
        solved = _solve(counts, totals, offset, design, spread, solved[0])
    coefficients, mean, variance, information = solved
    covariance: Floats = np.linalg.inv(information).astype(np.float64)
    return Fit(coefficients, covariance, counts - mean, variance)


def _moments(eta: Floats, totals: Floats | None, spread: float) -> tuple[Floats, Floats, Floats]:
    """Return mean, derivative of the mean, and variance of the counts."""
    if totals is None:
        mean = np.exp(np.clip(eta, -CAP, CAP))
        return mean, mean, mean + spread * mean**2
    share = 1.0 / (1.0 + np.exp(-np.clip(eta, -CAP, CAP)))
    slope = totals * share * (1.0 - share)
    return totals * share, slope, slope * (1.0 + np.maximum(totals - 1.0, 0.0) * spread)


def _solve(
    counts: Floats, totals: Floats | None, offset: Floats, design: Floats, spread: float, begin: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    beta, ridge = begin, 1e-6 * np.eye(design.shape[1])
    for _ in range(STEPS):
        mean, slope, variance = _moments(offset + design @ beta, totals, spread)
        weight = slope**2 / np.maximum(variance, 1e-12)
        pull = design.T @ (slope / np.maximum(variance, 1e-12) * (counts - mean)) - ridge @ beta
        step = np.linalg.solve(design.T @ (design * weight[:, None]) + ridge, pull)
        beta = beta + np.clip(step, -2.0, 2.0)
        if float(np.max(np.abs(step))) < 1e-9:
            break
    mean, slope, variance = _moments(offset + design @ beta, totals, spread)
    weight = slope**2 / np.maximum(variance, 1e-12)
    return beta, mean, variance, design.T @ (design * weight[:, None]) + ridge


def _start(counts: Floats, totals: Floats | None, offset: Floats) -> float:
    seen = float(counts.sum()) + 0.5
    if totals is None:
        return math.log(seen / float(np.exp(offset).sum()))
    return math.log(seen / (float(totals.sum() - counts.sum()) + 0.5)) - float(
        np.average(offset, weights=totals + 1e-9)
    )


def _overdispersion(counts: Floats, totals: Floats | None, mean: Floats, columns: int) -> float:
    """Return the overdispersion by moments: the excess of squared errors over what chance alone makes."""
    free = len(counts) / max(1.0, len(counts) - columns)
    if totals is None:
        excess, square = float(((counts - mean) ** 2 * free - mean).sum()), float((mean**2).sum())
    else:
        chance = mean * (1.0 - mean / np.maximum(totals, 1e-9))
        more = np.maximum(totals - 1.0, 0.0)
        excess = float(((counts - mean) ** 2 * free - chance).sum())
        square = float((chance * more).sum())
    return min(5.0, max(0.0, excess / square)) if square > 0.0 else 0.0


def autocorrelation(residual: Floats, variance: Floats, block: Rows, sides: Floats) -> tuple[float, float, int]:
    """Return (dispersion, lag-one correlation, number of blocks) of the residuals summed by block.

    Blocks that neighbour each other in time and lie on one side (before or after) are compared. The correlation is
    corrected for its small-sample bias of -(1 + 4r) / n (Kendall, Biometrika 1954), taken for a standard error
    higher than seen, and never for negative.
    """
    size = int(block.max()) + 1
    total = np.bincount(block, weights=residual, minlength=size)
    expect = np.bincount(block, weights=variance, minlength=size)
    side = np.bincount(block, weights=sides, minlength=size) / np.maximum(np.bincount(block, minlength=size), 1)
    there = expect > 0.0
    scaled = np.where(there, total / np.sqrt(np.where(there, expect, 1.0)), 0.0)
    number = int(there.sum())
    pairs = there[1:] & there[:-1] & (side[1:] == side[:-1])
    square = float((scaled**2).sum()) / max(1, number)
    if not pairs.any() or number < 3:
        return square, 0.0, number
    # What chance alone makes is white, so a dispersion under 1 leaves nothing that could be correlated.
    seen = float((scaled[1:] * scaled[:-1])[pairs].mean()) / max(square, 1.0)
    if square <= 1.0:
        return square, max(0.0, seen), number
    corrected = seen + (1.0 + 4.0 * max(seen, 0.0)) / number + CAUTION * math.sqrt((1.0 - min(1.0, seen**2)) / number)
    return square, min(HIGHEST, max(0.0, corrected)), number


def inflation(correlation: float, blocks: float) -> float:
    """Return by how much autocorrelation multiplies the variance of a mean of ``blocks`` blocks.

    The exact variance of a mean of a first-order autoregression (Newey and West's sum, taken to its end).
    """
    if blocks <= 1.0 or correlation <= 0.0:
        return 1.0
    rest = 2.0 * correlation * (1.0 - correlation**blocks) / (blocks * (1.0 - correlation) ** 2)
    return max(1.0, float((1.0 + correlation) / (1.0 - correlation) - rest))
