"""A damaged store is told, with the cure, by whoever opens it; nothing is built over it; what can be read is saved."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from analysis.ledger import audit
from analysis.ledger.entries import Stamp
from analysis.ledger.erasing import erasure
from analysis.ledger.rescue import rescue
from analysis.model import Mention, mention_id
from analysis.model.errors import StoreError, UsageError
from analysis.store.base import Filter
from analysis.store.embedded.inspection import inspect
from analysis.store.embedded.store import EmbeddedStore
from analysis.store.open import open_store
from tests.support.mentions import NOW, make_mention

STAMP = Stamp(at=NOW, who="ann")
MANY = 60


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def real(number: int) -> Mention:
    made = make_mention(number)
    return replace(made, id=mention_id(made.url, made.brand.id), content_hash="")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "store"
    with EmbeddedStore(place, write=True) as store:
        store.write([real(n) for n in range(MANY)])
        store.write([replace(real(n), title="newer", last_seen_at=NOW + timedelta(days=1)) for n in range(9)])
        store.records.put("fix", "1", {"n": 1})
        audit.append(store.records, action="note", reason="first", details={}, stamp=STAMP)
        audit.append(store.records, action="note", reason="second", details={}, stamp=STAMP)
    return place


def index_file(folder: Path, ending: str) -> Path:
    return max((folder / "mentions-1").glob(f"*.{ending}"), key=lambda path: path.stat().st_size)


def put(path: Path, raw: bytes) -> None:
    """Write a new file in the place of one that this very process may still have mapped."""
    path.unlink()
    path.write_bytes(raw)


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 0x40
    put(path, bytes(raw))


def zero(path: Path) -> None:
    put(path, bytes(path.stat().st_size))


def cut(path: Path) -> None:
    put(path, path.read_bytes()[: path.stat().st_size // 2])


def without_records(folder: Path) -> None:
    for path in folder.glob("records.db*"):
        path.unlink()


def changed_row(folder: Path) -> None:
    with sqlite3.connect(folder / "records.db") as db:
        db.execute("UPDATE records SET body = '{\"n\":2}' WHERE kind = 'fix'")
    db.close()


def on_file(ending: str, what: Callable[[Path], object], folder: Path) -> None:
    what(index_file(folder, ending))


WAYS: dict[str, Callable[[Path], object]] = {
    "meta gone": lambda folder: (folder / "mentions-1" / "meta.json").unlink(),
    "meta cut": lambda folder: cut(folder / "mentions-1" / "meta.json"),
    "meta empty": lambda folder: (folder / "mentions-1" / "meta.json").write_text(""),
    "index gone": lambda folder: shutil.rmtree(folder / "mentions-1"),
    "marker gone": lambda folder: (folder / "store.json").unlink(),
    "marker cut": lambda folder: cut(folder / "store.json"),
    "records gone": without_records,
    "records empty": lambda folder: (folder / "records.db").write_bytes(b""),
    "records zeroed": lambda folder: zero(folder / "records.db"),
    "records cut": lambda folder: cut(folder / "records.db"),
    **{
        f"{ending} {what.__name__}": partial(on_file, ending, what)
        for ending in ("store", "term", "idx", "pos", "fast", "fieldnorm")
        for what in (flip, zero, cut, Path.unlink)
    },
}


@pytest.fixture(params=WAYS)
def broken(request: pytest.FixtureRequest, folder: Path) -> Path:
    WAYS[request.param](folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    left = {"writer.lock", "checked.json", ".managed.json", ".tantivy-writer.lock", "records.db-shm", "records.db-wal"}
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name not in left}


@pytest.mark.parametrize("write", [False, True])
def test_damage_is_told_with_the_cure_and_not_built_over(broken: Path, write: bool) -> None:
    before = files(broken)
    with (
        pytest.raises(StoreError, match=r"damaged: .*nothing was changed") as told,
        open_store(str(broken), write=write) as store,
    ):
        # The records are looked at when they are first asked for.
        store.records.kinds()
    assert told.value.cure == "salvage"
    assert "another process" not in str(told.value)
    assert files(broken) == before


def test_a_check_of_the_whole_store_names_the_damage(broken: Path) -> None:
    assert inspect(broken)[1]


def test_a_sound_store_is_found_sound(folder: Path) -> None:
    found, wrong = inspect(folder)
    assert wrong == []
    assert (found.mentions, found.lost, found.records_lost) == (MANY, 0, 0)


def test_a_changed_row_is_told_when_it_is_read_and_found_by_the_check(folder: Path) -> None:
    changed_row(folder)
    with (
        open_store(str(folder)) as store,
        pytest.raises(StoreError, match=r"fix/1 in records\.db does not hold"),
    ):
        store.records.get("fix", "1")
    assert inspect(folder)[1] == ["1 of 4 records cannot be read"]


def test_a_byte_that_rots_while_its_time_of_change_stays_is_found_by_the_check(folder: Path) -> None:
    import os

    path = index_file(folder, "store")
    before = path.stat()
    flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert any("checksum differs" in words for words in inspect(folder)[1])


def test_records_of_another_store_are_not_taken_for_its_own(folder: Path, tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "other", write=True) as store:
        store.records.put("fix", "1", {"n": 1})
    shutil.copy(tmp_path / "other" / "records.db", folder / "records.db")
    with open_store(str(folder)) as store, pytest.raises(StoreError, match="belongs to another store"):
        store.records.kinds()


def saved(origin: Path, target: Path) -> tuple[dict[str, Mention], list[str]]:
    with EmbeddedStore(target, write=True) as store:
        found = rescue(origin, store, stamp=STAMP)
        return {mention.id: mention for mention in store.scan(Filter())}, found.wrong


UNTOUCHED = [way for way in WAYS if way not in ("index gone",) and not way.startswith("store ")]


@pytest.mark.parametrize("way", UNTOUCHED)
def test_where_the_mentions_themselves_are_whole_all_are_saved(folder: Path, tmp_path: Path, way: str) -> None:
    with EmbeddedStore(folder) as store:
        wanted = {mention.id: mention for mention in store.scan(Filter())}
    WAYS[way](folder)
    kept, _ = saved(folder, tmp_path / "saved")
    assert kept == wanted


def test_of_a_file_of_mentions_that_is_damaged_the_others_are_saved_and_its_own_are_counted(
    folder: Path, tmp_path: Path
) -> None:
    cut(index_file(folder, "store"))
    with EmbeddedStore(tmp_path / "saved", write=True) as store:
        found = rescue(folder, store, stamp=STAMP)
        assert store.count(Filter()) == found.mentions == 9
        assert found.lost == MANY - 9
        assert [record.body for record in store.records.all("fix")] == [{"n": 1}]
        assert audit.verify(store.records).broken == ""
        (*_, entry) = audit.entries(store.records)
        assert (entry.action, entry.details["mentions_lost"]) == ("salvage", MANY - 9)


def test_what_was_erased_is_not_saved(folder: Path, tmp_path: Path) -> None:
    with EmbeddedStore(folder, write=True) as store:
        erasure.erase(store, erasure.by_url(real(3).url), reason="request", stamp=STAMP)
        store.write([real(3)])  # as if its file had been left behind
    kept, _ = saved(folder, tmp_path / "saved")
    assert len(kept) == MANY - 1
    assert real(3).id not in kept


def test_salvage_needs_a_new_store_and_leaves_the_old_one_alone(folder: Path, tmp_path: Path) -> None:
    flip(index_file(folder, "pos"))
    before = files(folder)
    saved(folder, tmp_path / "saved")
    assert files(folder) == before
    with pytest.raises(UsageError, match="holds something already"):
        saved(folder, tmp_path / "saved")


# The audit log's head is remembered where its loss is seen ----------------------------------------------------------


def cut_tail(folder: Path) -> None:
    with sqlite3.connect(folder / "records.db") as db:
        db.execute("DELETE FROM records WHERE kind = 'audit' AND key > '000000000001'")
        db.execute("DELETE FROM records WHERE kind = 'audit_head'")
    db.close()


def test_a_cut_tail_is_seen_though_the_noted_head_is_cut_too(folder: Path) -> None:
    cut_tail(folder)
    with open_store(str(folder)) as store:
        found = audit.verify(store.records)
    assert (found.broken_at, found.broken) == (2, "entry 2 is missing")


@pytest.mark.parametrize("whole", [False, True])
def test_an_older_copy_that_was_put_back_is_seen(folder: Path, tmp_path: Path, whole: bool) -> None:
    old = tmp_path / "old"
    shutil.copytree(folder, old)
    with open_store(str(folder), write=True) as store:
        audit.append(store.records, action="note", reason="third", details={}, stamp=STAMP)
    if whole:
        shutil.rmtree(folder)
        shutil.copytree(old, folder)
    else:
        shutil.copy(old / "records.db", folder / "records.db")
    with open_store(str(folder), write=True) as store:
        assert "entry 3 is missing" in audit.verify(store.records).broken
        audit.append(store.records, action="note", reason="another third", details={}, stamp=STAMP)
        audit.append(store.records, action="note", reason="fourth", details={}, stamp=STAMP)
        assert "not the one that was noted" in audit.verify(store.records).broken
        entry = audit.accept(store.records, reason="copy put back", stamp=STAMP)
        assert (entry.details["kept"], entry.details["known"]) == (4, 4)
        assert audit.verify(store.records).broken == ""


def test_a_changed_log_cannot_be_accepted(folder: Path) -> None:
    with open_store(str(folder)) as store, pytest.raises(UsageError, match="nothing is missing"):
        audit.accept(store.records, reason="so", stamp=STAMP)
    with sqlite3.connect(folder / "records.db") as db:
        db.execute("DELETE FROM records WHERE kind = 'audit' AND key = '000000000001'")
    db.close()
    with open_store(str(folder)) as store, pytest.raises(StoreError, match="cannot be accepted"):
        audit.accept(store.records, reason="so", stamp=STAMP)


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        "null",
        "nonsense",
        '"a"',
        json.dumps({"seq": "2"}),
        json.dumps(dict.fromkeys(("seq", "at", "who", "action", "reason", "details", "previous", "hash"))),
    ],
)
def test_an_odd_entry_is_named_and_no_traceback(folder: Path, body: str) -> None:
    with sqlite3.connect(folder / "records.db") as db:
        db.execute("UPDATE records SET body = ? WHERE kind = 'audit' AND key = '000000000002'", (body,))
    db.close()
    with open_store(str(folder)) as store:
        found = audit.verify(store.records)
    assert (found.broken_at, "not an entry" in found.broken) == (2, True)
