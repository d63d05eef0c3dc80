"""The probabilities of shares and stars that rules ask, one-sided: how likely is so much, or more, by chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import betaln, gammaln, ndtr

SPREAD_START = 0.02  # correlation of opinions within a day that is believed before any is seen
SPREAD_DAYS = 10.0  # days that this belief counts for


def higher_share(hits: int, of: int, past_hits: Sequence[int], past_of: Sequence[int]) -> tuple[float, float]:
    """Return (p, expected share) of ``hits`` in ``of`` against past days.

    Beta-binomial predictive tail: days differ by more than chance, so the correlation of opinions within a day is
    estimated from the past by moments (Williams, Applied Statistics 1982), drawn to 0.02, and the uncertainty of the
    past share itself is added.
    """
    total, whole = sum(past_hits), sum(past_of)
    share = (total + 0.5) / (whole + 1.0)
    days = [(k, n) for k, n in zip(past_hits, past_of, strict=True) if n > 1]
    excess = sum((k - n * share) ** 2 - n * share * (1 - share) for k, n in days)
    room = sum(n * (n - 1) * share * (1 - share) for _, n in days)
    belief = SPREAD_DAYS * (room / len(days) if days else 1.0)
    spread = min(0.5, max(0.001, (excess + belief * SPREAD_START) / (room + belief))) + 1.0 / max(whole, 2.0)
    size = (1.0 - spread) / spread
    if of <= 0 or hits / of <= share:
        return 1.0, share
    return _beta_binomial_tail(hits, of, share * size, (1.0 - share) * size), share


def _beta_binomial_tail(hits: int, of: int, a: float, b: float) -> float:
    """P(X >= hits) of a beta-binomial count; summed here because scipy.stats takes seconds to load."""
    k = np.arange(hits, of + 1)
    ways = gammaln(of + 1) - gammaln(k + 1) - gammaln(of - k + 1)
    return min(1.0, float(np.exp(ways + betaln(k + a, of - k + b) - betaln(a, b)).sum()))


def lower_values(now: Mapping[float, int], before: Mapping[float, int]) -> float:
    """Return p that ``now`` holds lower values than ``before``: Mann and Whitney's test, corrected for ties.

    Normal approximation (Annals of Mathematical Statistics 1947); ask for eight values on a side at least.
    """
    n, m = sum(now.values()), sum(before.values())
    if not n or not m:
        return 1.0
    rank, sum_now, ties = 0.0, 0.0, 0.0
    for value in sorted({*now, *before}):
        group = now.get(value, 0) + before.get(value, 0)
        sum_now += now.get(value, 0) * (rank + (group + 1) / 2)
        ties += group**3 - group
        rank += group
    u = sum_now - n * (n + 1) / 2
    whole = n + m
    variance = n * m / 12 * (whole + 1 - ties / (whole * (whole - 1)))
    return float(ndtr((u - n * m / 2 + 0.5) / math.sqrt(variance))) if variance > 0 else 1.0
