"""Which product versions a complaint concentrates in: Fisher's exact test, one-sided, corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

LIMIT = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCount:
    """One version: its mentions with the complaint, and all of the brand's mentions that name the version."""

    version: str
    complaint: int
    all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """A version that a complaint concentrates in. ``lift``: its share of the complaint over that of everything."""

    version: str
    complaint: int
    all: int
    lift: float
    p: float


def concentrated(versions: Sequence[VersionCount]) -> tuple[Concentration, ...]:
    """Return the versions with more of the complaint than their share of all mentions, surest first.

    Each is tested by the hypergeometric tail (Fisher 1922), multiplied by the number of versions (Bonferroni); those
    at 0.05 or under are returned. Raises ``ValueError`` where a version has more complaints than mentions.
    """
    complaints, everything = sum(one.complaint for one in versions), sum(one.all for one in versions)
    strong = []
    for one in versions:
        if not 0 <= one.complaint <= one.all:
            raise ValueError(f"version {one.version}: {one.complaint} complaints among {one.all} mentions")
        if one.complaint == 0:
            continue
        p = min(1.0, len(versions) * hypergeometric_tail(one.complaint, one.all, complaints, everything))
        lift = (one.complaint / complaints) / (one.all / everything)
        if p <= LIMIT and lift > 1.0:
            strong.append(Concentration(version=one.version, complaint=one.complaint, all=one.all, lift=lift, p=p))
    return tuple(sorted(strong, key=lambda one: (one.p, one.version)))


def hypergeometric_tail(hits: int, drawn: int, marked: int, whole: int) -> float:
    """Return the probability of ``hits`` or more of ``marked`` among ``drawn`` of ``whole``."""
    k = np.arange(hits, min(drawn, marked) + 1)
    k = k[drawn - k <= whole - marked]
    if not len(k):
        return 0.0
    log = _choose(marked, k) + _choose(whole - marked, drawn - k) - _choose(whole, np.array([drawn]))
    return min(1.0, float(np.exp(log).sum()))


def _choose(of: int, take: np.ndarray) -> np.ndarray:
    return np.asarray(gammaln(of + 1.0) - gammaln(take + 1.0) - gammaln(of - take + 1.0))
