"""The audit log: one chain whoever writes, and every way of changing it is found."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.ledger import audit
from analysis.ledger.audit import sealed
from analysis.ledger.entries import Stamp
from analysis.model.errors import UsageError
from analysis.model.records.audit import AUDIT_HEADS, NEWEST, audit_key
from analysis.store.embedded.records import SqliteRecords

NOW = Stamp(at=datetime(2026, 10, 5, 12, tzinfo=UTC), who="ann")


def filled(path: Path, count: int = 9) -> SqliteRecords:
    records = SqliteRecords(path)
    for number in range(count):
        audit.append(records, action="erase: begun", reason=f"case {number}", details={"count": number}, stamp=NOW)
    return records


def test_each_entry_holds_the_hash_of_the_one_before(tmp_path: Path) -> None:
    records = filled(tmp_path / "records.db", 3)
    first, second, third = audit.entries(records)
    assert first.previous == "0" * 64
    assert (second.previous, third.previous) == (first.hash, second.hash)
    found = audit.verify(records)
    assert (found.entries, found.newest, found.broken) == (3, third.hash, "")


def test_the_hash_by_hand() -> None:
    # printf '%s\n%s' 000...0 '{"action":"a","at":"t","details":{},"previous":"000...0",...}' | sha256sum
    body = {"seq": 1, "at": "t", "who": "w", "action": "a", "reason": "r", "details": {}, "previous": "0" * 64}
    text = f'{{"action":"a","at":"t","details":{{}},"previous":"{"0" * 64}","reason":"r","seq":1,"who":"w"}}'
    done = subprocess.run(["sha256sum"], input=f"{'0' * 64}\n{text}", capture_output=True, text=True, check=True)
    assert sealed(body)["hash"] == done.stdout.split()[0]


def test_nothing_is_logged_without_a_reason(tmp_path: Path) -> None:
    records = SqliteRecords(tmp_path / "records.db")
    with pytest.raises(UsageError, match=r"^reason: is missing"):
        audit.append(records, action="erase: begun", reason=" ", details={}, stamp=NOW)
    assert list(audit.entries(records)) == []


def update(column: str, value: str) -> Callable[[sqlite3.Connection], object]:
    words = f"UPDATE records SET body = json_set(body, '$.{column}', json(?)) WHERE kind = 'audit' AND key = ?"
    return lambda db: db.execute(words, (json.dumps(value), audit_key(5)))


def delete(*seqs: int) -> Callable[[sqlite3.Connection], object]:
    keys = ",".join(f"'{audit_key(seq)}'" for seq in seqs)
    return lambda db: db.execute(f"DELETE FROM records WHERE kind = 'audit' AND key IN ({keys})")


def swap(db: sqlite3.Connection) -> None:
    for old, new in ((5, 99), (6, 5), (99, 6)):
        db.execute("UPDATE records SET key = ? WHERE kind = 'audit' AND key = ?", (audit_key(new), audit_key(old)))


def reseal(db: sqlite3.Connection) -> None:
    """Change entry 5 and compute its own hash anew, as someone who read the source would."""
    (body,) = db.execute("SELECT body FROM records WHERE kind = 'audit' AND key = ?", (audit_key(5),)).fetchone()
    changed = sealed({**json.loads(body), "reason": "no reason"})
    db.execute("UPDATE records SET body = ? WHERE kind = 'audit' AND key = ?", (json.dumps(changed), audit_key(5)))


def squeeze_in(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO records (kind, key, version, body) VALUES ('audit', '000000000005-b', 1, '{}')")


@pytest.mark.parametrize(
    ("tamper", "at", "said"),
    [
        (update("reason", "none"), 5, "was changed"),
        (update("who", "someone else"), 5, "was changed"),
        (update("details", {"count": 0}), 5, "was changed"),  # type: ignore[arg-type]
        (update("extra", "x"), 5, "is not an entry"),
        (delete(5), 5, "is missing"),
        (delete(1), 1, "is missing"),
        (delete(9), 9, "is missing"),
        (delete(7, 8, 9), 7, "entries 7 to 9 are missing at the end"),
        (delete(*range(1, 10)), 1, "entries 1 to 9 are missing at the end"),
        (swap, 5, "is not an entry"),
        (reseal, 6, "does not follow"),
        (squeeze_in, 6, "is not an entry"),
    ],
)
def test_tampering_with_a_row_is_found_and_named(
    tmp_path: Path, tamper: Callable[[sqlite3.Connection], object], at: int, said: str
) -> None:
    path = tmp_path / "records.db"
    filled(path).close()
    db = sqlite3.connect(path)
    with db:
        tamper(db)
    db.close()
    records = SqliteRecords(path)
    found = audit.verify(records)
    assert (found.broken_at, found.entries) == (at, at - 1)
    assert said in found.broken
    # The log goes on, and what was done to it stays visible.
    audit.append(records, action="erase: begun", reason="next", details={}, stamp=NOW)
    assert audit.verify(records).broken_at == at


def test_a_chain_written_anew_is_seen_against_a_hash_noted_elsewhere(tmp_path: Path) -> None:
    noted = audit.verify(filled(tmp_path / "a.db"))
    forged = SqliteRecords(tmp_path / "b.db")
    for number in range(9):
        audit.append(forged, action="erase: begun", reason="harmless", details={"count": number}, stamp=NOW)
    assert audit.verify(forged).broken == ""
    found = audit.verify(forged, noted=(9, noted.newest[:16]))
    assert (found.broken_at, "written anew" in found.broken) == (9, True)
    assert audit.verify(filled(tmp_path / "c.db", 12), noted=(9, noted.newest[:16])).broken == ""
    assert "missing" in audit.verify(filled(tmp_path / "d.db", 3), noted=(9, noted.newest)).broken


def test_an_entry_whose_writer_died_before_noting_it_is_kept(tmp_path: Path) -> None:
    records = filled(tmp_path / "records.db", 2)
    head = AUDIT_HEADS.get(records, NEWEST)
    assert head is not None
    audit.append(records, action="correct", reason="third", details={}, stamp=NOW)
    AUDIT_HEADS.put(records, head.value)
    assert audit.verify(records).entries == 3
    assert audit.append(records, action="correct", reason="fourth", details={}, stamp=NOW).seq == 4
    assert audit.verify(records).broken == ""


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from analysis.ledger import audit
from analysis.ledger.entries import Stamp
from analysis.model.records.audit import AUDIT_HEADS, NEWEST, audit_key
from analysis.store.embedded.records import SqliteRecords
records = SqliteRecords(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    audit.append(records, action="correct", reason=f"{sys.argv[2]} {number}", details={"number": number},
                 stamp=Stamp(at=datetime(2026, 10, 5, tzinfo=UTC), who=sys.argv[2]))
"""


def test_three_processes_that_write_at_once_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    SqliteRecords(path).put("x", "y", {})
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("ann", "ben", "cem")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    records = SqliteRecords(path)
    found = audit.verify(records)
    assert (found.entries, found.broken) == (120, "")
    written = list(audit.entries(records))
    for name in ("ann", "ben", "cem"):
        assert [one.details["number"] for one in written if one.who == name] == list(range(40))
