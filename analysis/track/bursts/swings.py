"""How far a series swings by itself, from one day to the next, and where such a swing stands before a window begins.

Counts that follow on each other go up together, so that a slow swing lifts short and long windows alike and looks like
the start of a burst. A burst is more than the rows just before it lead one to expect.
"""

from __future__ import annotations

import numpy as np

from analysis.track.bursts.baseline import SPREAD_RANGE, Floats
from analysis.track.bursts.windows import trailing, winsorised

STILL = 0.035  # overdispersion of sums over three hours in a series that does not swing, as simulated
SWING_EVIDENCE = (0.2, 0.2)  # evidence that noise gains by each e-fold over that, and at most


def swing_ratio(seen: Floats, mean: Floats, *, rows: int, width: int, row_spread: Floats, swing: Floats) -> Floats:
    """Return what the ``rows`` before each window of ``width`` rows make of its mean: a ratio, never under 1.

    ``seen`` and ``mean`` are of single rows, ``row_spread`` their overdispersion, ``swing`` that of sums over three
    hours. The ratio is the posterior mean of a Gamma level of variance ``swing`` around 1, the counts held down and
    discounted by their overdispersion (Harvey and Fernandes, "Time series models for count or qualitative
    observations", J. Business and Economic Statistics 1989). A lull lowers nothing: its end is no burst.
    """
    due = np.maximum(trailing(mean, rows), 1e-6)
    trust = 1.0 / (1.0 + row_spread * due / rows)
    told = _late(trust * trailing(winsorised(seen, mean), rows), width, 0.0)
    prior = _late(1.0 / swing, width, 1.0 / SPREAD_RANGE[0])
    return np.maximum((told + prior) / (_late(trust * due, width, 0.0) + prior), 1.0)


def _late(data: Floats, rows: int, first: float) -> Floats:
    """Return each value ``rows`` later, ``first`` before."""
    return np.concatenate([np.full(min(rows, len(data)), first), data[: max(0, len(data) - rows)]])


def swing_evidence(swing: Floats) -> Floats:
    """Return how much more evidence mere noise reaches in a series whose three hours have the overdispersion ``swing``.

    At most so much, because the evidence is in standard errors that know of the swings.
    """
    each, most = SWING_EVIDENCE
    return np.clip(each * np.log(swing / STILL), 0.0, most)
