"""``candor crawl --since``: what an earlier run left out, or would not read again, is read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.candor.commands.test_commands import candor
from tests.support.crawl.crawling import configure, crawl, mentions
from tests.support.crawl.documented_api import DocumentedApi, texts

DAYS = (1, 5, 40, 200)


def crawled(folder: Path, *words: str) -> str:
    """Crawl in a process of its own, as a reactor runs once, and return what was told on standard error."""
    command = [sys.executable, "-m", "candor", "crawl", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stderr


def day(ago: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=ago):%Y-%m-%dT%H:%M:%SZ}"


def issues(path: str, asked: Mapping[str, str]) -> str:
    rows = [
        {
            "html_url": f"https://github.com/kettle/app/issues/{ago}",
            "user": {"login": "ann"},
            "body": "the kettle",
            "created_at": day(ago),
            "updated_at": day(ago),
        }
        for ago in DAYS
        if day(ago) >= asked.get("since", "")
    ]
    return json.dumps(rows if path.endswith("/issues") else []) if path.startswith("/repos/") else ""


def test_an_api_is_asked_for_what_lies_before_the_last_run(tmp_path: Path) -> None:
    with DocumentedApi(texts(issues)) as host:
        keys = {"kind": "github", "api": host.api, "repository": "kettle/app", "since": "30d"}
        config = configure(tmp_path, {"it": keys})
        assert crawl(config).status == 0
        assert len(mentions(config)) == 2
        configure(tmp_path, {"it": keys, "shop": {"kind": "pages", "url": f"{host.api}/page"}})
        said = crawled(tmp_path, "--since", "90d")
        assert "left out, because they read what is there now: shop" in said
        assert len(mentions(config)) == 3
        configure(tmp_path, {"it": keys})
        asked = len(host.asked)
        assert crawl(config).sources["it"]["mentions_new"] == 0
        assert len(host.asked) == asked + 2


FEED = """<rss version="2.0"><channel><title>News</title>{items}</channel></rss>"""
ITEM = """<item><title>The kettle, {ago} days ago</title><guid>urn:{ago}</guid><pubDate>{at}</pubDate>
<description>The kettle leaks again, as it did {ago} days ago.</description></item>"""


def feed(path: str, _: Mapping[str, str]) -> str:
    items = "".join(ITEM.format(ago=ago, at=day(ago)) for ago in DAYS)
    return FEED.format(items=items) if path == "/feed" else ""


def test_a_feed_gives_what_since_left_out(tmp_path: Path) -> None:
    with DocumentedApi(texts(feed)) as host:
        source = {"kind": "feed", "url": f"{host.api}/feed", "full": False, "since": "30d"}
        config = configure(tmp_path, {"it": source})
        assert crawl(config).status == 0
        assert len(mentions(config)) == 2
        crawled(tmp_path, "--since", day(300)[:10])
        assert len(mentions(config)) == 4


def test_what_cannot_go_back_says_so(tmp_path: Path) -> None:
    configure(tmp_path, {"shop": {"kind": "pages", "url": "http://127.0.0.1:9/page"}})
    done = candor(tmp_path, "crawl", "--since", "90d")
    assert done.returncode == 2
    assert "shop: a source of the kind pages cannot go back" in done.stderr
    done = candor(tmp_path, "crawl", "--since", "2999-01-01")
    assert (done.returncode, "is not in the past" in done.stderr) == (2, True)
