"""Where a report looks when nobody says where: at the last days, unless nearly all that is stored lies elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from analysis.measure.scope import last_days, midnight, narrowed
from analysis.model import Brand
from analysis.store.base import Filter, Store

ENOUGH = 30
"""So many mentions make a report; with fewer it looks for more."""
ELSEWHERE = 5
"""A period with few mentions is left where so many times as many are stored."""
LONGEST_DAYS = 3660


def stretch(
    store: Store, brands: Sequence[Brand], where: Filter | None, *, now: datetime, days: int
) -> tuple[datetime, datetime, bool]:
    """Return the last ``days`` as [since, until), or the newest stretch that has data, and whether it is that.

    A first crawl reads pages that were published long before: a report of the last days would be empty. The stretch
    ends with the newest mention, and is doubled until it holds enough mentions, or half of all.
    """
    where = where or Filter()
    where = replace(where, terms=narrowed({"brand.id": [brand.id for brand in brands]}, where.terms))
    since, until = last_days(now, days)
    here, stored = store.count(_in(where, since, until)), store.count(_in(where, None, until))
    if here >= ENOUGH or stored < ELSEWHERE * here or stored == here:
        return since, until, False
    newest = store.search(_in(where, None, until), limit=1, newest_first=True)[0].mention.published_at
    end, length = midnight(newest.date()) + timedelta(days=1), days
    wanted = min(ENOUGH, stored / 2)
    while length < LONGEST_DAYS and store.count(_in(where, end - timedelta(days=length), end)) < wanted:
        length = min(2 * length, LONGEST_DAYS)
    return end - timedelta(days=length), end, True


def _in(where: Filter, since: datetime | None, until: datetime) -> Filter:
    return replace(where, since=since, until=until)
