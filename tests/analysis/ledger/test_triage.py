"""Triage: what is entered, what two who enter at once find, what is taken back; all of it in the log."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.ledger import audit, triage
from analysis.ledger.checks import check
from analysis.ledger.entries import Stamp
from analysis.ledger.erasing.forgetting import forget
from analysis.ledger.triage import TriageChange
from analysis.model.errors import UsageError
from analysis.model.records.triage import Triage
from analysis.store.embedded.records import SqliteRecords
from tests.support.mentions import make_mention

AT = datetime(2026, 10, 5, 12, tzinfo=UTC)
ANN = Stamp(at=AT, who="ann")


@pytest.fixture
def records(tmp_path: Path) -> SqliteRecords:
    return SqliteRecords(tmp_path / "records.db")


def enter(records: SqliteRecords, change: TriageChange, what: str = "m", who: str = "ann") -> Triage | None:
    return triage.enter(records, about="mention", what=what, change=change, stamp=Stamp(at=AT, who=who))


def test_what_is_entered_stands_and_what_was_there_is_kept(records: SqliteRecords) -> None:
    enter(records, TriageChange(status="open", assignee=" ben ", tags=["vip", "vip", " a  b "], note="asked"))
    made = enter(records, TriageChange(status="done", add_tags=["later"]), who="eve")
    assert made is not None
    assert (made.now.status, made.now.assignee, made.now.tags) == ("done", "ben", ("vip", "a b", "later"))
    assert [(step.who, step.note) for step in made.steps] == [("ann", "asked"), ("eve", "")]
    assert enter(records, TriageChange(status="done")) is None
    logged = list(audit.entries(records))
    assert [(one.action, one.who, one.reason) for one in logged] == [
        ("triage", "ann", "status new to open; for nobody to ben; tags none to vip, a b"),
        ("triage", "eve", "status open to done; tags vip, a b to vip, a b, later"),
    ]
    assert [step.audit for step in made.steps] == [1, 2]
    assert "asked" not in str([one.details for one in logged])
    assert check(records).sound


def test_the_newest_step_is_taken_back(records: SqliteRecords) -> None:
    assert triage.take_back(records, about="mention", what="m", stamp=ANN) is None
    enter(records, TriageChange(status="open", assignee="ben"))
    enter(records, TriageChange(status="done", assignee=""))
    made = triage.take_back(records, about="mention", what="m", stamp=ANN)
    assert made is not None
    assert (made.now.status, made.now.assignee, len(made.steps)) == ("open", "ben", 3)


@pytest.mark.parametrize(
    "change",
    [
        TriageChange(status="closed"),
        TriageChange(assignee="x" * 101),
        TriageChange(tags=["x" * 101]),
        TriageChange(tags=[f"t{n}" for n in range(21)]),
        TriageChange(note="x" * 2001),
    ],
)
def test_what_means_nothing_is_refused_and_logged_nowhere(records: SqliteRecords, change: TriageChange) -> None:
    with pytest.raises(UsageError):
        enter(records, change)
    assert list(audit.entries(records)) == []


def test_of_many_who_enter_at_once_nobody_is_lost(records: SqliteRecords) -> None:
    threads = [
        threading.Thread(target=enter, args=(records, TriageChange(add_tags=[f"t{n}"], note=f"n{n}"))) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = triage.of_some(records, "mention", ["m"])["m"]
    assert set(made.now.tags) == {f"t{n}" for n in range(8)}
    assert {step.note for step in made.notes} == {f"n{n}" for n in range(8)}
    assert check(records).chain.entries == 8


def test_it_is_asked_for_by_status_person_and_tag(records: SqliteRecords) -> None:
    enter(records, TriageChange(status="open", assignee="ben", tags=["vip"]), what="a")
    enter(records, TriageChange(status="done", assignee="ben"), what="b")
    enter(records, TriageChange(tags=["vip"]), what="c")
    triage.enter(records, about="theme", what="t/battery", change=TriageChange(status="open"), stamp=ANN)
    known = triage.of_all(records, "mention")
    assert known.chosen(status=["open", "done"]) == {"a", "b"}
    assert known.chosen(assignee=["ben"], tag=["vip"]) == {"a"}
    assert known.chosen(status=["new"]) == {"c"}
    assert (known.assignees(), known.tags(), known.touched()) == (["ben"], ["vip"], {"a", "b"})


def test_an_erased_mention_leaves_none(records: SqliteRecords) -> None:
    mention = make_mention(1)
    enter(records, TriageChange(status="open", note="names somebody"), what=mention.id)
    forget(records, [mention])
    assert triage.of_all(records, "mention").of == {}
