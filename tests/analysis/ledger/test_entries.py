"""Fixes, wishes and acknowledgements: what may be entered, what is refused, and that history only grows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from analysis.ledger import acks, entries, fixes, wishes
from analysis.ledger.entries import Stamp
from analysis.ledger.fixes import Known
from analysis.model.errors import UsageError
from analysis.model.records.ledger import FIXES, WISHES
from analysis.store.embedded.records import SqliteRecords
from analysis.track.ledger import status
from tests.support.entries import fix

KNOWN = Known(topics={"battery", "price", "delivery"}, brands={"tessaro"})
NOW = Stamp(at=datetime(2026, 10, 5, 12, tzinfo=UTC), who="ann")
LATER = Stamp(at=datetime(2026, 10, 9, 8, tzinfo=UTC), who="ben")


@pytest.fixture
def records(tmp_path: Path) -> SqliteRecords:
    return SqliteRecords(tmp_path / "records.db")


def test_a_fix_reads_in_the_report_as_it_was_entered(records: SqliteRecords) -> None:
    made = fixes.add(
        records, theme="battery", shipped="2026-10-01", brand="tessaro", version="2.3", note="n", known=KNOWN, stamp=NOW
    )
    (read,) = FIXES.values(records)
    assert read == made
    assert (read.theme, read.brand, read.shipped, read.version) == ("battery", "tessaro", date(2026, 10, 1), "2.3")
    assert (read.note, read.status, read.reason) == ("n", "shipped", "")
    assert status("battery", "tessaro", [read]) == "fix shipped 2026-10-01 in 2.3"
    assert (made.who, made.at) == ("ann", NOW.at)


def test_numbers_follow_each_other_past_every_power_of_two(records: SqliteRecords) -> None:
    keys = [fixes.add(records, theme="price", known=KNOWN, stamp=NOW, version=f"1.{n}").key for n in range(19)]
    assert keys == [f"{number:05d}" for number in range(1, 20)]
    assert entries.find(records, FIXES, "7").key == entries.find(records, FIXES, "00007").key == "00007"
    with pytest.raises(UsageError, match="there are 00001 to 00019"):
        entries.find(records, FIXES, "20")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"theme": "batery"}, "^theme: 'batery' is not known; did you mean battery"),
        ({"theme": "zzz"}, "known: battery, delivery, price"),
        ({"theme": "price", "brand": "tesaro"}, "^brand: 'tesaro' is not known; did you mean tessaro"),
        ({"theme": "price", "shipped": "1 October"}, "^shipped: '1 October' is not a day"),
        ({"theme": "price", "status": "done"}, "^status: 'done' is not known"),
        ({"theme": "price", "status": "shipped"}, "when it has a day"),
        ({"theme": "price", "status": "planned", "shipped": "2026-10-01"}, "when it has a day"),
        ({"theme": "price", "status": "declined"}, "^reason: is missing"),
        ({"theme": "price", "status": "declined", "reason": " "}, "^reason: is missing"),
    ],
)
def test_what_clashes_is_refused_and_leaves_nothing(records: SqliteRecords, words: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        fixes.add(records, known=KNOWN, stamp=NOW, **words)
    assert list(records.all("fix")) == []


def test_a_day_to_come_is_allowed_and_remarked_on() -> None:
    assert "still to come" in fixes.remark(fix(shipped=date(2026, 10, 6)), date(2026, 10, 5))
    assert fixes.remark(fix(shipped=date(2026, 10, 5)), date(2026, 10, 5)) == ""
    assert fixes.remark(fix(), date(2026, 10, 5)) == ""


def test_an_edit_keeps_what_was_said_before_with_who_when_and_why(records: SqliteRecords) -> None:
    key = fixes.add(records, theme="battery", status="planned", known=KNOWN, stamp=NOW).key
    fixes.edit(records, key, {"shipped": "2026-10-02"}, known=KNOWN, stamp=LATER, reason="it is out")
    after = fixes.edit(records, key, {"shipped": "2026-10-04"}, known=KNOWN, stamp=LATER, reason="late")
    assert (after.shipped, after.status, after.who) == (date(2026, 10, 4), "shipped", "ann")
    record = records.get("fix", key)
    assert record is not None
    first, second = record.body["history"]
    assert first["changes"] == {
        "shipped": {"from": "", "to": "2026-10-02"},
        "status": {"from": "planned", "to": "shipped"},
    }
    assert second == {
        "at": "2026-10-09T08:00:00.000Z",
        "who": "ben",
        "reason": "late",
        "changes": {"shipped": {"from": "2026-10-02", "to": "2026-10-04"}},
    }


def test_an_edit_needs_a_reason_and_a_change(records: SqliteRecords) -> None:
    key = fixes.add(records, theme="battery", known=KNOWN, stamp=NOW).key
    with pytest.raises(UsageError, match=r"^reason: is missing"):
        fixes.edit(records, key, {"theme": "price"}, known=KNOWN, stamp=NOW, reason="  ")
    with pytest.raises(UsageError, match="says so already"):
        fixes.edit(records, key, {"theme": "battery"}, known=KNOWN, stamp=NOW, reason="why not")
    with pytest.raises(UsageError, match="did you mean price"):
        fixes.edit(records, key, {"theme": "prices"}, known=KNOWN, stamp=NOW, reason="typo")
    assert entries.find(records, FIXES, key).value.history == ()


def test_an_edit_that_another_overtook_builds_on_it(records: SqliteRecords, tmp_path: Path) -> None:
    key = fixes.add(records, theme="battery", known=KNOWN, stamp=NOW).key

    class Overtaken(SqliteRecords):
        """Loses its first compare-and-set to someone else's edit."""

        raced = False

        def put(self, kind, key, body, *, if_version=None):  # type: ignore[no-untyped-def]
            if not self.raced:
                self.raced = True
                fixes.edit(records, key, {"note": "theirs"}, known=KNOWN, stamp=NOW, reason="first")
            return super().put(kind, key, body, if_version=if_version)

    mine = Overtaken(tmp_path / "records.db")
    after = fixes.edit(mine, key, {"version": "2"}, known=KNOWN, stamp=LATER, reason="second")
    assert (after.note, after.version) == ("theirs", "2")
    assert [step.reason for step in after.history] == ["first", "second"]
    mine.close()


def test_a_wish_moves_only_with_a_reason_and_keeps_its_history(records: SqliteRecords) -> None:
    key = wishes.add(records, theme="battery", note="USB-C", known=KNOWN, stamp=NOW).key
    with pytest.raises(UsageError, match=r"^reason: is missing"):
        wishes.settle(records, key, status="planned", reason="", known=KNOWN, stamp=NOW)
    with pytest.raises(UsageError, match="only a shipped wish"):
        wishes.settle(records, key, status="planned", reason="r", shipped="2026-10-01", known=KNOWN, stamp=NOW)
    with pytest.raises(UsageError, match="'later' is not known"):
        wishes.settle(records, key, status="later", reason="r", known=KNOWN, stamp=NOW)
    wishes.settle(records, key, status="declined", reason="too dear", known=KNOWN, stamp=NOW)
    wish = wishes.settle(records, key, status="shipped", reason="new supplier", known=KNOWN, stamp=LATER)
    assert (wish.status, wish.shipped, wish.reason) == ("shipped", date(2026, 10, 9), "new supplier")
    assert [step.changes["status"][1] for step in wish.history] == ["declined", "shipped"]
    assert wish.history[1].changes["reason"] == ("too dear", "new supplier")
    assert list(WISHES.values(records)) == [wish]


def test_an_acknowledgement_needs_words_and_knows_the_first(records: SqliteRecords) -> None:
    with pytest.raises(UsageError, match=r"^note: is missing"):
        acks.add(records, about="theme", what="battery", note=" ", stamp=NOW)
    assert acks.earlier(records, about="theme", what="battery") is None
    first = acks.add(records, about="theme", what="battery", note="answered", stamp=NOW)
    acks.add(records, about="theme", what="battery", note="again", stamp=LATER)
    found = acks.earlier(records, about="theme", what="battery")
    assert found is not None
    assert found.key == first.key
    assert acks.earlier(records, about="theme", what="battery", brand="tessaro") is None
