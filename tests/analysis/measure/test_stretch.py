"""Which period a report takes when nobody says one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.measure.stretch import stretch
from analysis.model import Brand
from analysis.store.open import open_store
from tests.support.mentions import make_mention

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BRANDS = (Brand(id="tessaro", name="Tessaro", role="own"),)
LAST = (datetime(2026, 5, 3, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC), False)


@pytest.mark.parametrize(
    ("ages", "since", "until"),
    [
        ([1] * 40 + [400] * 4_000, None, None),  # enough of the last days, however long the archive is
        ([1] * 5 + [40] * 15, None, None),  # a quiet brand: few here, and not many more elsewhere
        ([], None, None),
        ([200] * 100, datetime(2025, 10, 15, tzinfo=UTC), datetime(2025, 11, 14, tzinfo=UTC)),
        ([3] * 2 + [100] * 60, datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 5, 30, tzinfo=UTC)),
        ([-30] * 50 + [90] * 6, datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)),
    ],
)
def test_the_period_is_the_last_days_or_the_newest_stretch_that_has_data(
    tmp_path: Path, ages: Sequence[int], since: datetime | None, until: datetime | None
) -> None:
    with open_store(str(tmp_path / "store"), write=True) as store:
        store.write([make_mention(n, published_at=NOW - timedelta(days=age)) for n, age in enumerate(ages)])
        store.refresh()
        wanted = (since, until, True) if since and until else LAST
        assert stretch(store, BRANDS, None, now=NOW, days=30) == wanted
