"""Which complaint to fix first: ranked by the harm that it does, not by its count. The count stands beside it.

    harm = severity^a * reach^b * growth^c * switching^d

The four factors, each shrunk so that a handful of mentions cannot shout, are explained at ``harm_of``; the exponents
are ``Weights``. A weight of 0 leaves its factor out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MODEST = 3.0  # mentions of ordinary severity, or without switching, that every theme is believed to have beside its own
ORDINARY = 0.2  # severity believed where none is told
STEADY = 5.0  # mentions by which growth is drawn towards 1
GROWTH_RANGE = (0.25, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The exponents of the four factors, 0 or more."""

    severity: float = 1.0
    reach: float = 1.0
    growth: float = 1.0
    switching: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is known of one theme in one period.

    ``severity`` is the sum of the mentions' severity weights (each 0 to 1), ``expected`` what its own past leads one
    to expect of ``mentions``, ``switching`` how many of them tell of leaving or of thinking of it.
    """

    key: str
    mentions: int
    authors: int
    severity: float
    expected: float
    switching: int
    views: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """The product and the factors it was made of."""

    key: str
    mentions: int
    harm: float
    severity: float
    reach: float
    growth: float
    switching: float


def harm_of(complaint: Complaint, weights: Weights = Weights()) -> Harm:
    """Return the harm of one complaint.

    severity: mean weight, with three ordinary mentions (0.2) added. reach: log2(1 + authors), plus
    log10(1 + views) / 2 where views are told. growth: (mentions + 5) / (expected + 5), held between 1/4 and 4.
    switching: 1 + 4 * the share that tells of leaving, with three mentions of none added.
    """
    size = complaint.mentions + MODEST
    severity = (complaint.severity + MODEST * ORDINARY) / size
    reach = math.log2(1.0 + complaint.authors) + math.log10(1.0 + complaint.views) / 2.0
    growth = (complaint.mentions + STEADY) / (complaint.expected + STEADY)
    growth = min(GROWTH_RANGE[1], max(GROWTH_RANGE[0], growth))
    switching = 1.0 + 4.0 * complaint.switching / size
    product = severity**weights.severity * reach**weights.reach * growth**weights.growth * switching**weights.switching
    return Harm(
        key=complaint.key,
        mentions=complaint.mentions,
        harm=product,
        severity=severity,
        reach=reach,
        growth=growth,
        switching=switching,
    )
