"""What people changed by hand in the period, from the records of erasures and corrections."""

from __future__ import annotations

from analysis.measure.asking import Asking
from analysis.track.sections import hands
from analysis.track.sections.hands import Hands


def section(asking: Asking) -> Hands:
    """Return what was erased and corrected in the period."""
    records = asking.scope.store.records
    return hands.hands(
        {record.key: record.body for record in records.all("erasure")},
        {record.key: record.body for record in records.all("correction")},
        asking.scope.period,
    )
