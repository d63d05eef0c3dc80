"""Whole crawls over loopback: real Scrapy, real workers, real store; only the web is ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crawl.crawling import HEAD, configure, crawl, crawl_alone, mentions, records
from tests.support.crawl.replay import Answer, Replay, article, bomb, listing, prose, rss

# Slow enough to be interrupted: about 100 pages a second.
SLOW = HEAD.replace("delay = 0.001", "delay = 0.01")
NEWS, FORUM, SHOP = "127.0.0.2", "127.0.0.3", "127.0.0.4"


@pytest.fixture
def web() -> Iterator[Replay]:
    with Replay((NEWS, FORUM, SHOP)) as replay:
        yield replay


def _articles(web: Replay, host: str, count: int, *, start: int = 0) -> list[str]:
    for number in range(start, start + count):
        web.add(host, f"/a{number}.html", article(f"Story {number}", prose(f"the kettle {number}", seed=number)))
    return [web.url(host, f"/a{number}.html") for number in range(start, start + count)]


def _feed(web: Replay, host: str, urls: list[str]) -> str:
    web.add(host, "/feed.xml", rss(web, [(url, f"Entry {url[-9:]}", "A short teaser.") for url in urls]))
    return web.url(host, "/feed.xml")


def test_one_failing_source_stops_no_other(web: Replay, tmp_path: Path) -> None:
    good = _feed(web, NEWS, _articles(web, NEWS, 5))
    (poor,) = _articles(web, NEWS, 1, start=5)
    web.add(FORUM, "/", Answer(status=403, body=b"no"))
    web.add(SHOP, "/robots.txt", Answer(body=b"User-agent: *\nDisallow: /", headers={"Content-Type": "text/plain"}))
    config = configure(
        tmp_path,
        {
            "good": {"kind": "feed", "url": good},
            "refused": {"kind": "pages", "url": web.url(FORUM, "/")},
            "forbidden": {"kind": "pages", "url": web.url(SHOP, "/")},
            "missing": {"kind": "feed", "url": web.url(NEWS, "/nowhere.xml")},
            "poor": {"kind": "pages", "url": poor, "promise": {"posts": 20}},
            "unreachable": {"kind": "feed", "url": "http://127.0.0.5:1/feed.xml"},
        },
    )
    done = crawl(config)
    causes = {name: (row["state"], row["cause"]) for name, row in done.sources.items()}
    assert causes["good"] == ("ok", "")
    assert causes["refused"] == ("failing", "refused us: 403")
    assert causes["forbidden"] == ("failing", "robots.txt forbids")
    assert causes["missing"] == ("failing", "no such page: 404")
    assert causes["poor"] == ("failing", "1 post where 20 are promised")
    assert causes["unreachable"][0] == "failing"
    assert done.status == 1
    assert len(mentions(config)) == 6
    kept = {record.body["source"]: record.body["state"] for record in records(config, "source_run")}
    assert kept == {name: state for name, (state, _) in causes.items()}


def test_a_second_run_adds_nothing_and_reads_only_what_changed(web: Replay, tmp_path: Path) -> None:
    urls = _articles(web, NEWS, 6)
    config = configure(tmp_path, {"news": {"kind": "feed", "url": _feed(web, NEWS, urls)}})
    first = crawl(config)
    assert (first.status, first.sources["news"]["mentions_new"]) == (0, 6)
    before = mentions(config)
    web.asked.clear()
    second = crawl(config)
    assert second.status == 0
    assert second.sources["news"]["mentions_new"] == 0
    assert [path for _, path in web.asked if path.startswith("/a")] == []
    assert mentions(config) == before
    _feed(web, NEWS, [*urls, *_articles(web, NEWS, 1, start=6)])
    web.asked.clear()
    third = crawl(config)
    assert third.sources["news"]["mentions_new"] == 1
    assert [path for _, path in web.asked if path.startswith("/a")] == ["/a6.html"]


def test_a_feed_is_not_remembered_before_its_articles_are_stored(web: Replay, tmp_path: Path) -> None:
    urls = _articles(web, NEWS, 4)
    web.add(NEWS, "/a2.html", Answer(status=503, body=b"busy", etag=False))
    config = configure(tmp_path, {"news": {"kind": "feed", "url": _feed(web, NEWS, urls)}})
    first = crawl(config)
    # The feed's own text stands in for the article that could not be had.
    assert first.sources["news"]["kept_short"] == {"the server failed: 503": 1}
    assert len(mentions(config)) == 3
    _articles(web, NEWS, 4)
    web.asked.clear()
    crawl(config)
    assert len(mentions(config)) == 4
    assert [path for _, path in web.asked if path.startswith("/a")] == ["/a2.html"]


def test_kill_9_in_the_middle_loses_nothing_acknowledged_and_the_next_run_completes(
    web: Replay, tmp_path: Path
) -> None:
    url = _feed(web, NEWS, _articles(web, NEWS, 400))
    config = configure(tmp_path, {"news": {"kind": "feed", "url": url}}, head=SLOW)
    killed = crawl_alone(config, "--kill-after", "100")
    assert killed.status == -9
    stored = len(mentions(config))
    assert 100 <= stored < 400
    done = crawl(config)
    assert done.status == 0
    assert len(mentions(config)) == 400
    # What was stored before the kill is remembered with it, but for the last batches.
    assert done.sources["news"]["requests"] < 400


def test_ctrl_c_stores_what_was_read_and_the_next_run_completes(web: Replay, tmp_path: Path) -> None:
    url = _feed(web, NEWS, _articles(web, NEWS, 400))
    sources = {"news": {"kind": "feed", "url": url}, "later": {"kind": "pages", "url": web.url(NEWS, "/a1.html")}}
    # Ten pages a second: not all are read before the first are judged, however slow that is.
    head = HEAD.replace("delay = 0.001", "delay = 0.1")
    config = configure(tmp_path, sources, head=head + "sources_at_once = 1\n")
    stopped = crawl_alone(config, "--interrupt-after", "50")
    assert stopped.status == 1
    assert stopped.outcome["stopped"]
    assert stopped.outcome["not_started"] == ["later"]
    row = stopped.sources["news"]
    assert row["state"] == "stopped"
    assert 50 <= row["mentions_new"] < 400
    assert len(mentions(config)) == row["mentions_new"]
    crawl(configure(tmp_path, sources))
    assert len(mentions(config)) == 400


def test_nasty_pages_cost_only_themselves(web: Replay, tmp_path: Path) -> None:
    _articles(web, NEWS, 1)
    nasty = {
        "/bomb": bomb(),
        "/huge": Answer(body=b"<html>", padding=50 * 2**20),
        "/empty": Answer(),
        "/500": Answer(status=500, body=b"sorry"),
        "/403": Answer(status=403, body=b"no"),
        "/hang": Answer(hang_s=60),
        "/private": Answer(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}),
        "/charset": article("Ein Kessel", prose("dem kettle für Käse", seed=1), charset="cp1252"),
        "/picture": Answer(body=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50),
    }
    for path, answer in nasty.items():
        web.add(NEWS, path, answer)
    paths = ["/a0.html", *nasty]
    web.add(NEWS, "/", listing(web, [(web.url(NEWS, path), path) for path in paths]))
    site = {"kind": "pages", "url": web.url(NEWS, "/"), "depth": 1}
    config = configure(tmp_path, {"site": site}, head=HEAD.replace("timeout = 20", "timeout = 5"))
    done = crawl(config)
    row = done.sources["site"]
    assert row["state"] == "ok"
    stored = mentions(config)
    assert set(stored) == {web.url(NEWS, "/a0.html"), web.url(NEWS, "/charset")}
    assert "für Käse" in stored[web.url(NEWS, "/charset")].text
    reasons = row["dropped"]
    for reason in ("refused us: 403", "the server failed: 500", "timed out", "private address", "could not be read"):
        assert reason in reasons, (reason, reasons)
    assert any("over 10 MiB" in reason for reason in reasons), reasons


def test_a_feed_that_is_html_fails_with_the_reason(web: Replay, tmp_path: Path) -> None:
    _articles(web, NEWS, 1)
    config = configure(tmp_path, {"news": {"kind": "feed", "url": web.url(NEWS, "/a0.html")}})
    done = crawl(config)
    assert done.status == 1
    assert done.sources["news"]["state"] == "failing"
    assert web.url(NEWS, "/a0.html") in done.sources["news"]["cause"]
