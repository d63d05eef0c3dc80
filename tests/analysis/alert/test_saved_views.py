"""Saved views as alerts: each new mention is told once, in messages that are few, and never what was read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.alert.model import Alert
from analysis.alert.passes import replay
from analysis.alert.remembered import alerts_of
from analysis.alert.rules.saved_view import RULE
from analysis.alert.watched.views import LATE, MOST_NAMED, WatchedView
from analysis.alert.watchlist import Watchlist
from analysis.flow import watch
from analysis.model import Mention
from analysis.store.base import Filter
from analysis.store.embedded.store import EmbeddedStore
from tests.support import seeded

ON = datetime.fromisoformat("2026-10-20T08:00:00+00:00")
DAY = timedelta(days=1)


def view(**changes: Any) -> WatchedView:
    made = WatchedView(
        key="v1",
        name="Lids <!channel>",
        where=Filter(terms={"brand.id": ["tessaro"]}, exclude={"lang": ["de"]}),
        since=ON,
        severity="warning",
        every=DAY,
        brand="tessaro",
    )
    return replace(made, **changes)


def arrived(n: int, at: datetime, *, published: datetime | None = None, **changes: Any) -> Mention:
    """A mention of ours that was collected at ``at``."""
    values: dict[str, Any] = {
        "brand": seeded.BRANDS[0],
        "source": seeded.SOURCES[0],
        "author": f"a{n:031x}",
        "text": f"Tessaro lid number {n}",
        "label": "neutral",
    }
    made = seeded.make(n, at=published or at - timedelta(minutes=5), **{**values, **changes})
    return replace(made, first_seen_at=at, last_seen_at=at)


class Watched:
    """A store with a view that is an alert, and passes over it."""

    def __init__(self, store: EmbeddedStore, *views: WatchedView) -> None:
        self.store, self.views = store, views

    def keep(self, *mentions: Mention) -> None:
        self.store.write(mentions)
        self.store.refresh()

    def told(self, now: datetime) -> list[list[str]]:
        """Return what each alert that this pass opened names, in the order of the store's numbers."""
        known = {alert.id for alert in alerts_of(self.store.records)}
        watch(self.store, Watchlist(brands=seeded.BRANDS, views=lambda *_: self.views), [], now=now)
        opened = [alert for alert in alerts_of(self.store.records) if alert.id not in known]
        return [sorted(alert.evidence) for alert in opened if alert.rule == RULE.id]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with EmbeddedStore(tmp_path / "store", write=True) as made:
        yield made


def of_views(store: EmbeddedStore) -> list[Alert]:
    """Return the alerts of views, newest first."""
    return [alert for alert in alerts_of(store.records) if alert.rule == RULE.id]


def ids(*mentions: Mention) -> list[str]:
    return sorted(one.id for one in mentions)


def test_each_new_mention_is_told_once_and_a_day_makes_one_alert(store: EmbeddedStore) -> None:
    watched = Watched(store, view())
    before = arrived(1, ON - timedelta(hours=1))
    first, second = arrived(2, ON + timedelta(hours=1)), arrived(3, ON + timedelta(hours=2))
    other = arrived(4, ON + timedelta(hours=1), brand=seeded.BRANDS[1])
    german = replace(arrived(5, ON + timedelta(hours=1)), lang="de")
    watched.keep(before, first, second, other, german)
    assert watched.told(ON + timedelta(hours=3)) == [ids(first, second)]
    assert watched.told(ON + timedelta(hours=4)) == []
    third = arrived(6, ON + timedelta(hours=5))
    watched.keep(third)
    assert watched.told(ON + timedelta(hours=6)) == [], "it told less than a day ago"
    fourth = arrived(7, ON + timedelta(hours=26))
    watched.keep(fourth)
    assert watched.told(ON + timedelta(hours=27)) == [ids(third, fourth)]
    assert watched.told(ON + timedelta(days=9)) == []
    (newest, oldest) = of_views(store)
    assert {newest.labels["view"], oldest.labels["view"], oldest.labels["brand"]} == {"v1", "tessaro"}
    assert oldest.severity == "warning"
    assert oldest.now == "2 new since 2026-10-20 08:00 UTC."
    assert newest.evidence_total == 2


def test_at_once_tells_with_each_pass_and_what_was_stored_late_too(store: EmbeddedStore) -> None:
    watched = Watched(store, view(every=timedelta()))
    at = ON + timedelta(hours=1)
    watched.keep(first := arrived(1, at))
    assert watched.told(at + timedelta(minutes=1)) == [ids(first)]
    late = arrived(2, at - timedelta(minutes=30))
    watched.keep(late, second := arrived(3, at + timedelta(minutes=2)))
    assert watched.told(at + timedelta(minutes=3)) == [ids(late, second)]
    assert watched.told(at + timedelta(minutes=4)) == []


def test_what_was_read_back_is_no_news(store: EmbeddedStore) -> None:
    watched = Watched(store, view())
    at = ON + timedelta(hours=1)
    watched.keep(*(arrived(n, at, published=at - LATE - n * DAY) for n in range(1, 9)))
    assert watched.told(at + timedelta(hours=1)) == []
    watched.keep(new := arrived(20, at, published=at - DAY))
    assert watched.told(at + timedelta(hours=1)) == [ids(new)]


def test_of_very_many_the_newest_are_named_and_the_others_counted_once(store: EmbeddedStore) -> None:
    watched = Watched(store, view())
    many = [arrived(n, ON + timedelta(minutes=n)) for n in range(1, MOST_NAMED + 31)]
    watched.keep(*many)
    (named,) = watched.told(ON + timedelta(hours=4))
    assert named == ids(*many[30:])
    (alert,) = of_views(store)
    assert alert.numbers == {"new": MOST_NAMED + 30, "unnamed": 30}
    assert "the newest 100 are named" in alert.now
    assert watched.told(ON + timedelta(days=2)) == []


def test_private_words_are_counted_and_never_quoted(store: EmbeddedStore) -> None:
    watched = Watched(store, view())
    at = ON + timedelta(hours=1)
    secret = replace(arrived(1, at, text="zebrafinch"), private=True)
    watched.keep(secret, arrived(2, at))
    watched.told(at + timedelta(hours=1))
    (alert,) = of_views(store)
    assert alert.evidence_total == 2
    assert len(alert.quotes) == 1
    assert "zebrafinch" not in str(alert)


def test_a_replay_says_what_it_would_have_told(store: EmbeddedStore) -> None:
    watched = Watched(store)
    days = [arrived(n, ON + 10 * DAY, published=ON + n * DAY + timedelta(hours=1)) for n in range(4)]
    watched.keep(*days)

    def told(every: timedelta) -> Sequence[Alert]:
        watchlist = Watchlist(brands=seeded.BRANDS, views=lambda *_: [view(every=every, since=ON + 10 * DAY)])
        return list(replay(store, watchlist, RULE, since=ON, until=ON + 5 * DAY, step=DAY))

    assert [alert.evidence for alert in told(DAY)] == [(one.id,) for one in days]
    assert [sorted(alert.evidence) for alert in told(7 * DAY)] == [ids(days[0])]
    assert alerts_of(store.records) == []
