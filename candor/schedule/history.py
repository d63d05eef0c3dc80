"""The last runs of each source, read from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from analysis.model import Source
from analysis.model.errors import CandorError
from analysis.model.records.base import Records
from analysis.model.records.run import Run, runs_in_months
from analysis.model.times import written_month
from analysis.store.open import open_store
from candor.schedule.interval import WINDOW

MONTHS_BACK = 3


def last_runs(records: Records, source: Source, *, now: datetime) -> list[Run]:
    """Return the last runs of ``source`` in order of time: enough to judge its interval by, none older than 3 months.

    Keys begin with the source and the month, so a source that is asked every minute costs no walk over its years.
    """
    runs: list[Run] = []
    # From tomorrow's month, in case the clock was set back since.
    first = (now + timedelta(days=1)).replace(day=1)
    for _ in range(MONTHS_BACK + 1):
        runs = runs_in_months(records, source.id, [written_month(first)]) + runs
        if len(runs) > WINDOW:
            break
        first = (first - timedelta(days=1)).replace(day=1)
    return keep(runs)


def stored_runs(address: str, sources: Mapping[str, Source], *, now: datetime) -> dict[str, list[Run]]:
    """Return the last runs of each source in the store at ``address``; none where there is no store yet."""
    try:
        with open_store(address) as store:
            return {name: last_runs(store.records, source, now=now) for name, source in sources.items()}
    except CandorError:
        # The first crawl makes it, and says what is wrong where it cannot.
        return {name: [] for name in sources}


def keep(runs: Sequence[Run]) -> list[Run]:
    """Return the runs that still count."""
    return list(runs)[-2 * WINDOW :]
