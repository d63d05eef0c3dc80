"""What a host asked us to wait for is remembered: the next run leaves it alone until then, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from analysis.model.records.crawl import HOST_WAITS, HostWait
from analysis.store.open import open_store
from analysis.track.results import Measures
from candor.report_output import build_report
from crawler.configuration import load
from crawler.politeness.hosts import Hosts
from crawler.politeness.waits import LONGEST, recall, remember, wait_of
from tests.support.crawl.crawling import configure, crawl, mentions, records
from tests.support.crawl.replay import Answer, Replay, article, prose, rss

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BUSY, CALM = "127.0.0.2", "127.0.0.3"
LATER = Answer(status=429, headers={"Retry-After": "5400"})


@pytest.fixture
def web() -> Iterator[Replay]:
    with Replay((BUSY, CALM)) as replay:
        yield replay


def test_a_source_whose_host_asked_for_patience_waits_and_is_asked_again_in_time(web: Replay, tmp_path: Path) -> None:
    web.add(BUSY, "/a.html", article("Story", prose("the kettle here", seed=1)))
    web.add(CALM, "/b.html", article("Other", prose("the kettle there", seed=2)))
    web.add(BUSY, "/feed.xml", LATER)
    web.add(CALM, "/feed.xml", rss(web, [(web.url(BUSY, "/a.html"), "A", "a"), (web.url(CALM, "/b.html"), "B", "b")]))
    feeds = {name: {"kind": "feed", "url": web.url(host, "/feed.xml")} for name, host in (("busy", BUSY),)}
    config = configure(tmp_path, feeds)
    first = crawl(config)
    busy = first.sources["busy"]
    assert (first.status, busy["state"]) == (1, "failing")
    assert busy["cause"].startswith("refused us: 429; asks us to wait: left alone until ")
    assert busy["wait_until"]
    asked = len(web.asked)

    feeds["calm"] = {"kind": "feed", "url": web.url(CALM, "/feed.xml")}
    configure(tmp_path, feeds)
    second = crawl(config)
    assert second.status == 0
    assert second.sources["busy"]["state"] == "waiting"
    assert second.sources["busy"]["cause"].startswith("asked us to wait until ")
    assert "refused us: 429" in second.sources["busy"]["cause"]
    # Neither its feed nor its robots.txt, nor the page of it that another source lists.
    assert [host for host, _ in web.asked[asked:] if host == BUSY] == []
    assert second.sources["calm"]["state"] == "ok"
    # The report says the same as the crawl and its exit status.
    reported = {source.id: (source.state, source.failed) for source in report(config).sources}
    assert reported == {"busy": ("waiting", 1), "calm": ("ok", 0)}
    assert "b.html" in "".join(mentions(config))

    web.add(BUSY, "/feed.xml", rss(web, [(web.url(BUSY, "/a.html"), "A", "a")]))
    with open_store(str(tmp_path / "store"), write=True) as store:
        over = HostWait(host=BUSY, until=datetime.now(UTC) - timedelta(seconds=1), why="refused us: 429")
        HOST_WAITS.put(store.records, over)
    third = crawl(config)
    assert third.sources["busy"]["state"] == "ok"
    assert third.sources["busy"]["wait_until"] is None
    assert "a.html" in "".join(mentions(config))
    assert [record.body["state"] for record in records(config, "source_run") if record.body["source"] == "busy"] == [
        "failing",
        "waiting",
        "ok",
    ]


def report(config: Path) -> Measures:
    settings = load(config)
    with open_store(settings.store) as store:
        return build_report(settings, store, now=datetime.now(UTC))


def test_waits_are_kept_until_they_are_over_and_no_longer_than_a_day(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "store"), write=True) as store:
        asked = {
            "hour.example": wait_of(3600, host="hour.example", now=NOW, why="refused us: 429"),
            "year.example": wait_of(3e7, host="year.example", now=NOW, why="the server failed: 503"),
            "over.example": HostWait(host="over.example", until=NOW, why="refused us: 429"),
        }
        remember(store.records, asked.values(), now=NOW)
        assert recall(store.records, now=NOW) == {name: asked[name] for name in ("hour.example", "year.example")}
        assert asked["year.example"].until == NOW + LONGEST
        after = NOW + timedelta(hours=2)
        assert list(recall(store.records, now=after)) == ["year.example"]
        fresh = wait_of(60, host="new.example", now=after, why="refused us: 429")
        remember(store.records, [fresh], now=after)
        assert [wait.host for wait in HOST_WAITS.values(store.records)] == ["new.example", "year.example"]
        # A clock that was set back does not make a wait of a day one of a month.
        assert recall(store.records, now=NOW - timedelta(days=30)) == {}


def test_a_wish_beyond_all_measure_is_told_with_what_is_done_and_holds_for_its_host_alone() -> None:
    from crawler.politeness.causes import Refused

    hosts = Hosts(delay_s=0.001, per_host=1)
    hosts.rest("a.example", 1e9, "refused us: 429", at=monotonic(), now=NOW)
    said = "it asked for more than a year, and we ask again after a day"
    with pytest.raises(
        Refused, match=r"^asked us to come back in more than a year \(refused us: 429\); we ask again after a day$"
    ):
        hosts.check("a.example")
    assert hosts.waits["a.example"].words == f"asked us to wait until 2026-03-02 12:00 UTC (refused us: 429; {said})"
    hosts.check("b.example")
    assert "b.example" not in hosts.waits
    hosts.slow("c.example", 1e9)
    with pytest.raises(Refused, match=r"asks for more than a year between .* this host is left alone for a day"):
        hosts.check("c.example")


def test_a_host_is_open_again_when_its_wait_is_over() -> None:
    from crawler.politeness.causes import Refused

    hosts = Hosts(delay_s=0.001, per_host=1)
    hosts.obey("a.example", wait_of(3600, host="a.example", now=NOW, why="refused us: 429"), now=NOW)
    with pytest.raises(Refused, match=r"asked us to wait until 2026-03-01 13:00 UTC \(refused us: 429\)") as refused:
        hosts.check("a.example")
    assert refused.value.kind == "waiting"
    hosts["a.example"].closed_until = 0.0
    hosts.check("a.example")
    # What fails by itself is no wish.
    for _ in range(8):
        hosts.failed("a.example", "timed out")
    hosts.keep_waits()
    with pytest.raises(Refused, match="left alone after 8 failures") as refused:
        hosts.check("a.example")
    assert refused.value.kind == "left_alone"
