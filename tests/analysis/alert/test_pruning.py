"""Old records go, and nothing that may still have an effect goes with them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.alert import prune as pruning
from analysis.alert.channels.outgoing import MESSAGES
from analysis.alert.grouping import Route, drafts, group_of
from analysis.alert.lifecycle import Silence
from analysis.alert.model import Alert, stamp
from analysis.alert.prune import prune, spare_runs
from analysis.alert.remembered import ALERTS, PRUNINGS, SILENCES
from analysis.alert.rules import RULES
from analysis.alert.watchlist import Watchlist
from analysis.model import Source
from analysis.model.records.base import RecordKind, Stored
from analysis.model.records.run import RUNS, Run
from analysis.settings.tables import AlertOptions, RuleSection
from analysis.store.embedded.records import SqliteRecords
from analysis.track.silence import silent_days
from analysis.track.statistics.bins import days_in
from tests.support.chat.made_alerts import NOW, alert, outgoing

DAY = timedelta(days=1)
OLD = NOW - 500 * DAY
NEWS = Source(id="news", kind="feed", url="http://news.example/", every_s=3600)
WATCHED = Watchlist(brands=(), sources=(NEWS,))


@pytest.fixture
def records(tmp_path: Path) -> Iterator[SqliteRecords]:
    found = SqliteRecords(tmp_path / "records.sqlite")
    yield found
    found.close()


def ended(n: int, at: datetime, **changes: Any) -> Alert:
    words = {"opened_at": stamp(at), "updated_at": stamp(at), "last_true_at": stamp(at), "resolved_at": stamp(at)}
    return alert(n, **{"state": "resolved", **words, **changes})


def keep(records: SqliteRecords, *alerts: Alert) -> None:
    for one in alerts:
        ALERTS.put(records, one)


def message(records: SqliteRecords, group: str, sequence: int, at: datetime, **changes: Any) -> None:
    MESSAGES.put(records, outgoing(group, sequence, created_at=stamp(at), **{"state": "sent", **changes}))


def left(records: SqliteRecords, kind: RecordKind[Any]) -> list[str]:
    return [stored.key for stored in kind.all(records)]


def test_what_ended_long_ago_goes_and_what_fires_rests_or_is_young_stays(records: SqliteRecords) -> None:
    firing = alert(1, opened_at=stamp(OLD), updated_at=stamp(OLD))
    resting = ended(4, OLD, rule="first_mention", mark="false", state="closed")
    keep(records, firing, ended(2, OLD), ended(3, NOW - 399 * DAY), resting)
    rests = AlertOptions(rules={"first_mention": RuleSection(cooldown=200 * 86400.0)})
    assert prune(records, replace(WATCHED, options=rests), now=NOW) == {ALERTS.name: 1}
    assert left(records, ALERTS) == sorted([firing.id, alert(3).id, resting.id])
    # Once a day is enough, and each day it is looked at anew.
    keep(records, ended(5, OLD))
    assert prune(records, WATCHED, now=NOW + timedelta(hours=23)) == {}
    assert prune(records, WATCHED, now=NOW + 2 * DAY) == {ALERTS.name: 3}
    assert left(records, ALERTS) == [firing.id]


def test_the_newest_message_of_a_group_stays_and_what_waits(records: SqliteRecords) -> None:
    for sequence in (1, 2, 3):
        message(records, "a", sequence, OLD)
    message(records, "b", 1, OLD, state="waiting")
    message(records, "b", 2, NOW)
    message(records, "c", 1, OLD)
    message(records, "c", 2, NOW)
    assert prune(records, WATCHED, now=NOW) == {MESSAGES.name: 3}
    assert left(records, MESSAGES) == ["team/a/000003", "team/b/000001", "team/b/000002", "team/c/000002"]


def test_an_alert_that_comes_again_after_it_was_pruned_is_told_of(records: SqliteRecords) -> None:
    gone = ended(1, OLD)
    message(records, group_of(gone), 7, OLD, told={gone.id: "resolved", alert(2).id: "firing"})
    keep(records, gone)
    assert prune(records, WATCHED, now=NOW) == {ALERTS.name: 1}
    (newest,) = MESSAGES.values(records)
    assert newest.told == {alert(2).id: "firing"}
    again = alert(1)  # the same labels, and as nobody remembers it, the same id
    last = {("team", group_of(again)): newest}
    (draft,) = drafts(
        [again], [Route(channel="team")], last, options=AlertOptions(), events=frozenset(), now=NOW + timedelta(hours=1)
    )
    assert [one.id for one in draft.alerts] == [gone.id]
    assert draft.sequence == 8


def test_what_a_channel_was_told_does_not_grow_for_ever() -> None:
    many = [ended(n, NOW - 2 * DAY) for n in range(1, 300)]
    fresh = alert(999)
    told = {**{one.id: "resolved" for one in many}, many[0].id: "firing"}
    before = outgoing(group_of(fresh), 4, state="sent", created_at=stamp(NOW - DAY), told=told)
    last = {("team", group_of(fresh)): before}
    over, news = drafts(
        [*many, fresh], [Route(channel="team")], last, options=AlertOptions(), events=frozenset(), now=NOW
    )
    assert [one.id for one in over.alerts] == [many[0].id]
    assert news.told == {many[0].id: "resolved", fresh.id: "firing"}


def test_silences_that_are_long_over_go(records: SqliteRecords) -> None:
    for name, until in (("old", OLD), ("young", NOW - DAY), ("active", NOW + DAY)):
        SILENCES.put(records, Silence(id=name, match={}, until=until, author="jo", reason="x"))
    assert prune(records, WATCHED, now=NOW) == {SILENCES.name: 1}
    assert left(records, SILENCES) == ["active", "young"]


def runs(records: SqliteRecords, since: datetime, until: datetime, *, step: timedelta, seed: int = 0) -> None:
    """Write runs like those of a real source: single failures, outages of hours and days, and days without any run."""
    draw, at, made = random.Random(seed), since, []
    down, off = since, since
    while at < until:
        if draw.random() < 0.004:
            down = at + timedelta(hours=draw.choice([3, 20, 50, 200]))
        if draw.random() < 0.002:
            off = at + timedelta(hours=draw.choice([10, 40, 100]))
        if at >= off:
            bad = at < down or draw.random() < 0.03
            made.append(Run(source="news", started_at=at, state="failing" if bad else "ok"))
        at += step
    RUNS.put_many(records, made)


@pytest.mark.parametrize("minutes", [20, 60, 240, 720])
@pytest.mark.parametrize("seed", range(4))
def test_silent_days_are_the_same_after_runs_were_thinned(records: SqliteRecords, minutes: int, seed: int) -> None:
    def silent(some: list[Stored[Run]]) -> frozenset[date]:
        days = days_in(NOW - 200 * DAY, NOW)
        return silent_days([run.value for run in some], every_s=minutes * 60, days=days, now=NOW)

    runs(records, NOW - 200 * DAY, NOW, step=timedelta(minutes=minutes), seed=seed)
    whole = list(RUNS.all(records))
    gone: set[str] = set()
    for day in {record.key[:15] for record in whole}:
        gone |= set(spare_runs([record for record in whole if record.key.startswith(day)]))
    thin = [record for record in whole if record.key not in gone]
    assert silent(thin) == silent(whole)
    if minutes == 20:
        assert len(thin) < len(whole) / 10


def test_runs_are_thinned_past_their_time_once_and_go_on_where_it_ended(records: SqliteRecords) -> None:
    runs(records, NOW - 100 * DAY, NOW, step=timedelta(hours=1))
    first, before = next(iter(RUNS.all(records))), len(left(records, RUNS))
    gone = prune(records, WATCHED, now=NOW)[RUNS.name]
    assert len(left(records, RUNS)) == before - gone
    assert 100 < gone <= 10 * 24
    assert next(iter(RUNS.all(records))).key == first.key  # since when it is watched
    young = f"news/{NOW - 90 * DAY:%Y-%m-%d}"
    assert [key for key in left(records, RUNS) if key >= young] == [
        record.key for record in RUNS.all(records) if record.key >= young
    ]
    again = prune(records, WATCHED, now=NOW + DAY)[RUNS.name]
    assert 15 < again < 24
    assert prune(records, WATCHED, now=NOW + 2 * DAY - timedelta(seconds=1)) == {}
    mark = PRUNINGS.get(records, "runs/news")
    assert mark is not None
    assert mark.value.until == date(2026, 8, 3)


def test_a_long_past_is_thinned_a_part_at_a_time(records: SqliteRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "MOST", 50)
    runs(records, NOW - 100 * DAY, NOW - 90 * DAY, step=timedelta(minutes=30))
    counts = [prune(records, WATCHED, now=NOW + timedelta(minutes=minute)).get(RUNS.name, 0) for minute in range(12)]
    assert sum(counts) > 300
    assert max(counts) < 50 + 48
    assert counts[-1] == 0


def test_one_day_keeps_its_edges_a_pair_and_a_failure() -> None:
    def day(states: str) -> list[Stored[Run]]:
        made = (Run(source="news", started_at=OLD, state="ok" if s == "o" else "failing") for s in states)
        return [Stored(key=f"{n:02}", version=1, value=run) for n, run in enumerate(made)]

    def kept(states: str) -> str:
        gone = spare_runs(day(states))
        return "".join(s for n, s in enumerate(states) if f"{n:02}" not in gone)

    assert kept("") == ""
    assert kept("o") == "o"
    assert kept("oooooo") == "ooo"
    assert kept("xxxxxx") == "xx"
    assert kept("oooxxooxxo") == "ooxo"
    assert spare_runs(day("xxoxoo")) == ["03", "04"]


def test_the_rules_rest_no_longer_than_alerts_are_kept() -> None:
    longest = max(rule.cooldown_h for rule in RULES)
    assert timedelta(hours=longest) * pruning.RESTS_FALSE < timedelta(seconds=AlertOptions().keep)
