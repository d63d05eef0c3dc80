"""What a server, a network or a crash can do to a write: nothing is lost, nothing doubled, and the words are plain."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.model import Mention
from analysis.model.errors import StoreError
from analysis.model.records.audit import TOMBSTONES, Tombstone
from analysis.store.base import Filter, Store, Written
from analysis.store.elastic.server.client import AwayError
from analysis.store.elastic.store import ElasticStore, open_elastic
from analysis.store.elastic.writer import SLICE
from tests.support.elastic import proxy
from tests.support.elastic.servers import (
    GIVEN,
    QUICK,
    TESTED,
    connected,
    environment,
    running,
    server_url,
    store_address,
    wipe,
)
from tests.support.mentions import NOW, generate, make_mention

LINE = TESTED[-1]
ROOT = Path(__file__).resolve().parents[2]
MANY = [make_mention(n) for n in range(600)]


@pytest.fixture
def address() -> str:
    """An address under which there is nothing yet."""
    found = store_address(LINE, "faults")
    wipe(found)
    return found


def through(url: str) -> str:
    return f"{url}?prefix=candor-test-faults"


def opened(address: str, folder: Path, **more: str) -> ElasticStore:
    return open_elastic(address, write=True, patience=QUICK, environ=environment(folder, **more))


def ids(store: Store) -> list[str]:
    store.refresh()
    return [mention.id for mention in store.scan(Filter())]


def all_ids(mentions: list[Mention]) -> list[str]:
    return sorted(mention.id for mention in mentions)


@pytest.fixture
def nowhere() -> str:
    """The address of a server that is not running."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}?prefix=candor-test-faults"


# A bad gateway between the store and the server


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("busy items", proxy.first(1, proxy.busy_items)),
        ("a page instead of an answer", proxy.first(1, lambda request, onward: proxy.page(502))),
        ("a page that says all is well", proxy.first(1, lambda request, onward: proxy.page(200))),
        ("busy", proxy.first(1, lambda request, onward: proxy.page(503))),
        ("the answer is lost", proxy.first(2, proxy.cut_after_applying)),
        ("slow", proxy.first(1, proxy.slow)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_passes_costs_nothing_but_a_new_try(address: str, tmp_path: Path, name: str, fault: proxy.Fault) -> None:
    with proxy.gateway(server_url(LINE), fault) as between, opened(through(between.url), tmp_path) as store:
        assert store.write(MANY) == Written(created=len(MANY))
        assert sum(request.bulk for request in between.seen) > (1 if name != "slow" else 0)
        assert ids(store) == all_ids(MANY)
        assert store.write(MANY) == Written(updated=len(MANY))
        assert list((tmp_path / "spool").rglob("*.jsonl")) == []


def test_an_update_whose_answer_was_lost_still_counts_as_an_update(address: str, tmp_path: Path) -> None:
    newer = [replace(mention, last_seen_at=NOW + timedelta(hours=1)) for mention in MANY[:60]]
    with opened(address, tmp_path) as store:
        store.write(MANY[:30])
        store.refresh()
    lost = proxy.first(1, proxy.cut_after_applying)
    with proxy.gateway(server_url(LINE), lost) as between, opened(through(between.url), tmp_path) as store:
        assert store.write(newer) == Written(created=30, updated=30)


def test_too_large_a_request_is_halved_and_too_large_a_mention_refused(address: str, tmp_path: Path) -> None:
    def small(request: proxy.Request, onward: proxy.Pass) -> proxy.Answer:
        return proxy.page(413) if request.bulk and len(request.body) > 40_000 else onward(request)

    giant = make_mention(9_999, text="word " * 20_000)
    with proxy.gateway(server_url(LINE), small) as between, opened(through(between.url), tmp_path) as store:
        written = store.write([*MANY, giant])
        assert written.created == len(MANY)
        assert [name for name, _ in written.refused] == [giant.id]
        assert "more than the server takes" in written.refused[0][1]
        assert [letter["id"] for letter in store.letters.all()] == [giant.id]
        assert ids(store) == all_ids(MANY)


def test_a_gateway_that_never_recovers_leaves_all_in_the_spool(
    address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fault = proxy.first(10_000, lambda request, onward: proxy.page(502))
    with proxy.gateway(server_url(LINE), fault) as between:
        with opened(through(between.url), tmp_path) as store:
            assert store.write(MANY) == Written(waiting=len(MANY))
            assert store.get([MANY[3].id]) == {MANY[3].id: MANY[3]}
        assert "no JSON: a gateway in between" in caplog.text
        assert "wait in" in caplog.text
        assert "Traceback" not in caplog.text
        between.fault = proxy.transparent
        with opened(through(between.url), tmp_path) as store:
            assert ids(store) == all_ids(MANY)


# The server is away


def test_crawl_goes_on_while_the_server_is_away_and_the_next_run_brings_it_in(
    address: str, nowhere: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    erased, known = MANY[10], replace(MANY[20], first_seen_at=NOW - timedelta(days=30))
    with opened(address, tmp_path) as store:
        store.write([known])
        TOMBSTONES.put(
            store.records, Tombstone(of=f"url:{erased.post_id}", erasure="000000000001", at="2026-10-05T12:30:15Z")
        )
    # A gateway stands in for the server's address, which stays the same while the server is gone.
    with proxy.gateway(server_url(LINE), lambda request, onward: proxy.page(503)) as between:
        with opened(through(between.url), tmp_path) as store:
            for first in range(0, 600, 100):
                assert store.write(MANY[first : first + 100]) == Written(waiting=100)
            store.records.put("source_run", "forum/1", {"posts": 600})
            assert store.get([MANY[0].id]) == {MANY[0].id: MANY[0]}
            assert store.records.get_many("source_run", ["forum/1"])["forum/1"].body == {"posts": 600}
            assert store.search(Filter(terms={"bands": ["x"]}), optional=True) == []
            with pytest.raises(AwayError):
                store.search(Filter(terms={"bands": ["x"]}))
            with pytest.raises(AwayError):
                store.count(Filter())
            with pytest.raises(AwayError):
                store.erase([MANY[0].id])
            with pytest.raises(AwayError):
                store.records.put("lease", "a", {}, if_version=0)
        assert "600" in caplog.text or "601 mentions and records wait" in caplog.text
        between.fault = proxy.transparent
        with opened(through(between.url), tmp_path) as store:
            assert ids(store) == all_ids([mention for mention in MANY if mention is not erased])
            assert store.get([known.id])[known.id].first_seen_at == known.first_seen_at
            assert store.records.get_many("source_run", ["forum/1"])["forum/1"].body == {"posts": 600}


def test_a_full_spool_holds_the_crawl_and_then_says_so(nowhere: str, tmp_path: Path) -> None:
    with opened(nowhere, tmp_path, CANDOR_SPOOL_MIB="0.1", CANDOR_SPOOL_PATIENCE_S="1") as store:
        batches = 0
        while not store_is_full(store):
            assert store.write(MANY[batches * 50 : batches * 50 + 50]) == Written(waiting=50)
            batches += 1
        started = time.monotonic()
        with pytest.raises(StoreError, match="start the server and run again"):
            store.write(MANY[:1])
        assert time.monotonic() - started >= 1
        assert 1 < batches < 12
        assert store.get([MANY[batches * 50 - 1].id])


def store_is_full(store: ElasticStore) -> bool:
    assert store._writer is not None
    return store._writer.spool.full


def test_readers_are_told_that_the_server_is_away(nowhere: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be reached"):
        open_elastic(nowhere, patience=QUICK, environ=environment(tmp_path))


CRAWLER = """
import sys, time
from analysis.store.elastic.store import open_elastic
from analysis.store.elastic.server.client import Patience
from tests.support.mentions import make_mention
address, first, last, later = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
from dataclasses import replace
from datetime import timedelta
store = open_elastic(address, write=True, patience=Patience(attempts=8, base_s=0.2, cap_s=2.0))
for n in range(first, last, 20):
    batch = [make_mention(k) for k in range(n, n + 20)]
    batch = [replace(m, text=m.text + f" {later}", last_seen_at=m.last_seen_at + timedelta(hours=later)) for m in batch]
    written = store.write(batch)
    print(n + 20, written.waiting, flush=True)
if later < 0:
    time.sleep(60)
store.close()
print("end", flush=True)
"""


def crawler(address: str, folder: Path, first: int, last: int, later: float = 0.0) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", textwrap.dedent(CRAWLER), address, str(first), str(last), str(later)]
    return subprocess.Popen(
        words, cwd=ROOT, env=dict(environment(folder)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def test_kill_of_the_crawler_with_a_full_spool_loses_nothing(address: str, tmp_path: Path) -> None:
    with proxy.gateway(server_url(LINE), lambda request, onward: proxy.page(503)) as between:
        where = through(between.url)
        with crawler(where, tmp_path, 0, 100, -1.0) as child:
            assert child.stdout is not None
            for line in child.stdout:
                if line.startswith("100 "):
                    break
            child.send_signal(signal.SIGKILL)
        between.fault = proxy.transparent
        with opened(where, tmp_path) as store:
            assert ids(store) == all_ids(MANY[:100])
        assert list((tmp_path / "spool").rglob("*.jsonl")) == []


def test_two_crawlers_with_the_same_posts_double_nothing_and_keep_the_newer(address: str, tmp_path: Path) -> None:
    with opened(address, tmp_path):
        pass
    with (
        crawler(address, tmp_path / "a", 0, 200, 0.0) as older,
        crawler(address, tmp_path / "b", 0, 200, 2.0) as newer,
    ):
        assert older.communicate(timeout=120)[0].endswith("end\n")
        assert newer.communicate(timeout=120)[0].endswith("end\n")
    with opened(address, tmp_path) as store:
        assert ids(store) == all_ids(MANY[:200])
        assert all(mention.text.endswith(" 2.0") for mention in store.scan(Filter()))


@pytest.mark.skipif(bool(GIVEN), reason="only a server that was started here may be killed")
@pytest.mark.slow
def test_kill_of_the_server_in_the_middle_of_writing(address: str, tmp_path: Path) -> None:
    server = running(LINE)
    with crawler(address, tmp_path, 0, 4_000) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line.split()[0]) >= 400:
                break
        server.kill()
        server.start(wait_s=240)
        assert list(child.stdout)[-1] == "end\n"
        assert child.wait(60) == 0
    with opened(address, tmp_path) as store:
        assert ids(store) == all_ids([make_mention(n) for n in range(4_000)])


# The server refuses


def test_a_refused_mention_is_a_dead_letter_and_can_be_written_after_the_cure(address: str, tmp_path: Path) -> None:
    rated = make_mention(1, rating=4.5)
    with opened(address, tmp_path) as store:
        store.write([make_mention(0)])
        # The index of the year is made again by hand, with a field that cannot hold what we send.
        connection = connected(address)
        index = store.names.mentions(1, "2026")
        connection.ask("DELETE", f"/{index}")
        body = {"aliases": {store.names.alias: {}}, "mappings": {"properties": {"rating": {"type": "ip"}}}}
        connection.ask("PUT", f"/{index}", body)
        written = store.write([rated, *MANY[2:10]])
        assert written.created == 8
        [(name, reason)] = written.refused
        assert name == rated.id
        assert "rating" in reason
        [letter] = store.letters.all()
        assert letter["reason"] == reason
        assert letter["mention"]["rating"] == 4.5
    with pytest.raises(StoreError, match=r"field rating is ip, should be double; upgrade the store"):
        opened(address, tmp_path)
    connection.ask("DELETE", f"/{index}")
    connection.close()
    from candor.commands.team.store import _replay

    with opened(address, tmp_path) as store:
        assert _replay(store, store.letters) == (1, 0, 0)
        assert store.get([rated.id]) == {rated.id: rated}
        assert store.letters.files() == []


def test_a_read_only_index_is_explained_and_the_spool_keeps(
    address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(address, tmp_path) as store:
        store.write(MANY[:1])
        connection = connected(address)
        path = f"/{store.names.mentions(1, '2026')}/_settings"
        connection.ask("PUT", path, {"index.blocks.read_only_allow_delete": True})
        assert store.write(MANY[1:50]) == Written(waiting=49)
        assert "free disk space there, then set index.blocks.read_only_allow_delete to null" in caplog.text
        connection.ask("PUT", path, {"index.blocks.read_only_allow_delete": None})
        connection.close()
    with opened(address, tmp_path) as store:
        assert ids(store) == all_ids(MANY[:50])


# One mention, one document


def test_a_mention_that_changes_its_year_stays_one(address: str, tmp_path: Path) -> None:
    before = make_mention(1, published_at=datetime(2025, 12, 31, 23, tzinfo=UTC))
    after = replace(before, published_at=datetime(2026, 1, 1, 1, tzinfo=UTC), last_seen_at=NOW + timedelta(hours=1))
    with opened(address, tmp_path) as store:
        assert store.write([before]) == Written(created=1)
        assert store.write([after]) == Written(updated=1)
        assert store.write([before]) == Written(stale=1)
        store.refresh()
        assert list(store.scan(Filter())) == [after]
        assert store.write([replace(before, last_seen_at=NOW + timedelta(hours=2))]) == Written(updated=1)
        store.refresh()
        assert store.count(Filter()) == 1
        far = make_mention(2, published_at=datetime(1815, 6, 18, tzinfo=UTC))
        assert store.write([far]) == Written(created=1)
        assert store.setup.indices() == [store.names.mentions(1, year) for year in ("2025", "2026", "other")]
        assert store.get([far.id]) == {far.id: far}


def test_many_at_once_that_change_their_year_stay_one_each(address: str, tmp_path: Path) -> None:
    count = 3 * SLICE + 7
    before = [make_mention(n, published_at=datetime(2025, 12, 31, 23, tzinfo=UTC)) for n in range(count)]
    new_year, later = datetime(2026, 1, 1, 1, tzinfo=UTC), NOW + timedelta(hours=1)
    after = [replace(mention, published_at=new_year, last_seen_at=later) for mention in before[::2]]
    nameless = [make_mention(count), replace(make_mention(count + 1), id=""), replace(make_mention(1), id="\ud800")]
    with opened(address, tmp_path) as store:
        assert store.write(before) == Written(created=count)
        # Not refreshed: the searches of the server do not see them yet.
        found = store.write(after + nameless)
        assert (found.created, found.updated, len(found.refused)) == (1, len(after), 2)
        store.refresh()
        assert store.count(Filter()) == count + 1
        assert store.write(before[::2]) == Written(stale=len(after))
        store.refresh()
        assert store.count(Filter(until=datetime(2026, 1, 1, tzinfo=UTC))) == count - len(after)
        assert store.count(Filter()) == count + 1


def test_terms_over_many_years_are_exact(address: str, tmp_path: Path) -> None:
    mentions = [
        replace(mention, published_at=mention.published_at.replace(year=2023 + n % 4))
        for n, mention in enumerate(generate(800, seed=11))
    ]
    with opened(address, tmp_path) as store:
        store.write(mentions)
        store.refresh()
        counts: dict[str, int] = {}
        for mention in mentions:
            counts[mention.author] = counts.get(mention.author, 0) + 1
        answer = store.aggregate(Filter(), {"x": {"terms": {"field": "author", "size": 5}}})["x"]
        wanted = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
        assert [(bucket["key"], bucket["doc_count"]) for bucket in answer["buckets"]] == wanted
        assert answer["doc_count_error_upper_bound"] == 0


def test_search_goes_past_the_result_window(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.store.elastic.store.RESULT_WINDOW", 100)
    with opened(address, tmp_path) as store:
        store.write(MANY)
        store.refresh()
        hits = store.search(Filter(), limit=30, offset=550)
        assert [hit.mention.id for hit in hits] == all_ids(MANY)[550:580]


def test_nothing_of_a_spool_is_readable_by_others(nowhere: str, tmp_path: Path) -> None:
    with opened(nowhere, tmp_path) as store:
        store.write(MANY[:5])
    [batch] = (tmp_path / "spool").rglob("*.jsonl")
    assert batch.parent.stat().st_mode & 0o077 == 0
    assert [json.loads(line)["mention"]["id"] for line in batch.read_text().splitlines()] == [m.id for m in MANY[:5]]
    assert os.access(batch, os.R_OK)


@pytest.fixture(autouse=True)
def _leave_nothing() -> Iterator[None]:
    yield
    wipe(store_address(LINE, "faults"))


def test_a_torn_batch_gives_its_whole_lines(address: str, nowhere: str, tmp_path: Path) -> None:
    with proxy.gateway(server_url(LINE), lambda request, onward: proxy.page(503)) as between:
        with opened(through(between.url), tmp_path) as store:
            store.write(MANY[:5])
        [batch] = (tmp_path / "spool").rglob("*.jsonl")
        with batch.open("ab") as stream:
            stream.write(b'{"mention":{"id":"half')
        between.fault = proxy.transparent
        with opened(through(between.url), tmp_path) as store:
            assert ids(store) == all_ids(MANY[:5])
