"""Many tests at once: the false discovery rate of those that are told (Benjamini and Hochberg, JRSS B 1995)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p: ArrayLike, *, tested: int = 0) -> NDArray[np.float64]:
    """Return each probability's adjusted value: the false discovery rate of the list that ends with it.

    ``tested`` is how many tests there were in all, where not all are listed: the others count as p = 1.
    """
    listed = np.asarray(p, dtype=np.float64)
    order = np.argsort(listed, kind="stable")
    ranked = listed[order] * max(tested, len(listed)) / np.arange(1, len(listed) + 1)
    adjusted = np.empty(len(listed))
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(ranked[::-1])[::-1])
    return adjusted
