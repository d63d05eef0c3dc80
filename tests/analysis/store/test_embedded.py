"""The embedded store's own promises: crashes, several processes, full disks, folders that are something else."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tantivy

from analysis.model import Mention
from analysis.model.errors import StoreError, StoreLockedError
from analysis.model.query import matches, parse
from analysis.store.base import Filter
from analysis.store.embedded.folder import Layout, current_fields, write_layout
from analysis.store.embedded.query import TantivyCompiler
from analysis.store.embedded.reading import SCAN_PAGE, holding
from analysis.store.embedded.records import SqliteRecords
from analysis.store.embedded.schema import SCHEMA_VERSION, encode, open_index
from analysis.store.embedded.store import EmbeddedStore
from analysis.store.open import open_store
from tests.support.mentions import NOW, generate, make_mention

ROOT = Path(__file__).resolve().parents[3]
PRELUDE = """
import json, os, sys, time
from analysis.model.errors import StoreError, StoreLockedError
from analysis.store.base import Filter
from analysis.store.open import open_store
from tests.support.mentions import make_mention
folder = sys.argv[1]
def say(*words):
    print(*words, flush=True)
"""


@contextmanager
def process(folder: Path, code: str, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Run Python ``code`` in another process; it is killed at the end if it still runs."""
    words = [sys.executable, "-c", PRELUDE + textwrap.dedent(code), str(folder), *more]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def said(folder: Path, code: str, *more: str) -> str:
    with process(folder, code, *more) as child:
        out, errors = child.communicate(timeout=60)
        assert child.returncode == 0, errors
        return out.strip()


def fill(folder: Path, count: int = 20) -> None:
    with open_store(str(folder), write=True) as store:
        store.write([make_mention(n) for n in range(count)])
        store.records.put("fix", "a", {"n": 1})


# Crashes

WRITER = """
start = int(sys.argv[2])
with open_store(folder, write=True) as store:
    n = start
    while True:
        batch = [make_mention(k) for k in range(n, n + 40)] + [make_mention(k % start) for k in range(5) if start]
        store.write(batch)
        store.records.put("run", f"{n:08d}", {"n": n})
        say(n + 40)
        n += 40
"""


@pytest.mark.slow
def test_kill_at_any_point_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path) -> None:
    rnd = random.Random(5)
    acknowledged = 0
    for _ in range(8):
        with process(tmp_path / "store", WRITER, str(acknowledged)) as child:
            assert child.stdout is not None
            acknowledged = int(child.stdout.readline())
            time.sleep(rnd.random() * 0.4)
            child.send_signal(signal.SIGKILL)
            for line in child.stdout:
                if line.endswith("\n"):
                    acknowledged = int(line)
        with open_store(str(tmp_path / "store")) as reader:
            ids = [mention.id for mention in reader.scan(Filter())]
            assert len(ids) == len(set(ids)) == reader.count(Filter())
            assert {make_mention(n).id for n in range(acknowledged)} <= set(ids)
            # At most the one batch whose acknowledgement was on its way.
            assert len(ids) <= acknowledged + 40
            assert len(list(reader.records.all("run"))) in {acknowledged // 40, acknowledged // 40 + 1}
    assert acknowledged > 8 * 40
    with open_store(str(tmp_path / "store"), write=True) as store:
        assert store.write([make_mention(n) for n in range(acknowledged)]).created == 0


def test_interrupted_write_leaves_nothing_that_a_later_one_would_double(tmp_path: Path) -> None:
    class Broken(list[Mention]):
        def __getitem__(self, at: Any) -> Any:
            if isinstance(at, slice) and at.start:
                raise KeyboardInterrupt
            return super().__getitem__(at)

    mentions = [make_mention(n) for n in range(600)]
    with open_store(str(tmp_path / "store"), write=True) as store:
        with pytest.raises(KeyboardInterrupt):
            store.write(Broken(mentions))
        assert store.write(mentions).created == 600
        store.refresh()
        assert store.count(Filter()) == 600


def test_killed_while_the_store_was_made(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "store.json.new").write_text("{")
    (folder / "writer.lock").write_text("")
    fill(folder)
    (tmp_path / "other").mkdir()
    write_layout(tmp_path / "other", Layout(fields=current_fields()))
    with pytest.raises(StoreError, match="there is no store"):
        open_store(str(tmp_path / "other"))
    fill(tmp_path / "other")
    assert said(tmp_path / "other", "say(open_store(folder).count(Filter()))") == "20"


# Several processes


def test_second_writer_is_told_who_writes(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    code = "store = open_store(folder, write=True, holder='candor crawl'); say('open'); time.sleep(60)"
    with process(folder, code) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        with pytest.raises(StoreLockedError) as caught:
            open_store(str(folder), write=True)
        assert str(folder) in str(caught.value)
        assert f"pid {child.pid} (candor crawl)" in str(caught.value)
        assert "since 2" in str(caught.value)
        child.kill()
        child.wait()
        # The lock of a dead process keeps nobody out.
        fill(folder)


def test_one_process_cannot_open_twice_for_writing(tmp_path: Path) -> None:
    folder = str(tmp_path / "store")
    with open_store(folder, write=True), pytest.raises(StoreLockedError, match=str(os.getpid())):
        open_store(folder, write=True)
    with open_store(folder, write=True) as store:
        assert store.count(Filter()) == 0


def test_readers_in_other_processes_see_commits_after_refresh(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    fill(folder)
    code = """
    store = open_store(folder)
    for line in sys.stdin:
        word, number = line.split()
        if word == "get":
            say(len(store.get([make_mention(int(number)).id])))
        else:
            store.refresh()
            say(store.count(Filter()), len(list(store.scan(Filter()))))
    """
    words = [sys.executable, "-c", PRELUDE + textwrap.dedent(code), str(folder)]
    pipe = subprocess.PIPE
    with (
        open_store(str(folder), write=True) as store,
        subprocess.Popen(words, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as reader,
    ):
        assert reader.stdin is not None
        assert reader.stdout is not None

        def ask(words: str) -> str:
            assert reader.stdin is not None
            assert reader.stdout is not None
            print(words, file=reader.stdin, flush=True)
            return reader.stdout.readline().strip()

        assert ask("count 0") == "20 20"
        for n in range(20, 60):
            store.write([make_mention(n)])
            assert ask(f"get {n}") == "1"
        assert ask("count 0") == "60 60"
        assert isinstance(store, EmbeddedStore)
        store.compact()
        store.write([make_mention(60)])
        assert ask("count 0") == "61 61"
        reader.stdin.close()


def test_a_reader_writes_records_while_another_process_writes_mentions(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    fill(folder)
    code = "open_store(folder).records.put('fix', 'lid', {'shipped': 'today'}); say('done')"
    with open_store(str(folder), write=True) as store:
        store.records.put("run", "1", {})
        assert said(folder, code) == "done"
        kept = store.records.get("fix", "lid")
        assert kept is not None
        assert kept.body == {"shipped": "today"}


def test_processes_take_turns_at_records(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    fill(folder)
    code = """
    records = open_store(folder).records
    for _ in range(50):
        while True:
            now = records.get("counter", "n")
            if records.put("counter", "n", {"n": now.body["n"] + 1}, if_version=now.version):
                break
    """
    with open_store(str(folder)) as store:
        store.records.put("counter", "n", {"n": 0})
        with process(folder, code) as a, process(folder, code) as b, process(folder, code) as c:
            assert [child.wait(60) for child in (a, b, c)] == [0, 0, 0]
        kept = store.records.get("counter", "n")
        assert kept is not None
        assert (kept.body, kept.version) == ({"n": 150}, 151)


def test_a_reader_does_not_write_mentions(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    with open_store(str(tmp_path / "store")) as store:
        for attempt in (lambda: store.write([make_mention(1)]), lambda: store.erase(["x"])):
            with pytest.raises(StoreError, match="reading only"):
                attempt()


# Folders and disks


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no store at .*nowhere; crawl or import first"):
        open_store(str(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


def test_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    for write in (False, True):
        with pytest.raises(StoreError, match=r"not a Candor store: it holds 'photo.jpg'"):
            open_store(str(tmp_path), write=write)
    assert [item.name for item in tmp_path.iterdir()] == ["photo.jpg"]
    with pytest.raises(StoreError, match=r"photo\.jpg.*file"):
        open_store(str(tmp_path / "photo.jpg"), write=True)


@pytest.mark.parametrize("address", ["", "  ", "ftp://example/store"])
def test_address_that_is_none(address: str) -> None:
    with pytest.raises(StoreError, match="folder or an http"):
        open_store(address)


def test_newer_and_damaged_stores_are_refused(tmp_path: Path) -> None:
    fill(tmp_path)
    marker = tmp_path / "store.json"
    words = json.loads(marker.read_text())
    marker.write_text(json.dumps(words | {"candor_store": 99}))
    for write in (False, True):
        with pytest.raises(StoreError, match=r"newer Candor.*upgrade"):
            open_store(str(tmp_path), write=write)
    marker.write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        open_store(str(tmp_path))
    marker.write_text(json.dumps(words))
    (tmp_path / words["index"] / "meta.json").write_text("{")
    with pytest.raises(StoreError, match=r"meta.json cannot be read; nothing was changed"):
        open_store(str(tmp_path))


def test_store_of_an_older_candor_is_read_and_rebuilt_by_the_next_writer(tmp_path: Path) -> None:
    fill(tmp_path)
    marker = tmp_path / "store.json"
    words = json.loads(marker.read_text())
    older = [item for item in words["fields"] if not item.startswith("moves ")]
    marker.write_text(json.dumps(words | {"fields": older}))
    with open_store(str(tmp_path)) as reader:
        assert reader.count(Filter()) == 20
        assert reader.count(Filter(terms={"moves": ["price"]})) == 0
    before = sorted(item.name for item in tmp_path.iterdir())
    with open_store(str(tmp_path), write=True) as store:
        assert store.count(Filter()) == 20
        assert store.write([make_mention(3)]).updated == 1
    assert json.loads(marker.read_text())["fields"] == words["fields"]
    assert "mentions-1" in before
    assert not (tmp_path / "mentions-1").exists()


def index_of_the_first_layout(folder: Path, mentions: list[Mention]) -> None:
    """Write an index that finds ids and addresses by their texts, as the first layout did."""
    builder = tantivy.SchemaBuilder()
    for name in ("id", "post_id", "url", "brand.id"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("published_at", "last_seen_at"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_text_field("tokens", tokenizer_name="whitespace", index_option="position")
    builder.add_unsigned_field("_head", fast=True)
    builder.add_bytes_field("_body", stored=True)
    schema = builder.build()
    (folder / "mentions-1").mkdir()
    SqliteRecords(folder / "records.db").put("note", "1", {})
    writer = tantivy.Index(schema, str(folder / "mentions-1")).writer(15_000_000, 1)
    for mention in mentions:
        now = encode(mention).values
        kept = {name: now[name] for name in ("published_at", "last_seen_at", "tokens", "_head", "_body", "brand.id")}
        texts = {"id": mention.id, "post_id": mention.post_id, "url": mention.url}
        writer.add_document(tantivy.Document.from_dict(kept | texts, schema))
    writer.commit()
    writer.wait_merging_threads()
    write_layout(folder, Layout(candor_store=1, fields=current_fields()))


def test_store_of_the_first_layout_is_read_and_rebuilt_by_the_next_writer(tmp_path: Path) -> None:
    mentions = [make_mention(n) for n in range(20)]
    index_of_the_first_layout(tmp_path, mentions)
    chosen = Filter(terms={"post_id": [mentions[3].post_id, mentions[5].post_id]})
    with open_store(str(tmp_path)) as reader:
        assert reader.get([mentions[4].id, "none"]) == {mentions[4].id: mentions[4]}
        assert reader.count(chosen) == 2
        assert reader.count(Filter(terms={"url": [mentions[7].url]})) == 1
        assert len(list(reader.scan(Filter(query=parse("kettle"))))) == 20
    with open_store(str(tmp_path), write=True) as store:
        assert store.get([mentions[4].id, "none"]) == {mentions[4].id: mentions[4]}
        assert store.count(chosen) == 2
        assert store.write([mentions[3], make_mention(99)]).updated == 1
    assert json.loads((tmp_path / "store.json").read_text())["candor_store"] == SCHEMA_VERSION
    assert not (tmp_path / "mentions-1").exists()


def test_erased_words_leave_the_folder_when_compacted(tmp_path: Path) -> None:
    gone = make_mention(1, text="quintessentially unrepeatable zyzzyva", url="https://gone.example/zyzzyva")
    with open_store(str(tmp_path), write=True) as store:
        assert isinstance(store, EmbeddedStore)
        store.write([gone, *(make_mention(n) for n in range(2, 40))])
        assert store.erase([gone.id]) == 1
        store.compact()
        assert store.count(Filter()) == 38
        assert store.write([make_mention(50)]).created == 1
        store.refresh()
        assert store.count(Filter()) == 39
    words = [item.read_bytes() for item in tmp_path.rglob("*") if item.is_file()]
    assert words
    assert not any(b"zyzzyva" in content for content in words)


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """Let no file grow past ``limit`` bytes: what a full disk looks like to a program."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_loses_nothing_acknowledged_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    first, second = list(generate(300, seed=1)), list(generate(3_000, seed=2, first=300))
    folder = tmp_path / "store"
    with open_store(str(folder), write=True) as store:
        store.write(first)
        with small_files(40_000), pytest.raises(StoreError) as caught:
            store.write(second)
        assert str(folder) in str(caught.value)
        assert "disk is full" in str(caught.value)
        assert store.get([first[0].id]) == {first[0].id: first[0]}
        assert store.count(Filter()) == 300
        with small_files(0), pytest.raises(StoreError, match="disk is full"):
            store.records.put("run", "1", {"text": "x" * 100_000})
        assert store.write(second).created == 3_000
        assert isinstance(store, EmbeddedStore)
        with small_files(40_000), pytest.raises(StoreError, match="disk is full"):
            store.compact()
        store.refresh()
        assert store.count(Filter()) == 3_300
        assert store.records.put("run", "1", {}) == 1
    with open_store(str(folder)) as reader:
        assert reader.count(Filter()) == 3_300


@contextmanager
def without_rights() -> Iterator[None]:
    """Be a user who owns nothing, where the tests are run by root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_place() -> Iterator[Path]:
    """Give a folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place)


def test_folder_that_may_be_read_only() -> None:
    with open_place() as place:
        folder = place / "store"
        fill(folder)
        for item in (*folder.rglob("*"), folder):
            item.chmod(0o555 if item.is_dir() else 0o444)
        try:
            with without_rights():
                with pytest.raises(StoreError, match="right"):
                    open_store(str(folder), write=True)
                with open_store(str(folder)) as store:
                    assert store.count(Filter(query=parse("kettle"))) == 20
                    assert len(list(store.scan(Filter()))) == 20
                    store.refresh()
                    assert len(store.get([make_mention(1).id])) == 1
                    kept = store.records.get("fix", "a")
                    assert kept is not None
                    assert kept.body == {"n": 1}
                    with pytest.raises(StoreError, match="write access"):
                        store.records.put("fix", "b", {})
                with pytest.raises(StoreError, match="right"):
                    open_store(str(place / "new"), write=True)
        finally:
            for item in (folder, *folder.rglob("*")):
                item.chmod(0o755)


def test_folder_that_may_not_be_read() -> None:
    with open_place() as place:
        folder = place / "store"
        fill(folder)
        folder.chmod(0)
        try:
            with without_rights(), pytest.raises(StoreError, match="right"):
                open_store(str(folder))
        finally:
            folder.chmod(0o755)


# Words near each other


def test_words_near_are_found_alike_whether_candidates_are_checked_or_spelled_out(tmp_path: Path) -> None:
    rnd = random.Random(3)
    texts = [" ".join(rnd.choices(("lid", "leaks", "again", "kettle"), k=rnd.randint(2, 9))) for _ in range(400)]
    with open_store(str(tmp_path), write=True) as store:
        assert isinstance(store, EmbeddedStore)
        store.write([make_mention(n, text=text, tokens=text) for n, text in enumerate(texts)])
        index = open_index(tmp_path / "mentions-1", create=False)
        searcher = index.searcher()

        def found(words: str, *, few: int) -> int:
            compiler = TantivyCompiler(
                schema=index.schema,
                paths={"id", "tokens"},
                hashed=True,
                check=lambda leaf, around, most: holding(searcher, leaf, around, few if most else None),
                tokens_from=lambda start: (),
            )
            return int(searcher.search(compiler.filter(Filter(query=parse(words))), limit=1).count)

        for words in ('"lid leaks again"~3', '"lid leaks lid"~2', '"kettle lid leaks again"~1'):
            expected = sum(matches(parse(words), text.split()) for text in texts)
            assert 0 < expected < len(texts)
            assert found(words, few=0) == found(words, few=10_000) == expected
            assert store.count(Filter(query=parse(words))) == expected


# Size


def test_scan_goes_on_over_pages_and_beginnings_alike(tmp_path: Path) -> None:
    # More ids of one beginning than a page holds.
    ids = [f"same-beginning-{n}" for n in range(SCAN_PAGE + 500)] + [f"{n:064x}" for n in range(300)]
    with open_store(str(tmp_path), write=True) as store:
        store.write([make_mention(n, id=name) for n, name in enumerate(ids)])
        assert [mention.id for mention in store.scan(Filter())] == sorted(ids)
        some = [mention.id for mention in store.scan(Filter(until=NOW - timedelta(minutes=100)))]
        assert some == sorted(ids[101:])


def test_many_short_runs_do_not_leave_ever_more_segments(tmp_path: Path) -> None:
    for n in range(40):
        with open_store(str(tmp_path), write=True) as store:
            store.write([make_mention(n), replace(make_mention(0), last_seen_at=NOW + timedelta(minutes=n))])
    with open_store(str(tmp_path)) as store:
        assert store.count(Filter()) == 40
    assert len(list(tmp_path.rglob("*.store"))) < 20
