"""Which mentions of a saved view are new since it last told of any.

New is what was collected since the view became an alert or last told of something, and was told by no alert of it. What
was collected shortly before its last alert and was stored after it is looked at again, so that a slow write loses
nothing. What was published long before it was collected is history that was read back, and no news.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from analysis.alert.model import Alert, Severity, ViewNews
from analysis.model import Mention
from analysis.model.times import read_time
from analysis.store.base import Filter, Store

MOST_NAMED = 100
"""Mentions that one alert of a view names; how many more there are is said."""
MOST_LOOKED_AT = 1000
LATE = timedelta(days=3)
"""So long before its last alert what was collected is looked at again; so much later than published is history."""
OLDEST = timedelta(days=30)
"""What was collected longer ago is no news, however long no pass was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedView:
    """A saved view that is an alert: what it selects, and how often it may tell of it.

    ``brand`` is the one brand that it selects, empty where there are several. ``since`` is when it became an alert;
    ``every`` the least time between two alerts. ``arrives`` is the time by which a mention is new: a replay takes the
    day of publishing, because all that an import brought in was collected on one day.
    """

    key: str
    name: str
    where: Filter
    since: datetime
    severity: Severity
    every: timedelta
    brand: str = ""
    arrives: Literal["first_seen_at", "published_at"] = "first_seen_at"


def news(store: Store, views: Iterable[WatchedView], before: Sequence[Alert], *, now: datetime) -> list[ViewNews]:
    """Return what is new in each view as of ``now``; ``before`` are the alerts that were opened until then."""
    told: dict[str, list[Alert]] = {}
    for alert in before:
        if name := alert.labels.get("view"):
            told.setdefault(name, []).append(alert)
    return [_news(store, view, told.get(view.key, []), now) for view in views]


def _news(store: Store, view: WatchedView, told: Sequence[Alert], now: datetime) -> ViewNews:
    last = max(told, key=lambda alert: read_time(alert.opened_at), default=None)
    mark = read_time(last.opened_at) if last else view.since
    begins = max(view.since, now - OLDEST, _again_from(last, mark))
    known = {name for alert in told for name in alert.evidence}
    found = [
        hit.mention
        for hit in store.search(_recent(view, begins, now), limit=MOST_LOOKED_AT, newest_first=True)
        if begins <= _arrived(view, hit.mention) < now and hit.mention.id not in known
    ]
    return ViewNews(
        key=view.key,
        name=view.name,
        brand=view.brand,
        severity=view.severity,
        since=mark,
        due=last is None or now - mark >= view.every,
        new=tuple(found[:MOST_NAMED]),
        more=max(0, len(found) - MOST_NAMED),
    )


def _again_from(last: Alert | None, mark: datetime) -> datetime:
    """Return from when on mentions are looked at: an alert that could not name all is not gone behind."""
    named_all = last is None or not last.numbers.get("unnamed")
    return mark - LATE if named_all else mark


def _recent(view: WatchedView, begins: datetime, now: datetime) -> Filter:
    """Return the view narrowed to what can be new, by the time that it is narrowed by itself."""
    where = view.where
    first = begins if where.time_field == view.arrives else begins - LATE
    return replace(
        where,
        since=max(first, where.since) if where.since else first,
        until=min(now, where.until) if where.until else now,
    )


def _arrived(view: WatchedView, mention: Mention) -> datetime:
    return mention.published_at if view.arrives == "published_at" else mention.first_seen_at


def replayed(views: Iterable[WatchedView], since: datetime) -> list[WatchedView]:
    """Return the views as a replay from ``since`` on watches them."""
    return [replace(view, since=since, arrives="published_at") for view in views]
