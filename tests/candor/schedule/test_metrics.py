"""What Prometheus is told, read over loopback as Prometheus reads it."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from analysis.model import Source
from analysis.model.errors import UsageError
from analysis.model.records.run import Run
from analysis.store.elastic.server.address import read_address
from analysis.store.elastic.spool import Spool, server_folder
from candor.schedule import plan
from candor.schedule.metrics import Metrics, listening_place, spool_bytes
from candor.schedule.telling import Told

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = Source(id="news", kind="feed", url="https://news.kettlo.example/feed.xml")
FORUM = Source(id="talk", kind="forum", url="https://talk.kettlo.example/")
Read = dict[tuple[str, ...], float]


@pytest.fixture
def served() -> Iterator[tuple[Metrics, str]]:
    metrics = Metrics()
    server = metrics.serve("0")
    yield metrics, f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()
    server.server_close()


def read(url: str) -> Read:
    """Return each sample by its name and the values of its labels."""
    with urllib.request.urlopen(url) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def run(**counts: int) -> Run:
    return Run(source="news", kind="feed", started_at=NOW, state="ok", **counts)  # type: ignore[arg-type]


def test_what_was_crawled_is_counted_by_kind(served: tuple[Metrics, str]) -> None:
    metrics, url = served
    metrics.crawled(FEED, run(requests=5, pages=4, posts=3, mentions_new=2, mentions_updated=1, unchanged=1))
    metrics.crawled(FEED, run(requests=1, unchanged=1))
    metrics.crawled(FORUM, None)
    metrics.told(Told(changed=2, sent=1))
    told = read(url)
    assert told["candor_fetches_total", "feed"] == 6
    assert told["candor_pages_total", "feed"] == 4
    assert told["candor_unchanged_total", "feed"] == 2
    assert told["candor_posts_total", "feed"] == 3
    assert told["candor_mentions_total", "feed", "new"] == 2
    assert told["candor_mentions_total", "feed", "updated"] == 1
    assert told["candor_crawls_total", "feed", "ok"] == 2
    assert told["candor_crawls_total", "forum", "not done"] == 1
    assert told["candor_alerts_total",] == 2
    assert told["candor_messages_sent_total",] == 1


def test_the_beat_tells_who_is_late_and_who_is_crawled(served: tuple[Metrics, str]) -> None:
    metrics, url = served
    late = plan.Slot(source="news", interval_s=60, due_at=NOW - timedelta(seconds=100))
    busy = plan.Slot(source="talk", interval_s=60, due_at=NOW - timedelta(seconds=100), running_since=NOW)
    current = plan.Plan().with_slot(late).with_slot(busy)
    metrics.beat(current, {"news": FEED, "talk": FORUM}, store="folder", healthy=False, now=NOW)
    told = read(url)
    assert 95 <= told["candor_lag_seconds", "feed"] <= 100
    assert told["candor_lag_seconds", "forum"] == 0
    assert (told["candor_sources_running", "feed"], told["candor_sources_running", "forum"]) == (0, 1)
    assert (told["candor_spool_bytes",], told["candor_healthy",]) == (0, 0)


def test_the_spool_is_what_waits_on_this_disk(tmp_path: Path) -> None:
    address = "http://127.0.0.1:9200?prefix=kettlo"
    folder = server_folder(tmp_path, read_address(address).shown)
    folder.mkdir(parents=True)
    spool = Spool(folder)
    spool.add([b'{"a": 1}\n', b'{"b": 2}\n'])
    assert spool_bytes(address, {"CANDOR_SPOOL": str(tmp_path)}) == 18
    assert spool_bytes("folder", {"CANDOR_SPOOL": str(tmp_path)}) == 0
    spool.close()


@pytest.mark.parametrize("at", ["nowhere", "70000", "192.0.2.99:9464"])
def test_a_place_that_cannot_be_had_is_told(at: str) -> None:
    with pytest.raises(UsageError, match=f"--metrics {at}"):
        Metrics().serve(at)


@pytest.mark.parametrize(
    ("at", "place"), [("9464", ("127.0.0.1", 9464)), ("0.0.0.0:1", ("0.0.0.0", 1)), ("[::1]:65535", ("::1", 65535))]
)
def test_metrics_are_answered_at_a_port_or_an_address_with_one(at: str, place: tuple[str, int]) -> None:
    assert listening_place(at) == place


@pytest.mark.parametrize("at", ["x", "65536", "9" * 5000, "host:", "-1", "²"])
def test_what_is_no_port_is_told_so(at: str) -> None:
    with pytest.raises(UsageError, match="is no port; write a number up to 65535"):
        listening_place(at)
