"""How rare is so much for this very series: some brands burst every week, and know it.

The maxima of past blocks over their own 0.6 quantile are exponential (peaks over a threshold: Davison and Smith,
J. R. Statist. Soc. B 1990), with a mean excess that is drawn towards what noise shows (a conjugate gamma prior), so
that a series is known by its own habits only as far as it has shown them.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterable

import numpy as np

from analysis.track.bursts.baseline import Floats

HISTORY = 112  # past blocks that are remembered: four weeks of quarter days
FIRST_BLOCKS = 10  # nothing is judged before
TAIL = 0.6  # quantile of the block maxima over which the tail is taken for exponential
NOISE_BLOCKS = 20.0  # peaks over that quantile which the belief in noise counts for


def rarity(level: Floats, *, block: int, noise_excess: float) -> Floats:
    """Return, per row, the logarithm of how many blocks the past leads one to wait for so much; never below 0.

    ``block`` is in rows. The block under way has taught nothing yet. The first ten blocks are 0.
    """
    blocks = -(-len(level) // block)
    padded = np.concatenate([level, np.zeros(blocks * block - len(level))]).reshape(blocks, block)
    tails = np.array(list(_tails(padded.max(axis=1).tolist(), noise_excess))).reshape(blocks, 2)
    over = padded - tails[:, :1]
    wait = np.where(over > 0.0, over / tails[:, 1:] - math.log(1.0 - TAIL), 0.0)
    return wait.ravel()[: len(level)]


def _tails(peaks: Iterable[float], noise_excess: float) -> Iterable[tuple[float, float]]:
    """Yield (quantile, mean excess over it) of the peaks before each peak; infinite while there are too few."""
    recent: list[float] = []
    ordered: list[float] = []
    for peak in peaks:
        if len(ordered) < FIRST_BLOCKS:
            yield math.inf, noise_excess
        else:
            high = ordered[int(TAIL * len(ordered)) :]
            excess = sum(high) - high[0] * len(high)
            yield high[0], (excess + NOISE_BLOCKS * noise_excess) / (len(high) - 1 + NOISE_BLOCKS)
        recent.append(peak)
        insort(ordered, peak)
        if len(recent) > HISTORY:
            del ordered[bisect_left(ordered, recent.pop(0))]
