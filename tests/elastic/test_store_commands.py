"""``candor store``: setting up, drift in words, upgrading under readers, moving house."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import mappings
from analysis.model import Meaning, document
from analysis.model.errors import StoreError
from analysis.store.base import Filter
from analysis.store.columns import to_json
from analysis.store.directions import WIDTH, packed
from analysis.store.elastic.bulk import BulkLine, send
from analysis.store.elastic.encoding import encode
from analysis.store.elastic.server.address import read_address
from analysis.store.elastic.server.names import Names
from analysis.store.elastic.server.setup import Setup
from analysis.store.elastic.store import open_elastic
from analysis.store.elastic.upgrade import upgrade
from analysis.store.moving import COPY_MARKS, copy_store
from analysis.store.open import open_store
from candor.commands.team.store import app
from tests.support.elastic.servers import QUICK, TESTED, connected, empty_store, environment, store_address, wipe
from tests.support.mentions import NOW, generate, make_mention

LINE = TESTED[0]
NAME = "commands"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a store that does not exist yet."""
    monkeypatch.setenv("CANDOR_SPOOL", str(tmp_path / "spool"))
    monkeypatch.chdir(tmp_path)
    found = store_address(LINE, NAME)
    wipe(found, templates=True)
    yield found
    wipe(found, templates=True)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def test_setup_then_check_then_drift_in_words(address: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        open_elastic(address, patience=QUICK, environ=environment(tmp_path))
    assert run("check", "--store", address).exit_code == 1
    first = run("setup", "--store", address)
    assert first.exit_code == 0
    assert "installed the index template" in first.stderr
    assert "everything is as it should be" in run("setup", "--store", address).stderr
    assert run("check", "--store", address).exit_code == 0
    connection = connected(address)
    names = Setup(connection, open_names(address)).names
    body = {
        "aliases": {names.alias: {}},
        "mappings": {"properties": {"sentiment": {"properties": {"score": {"type": "text"}}}}},
    }
    connection.ask("PUT", f"/{names.mentions(1, '2020')}", body)
    connection.close()
    checked = run("check", "--store", address, "--json")
    assert checked.exit_code == 1
    [row] = [json.loads(line) for line in checked.stdout.splitlines()]
    assert "field sentiment.score is text, should be double; run `candor store upgrade`" in row["words"]
    assert row["fits"] is False
    with pytest.raises(StoreError, match="will not write to an index that does not fit"):
        open_elastic(address, write=True, patience=QUICK, environ=environment(tmp_path))


def open_names(address: str) -> Names:
    return Names(read_address(address).prefix)


def test_a_new_field_is_added_to_a_live_index(address: str, tmp_path: Path) -> None:
    with open_elastic(address, write=True, patience=QUICK, environ=environment(tmp_path)) as store:
        connection = connected(address)
        index = store.names.mentions(1, "2026")
        numbers = {"hash": mappings.component("mention")["template"]["mappings"]["properties"]["hash"]}
        fields = {"_meta": {"managed_by": "candor"}, "dynamic": False, "properties": numbers}
        made = {"aliases": {store.names.alias: {}}, "mappings": fields}
        connection.ask("DELETE", f"/_index_template/{store.names.template('mentions')}")
        connection.ask("PUT", f"/{index}", made)
        missing = [drift for drift in store.setup.check() if "is missing" in drift.words]
        assert len(missing) > 50
        assert any("sentiment.score is missing" in drift.words and drift.fits for drift in missing)
        connection.close()
    with open_elastic(address, write=True, patience=QUICK, environ=environment(tmp_path)) as store:
        assert store.setup.check() == []


def test_an_index_without_numbers_counts_by_the_texts_until_it_is_upgraded(address: str, tmp_path: Path) -> None:
    mentions = [make_mention(n, author=f"author {n % 7}", story=f"story {n % 5}") for n in range(40)]
    different = {name: {"cardinality": {"field": name}} for name in ("story", "author")}
    counted = {"story": {"value": 5}, "author": {"value": 7}}
    connection, names = connected(address), open_names(address)
    fields = deepcopy(mappings.component("mention")["template"]["mappings"])
    del fields["properties"]["hash"]
    connection.ask("PUT", f"/{names.mentions(1, '2026')}", {"aliases": {names.alias: {}}, "mappings": fields})
    lines = [
        BulkLine(one.id, to_json({"index": {"_index": names.alias, "_id": one.id}}), encode(one).body)
        for one in mentions
    ]
    assert {outcome.result for outcome in send(connection, lines)} == {"created"}
    with open_elastic(address, environ=environment(tmp_path)) as store:
        store.refresh()
        assert store.aggregate(Filter(), different) == counted
    with pytest.raises(StoreError, match=r"story is missing;.*; upgrade the store"):
        open_elastic(address, write=True, patience=QUICK, environ=environment(tmp_path))
    upgrade(connection, Setup(connection, names), tell=lambda words: None)
    connection.close()
    with open_elastic(address, write=True, patience=QUICK, environ=environment(tmp_path)) as store:
        assert store.setup.numbered() == {"story", "author"}
        assert store.aggregate(Filter(), different) == counted
        assert store.get([mentions[0].id]) == {mentions[0].id: mentions[0]}


def test_an_index_without_directions_finds_none_and_takes_them_once_set_up(address: str, tmp_path: Path) -> None:
    aim = np.arange(WIDTH).astype(np.int8)
    connection, names = connected(address), open_names(address)
    fields = deepcopy(mappings.component("mention")["template"]["mappings"])
    del fields["properties"]["near"], fields["properties"]["meaning"]
    connection.ask("PUT", f"/{names.mentions(1, '2026')}", {"aliases": {names.alias: {}}, "mappings": fields})
    with open_elastic(address, environ=environment(tmp_path)) as store:
        assert store.nearest(Filter(), [aim], maker="here") == []
    assert "added meaning.maker, meaning.vectors, near.vector" in run("setup", "--store", address).stderr
    found = make_mention(1, meaning=Meaning(maker="here", vectors=(packed(aim),)))
    with open_elastic(address, write=True, patience=QUICK, environ=environment(tmp_path)) as store:
        store.write([found, make_mention(2)])
        store.refresh()
        assert [hit.mention for hit in store.nearest(Filter(), [aim], maker="here")] == [found]
    upgrade(connection, Setup(connection, names), tell=lambda words: None)
    connection.close()
    with open_elastic(address, environ=environment(tmp_path)) as store:
        assert [hit.mention for hit in store.nearest(Filter(), [aim], maker="here")] == [found]


def test_an_index_that_is_not_ours_is_left_alone(address: str, tmp_path: Path) -> None:
    connection = connected(address)
    connection.ask("PUT", f"/{open_names(address).alias}", {})
    connection.close()
    for write in (True, False):
        with pytest.raises(StoreError, match="was not made by Candor; give the address a prefix of its own"):
            open_elastic(address, write=write, patience=QUICK, environ=environment(tmp_path))


def test_upgrade_while_others_read_and_write(address: str, tmp_path: Path) -> None:
    mentions = [make_mention(n) for n in range(1_200)] + [
        make_mention(5_000 + n, published_at=datetime(2024, 5, 1, tzinfo=UTC)) for n in range(50)
    ]
    counts: list[int] = []
    with open_elastic(address, write=True, patience=QUICK, environ=environment(tmp_path)) as store:
        store.write(mentions)
        store.refresh()
        reading = store.scan(Filter())
        first = next(reading)
        connection = connected(address)
        late_one = make_mention(9_999)

        def meanwhile(words: str) -> None:
            counts.append(store.count(Filter()))
            if "2026" in words:
                assert store.write([late_one]).waiting == 1

        old = upgrade(connection, Setup(connection, store.names), tell=meanwhile)
        connection.close()
        assert old == [store.names.mentions(1, year) for year in ("2024", "2026", "other")]
        assert len([first, *reading]) == len(mentions)
        assert set(counts) == {len(mentions)}
    with open_elastic(address, write=True, patience=QUICK, environ=environment(tmp_path)) as store:
        assert store.setup.generation() == 2
        store.refresh()
        assert sorted(mention.id for mention in store.scan(Filter())) == sorted(
            mention.id for mention in [*mentions, late_one]
        )
        changed = replace(mentions[3], last_seen_at=NOW + timedelta(hours=1))
        assert store.write([changed]).updated == 1
        assert store.write([mentions[3]]).stale == 1


@pytest.mark.parametrize("way", ["in", "out"])
def test_moving_house_and_back(address: str, tmp_path: Path, way: str) -> None:
    mentions = list(generate(1_200, seed=5))
    folder, other = str(tmp_path / "folder"), address
    origin, target = (folder, other) if way == "in" else (other, folder)
    with open_store(origin, write=True) as store:
        store.write(mentions)
        store.records.put_many("fix", {f"f{n}": {"n": n} for n in range(30)})
        store.records.put("alert", "a", {"rule": "spike", "at": "2026-01-01T00:00:00Z"})
    done = run("copy", origin, target)
    assert done.exit_code == 0, done.stderr
    row = json.loads(done.stdout)
    assert (row["mentions"], row["records"], row["same"]) == (1_200, 31, True)
    assert row["from"].startswith("1200 mentions, sha256 ")
    with open_store(target) as store:
        assert list(store.scan(Filter())) == sorted(mentions, key=lambda mention: mention.id)
        assert {record.key: record.body for record in store.records.all("fix")} == {
            f"f{n}": {"n": n} for n in range(30)
        }
        assert store.records.kinds() == ["alert", "fix"]


class Cut(Exception):
    """The copy was stopped."""


def test_a_copy_that_was_cut_goes_on_where_it_was(tmp_path: Path) -> None:
    def stop(done: int) -> None:
        if done == 1_000:
            raise Cut

    with (
        open_store(str(tmp_path / "folder"), write=True) as origin,
        empty_store(LINE, tmp_path, name="moved") as target,
    ):
        origin.write(list(generate(1_200, seed=5)))
        with pytest.raises(Cut):
            copy_store(origin, target, tell=stop)
        moved = copy_store(origin, target)
        assert (moved.mentions, moved.skipped, moved.same) == (1_200, 1_000, True)
        assert list(COPY_MARKS.all(target.records)) == []
        newer = replace(next(target.scan(Filter())), text="newer there", last_seen_at=NOW + timedelta(days=400))
        target.write([newer])
        again = copy_store(origin, target)
        assert (again.newer, again.same) == (1, False)


def test_folders_need_no_setup_and_copies_two_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis.model.errors import UsageError

    monkeypatch.chdir(tmp_path)
    for words in (["setup", "--store", "here"], ["check", "--store", "here"], ["copy", "a", "a"]):
        with pytest.raises(UsageError):
            run(*words)
    with pytest.raises(UsageError, match="--key"):
        run("setup", "--key", "owner", "--store", "http://localhost:1")


def test_dead_letters_are_shown_and_replayed(address: str, tmp_path: Path) -> None:
    bad = make_mention(1, tags=("x" * 40_000,))
    with open_elastic(address, write=True, patience=QUICK, environ=environment(tmp_path)) as store:
        assert store.write([bad, make_mention(2)]).created == 1
        store.letters.add([{"at": "", "id": "x", "reason": "cured since", "mention": document(make_mention(3))}])
    shown = [json.loads(line) for line in run("dead-letters", "--store", address).stdout.splitlines()]
    assert [row["id"] for row in shown] == [bad.id, "x"]
    assert "tags is longer than" in shown[0]["reason"]
    replayed = run("dead-letters", "--replay", "--store", address)
    assert replayed.exit_code == 1
    assert json.loads(replayed.stdout) == {"written": 1, "refused": 1}
    assert [json.loads(line)["id"] for line in run("dead-letters", "--store", address).stdout.splitlines()] == [bad.id]
