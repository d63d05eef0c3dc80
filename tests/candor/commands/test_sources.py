"""``candor sources``: what the runs of a source come to, and the line for scripts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.model import Source
from analysis.model.records.run import Run
from candor.commands.look.sources import row_of
from tests.candor.commands.test_commands import candor
from tests.support.crawl.crawling import configure

NOW = datetime(2026, 3, 11, tzinfo=UTC)
SOURCE = Source(id="board", kind="forum", url="https://board.example/f", every_s=3600, promise_posts=5)


def test_runs_come_to_a_day_and_to_the_next_visit() -> None:
    good = Run(source="board", started_at=NOW - timedelta(days=2), state="ok", posts=30, mentions_new=3, requests=8)
    bad = Run(source="board", started_at=NOW - timedelta(hours=2), state="failing", cause="refused us: 403", posts=0)
    row = row_of(SOURCE, [good, bad], now=NOW)
    assert (row["state"], row["cause"], row["last_success"]) == ("failing", "refused us: 403", "2026-03-09T00:00:00Z")
    assert (row["posts_a_day"], row["mentions_a_day"]) == (15.0, 1.5)
    assert row["requests_a_day"] == 4.0
    assert row["next_visit"] == "2026-03-10T23:00:00Z"
    assert row["promise"] == {"posts": 5, "dated": 0.0, "author": 0.0, "kept": False}


def test_a_site_that_wants_to_be_left_alone_is_not_visited_before() -> None:
    until = NOW + timedelta(days=1)
    waiting = Run(source="board", started_at=NOW, state="waiting", wait_until=until)
    row = row_of(SOURCE, [waiting], now=NOW)
    assert (row["next_visit"], row["promise"]["kept"]) == ("2026-03-12T00:00:00Z", None)


def test_what_was_never_crawled_is_new(tmp_path: Path) -> None:
    configure(tmp_path, {"board": {"kind": "forum", "url": "https://board.example/f"}})
    done = candor(tmp_path, "sources", "--json")
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (row["id"], row["kind"], row["state"], row["next_visit"]) == ("board", "forum", "new", None)
    assert "never" in candor(tmp_path, "sources").stdout
    assert candor(tmp_path / "..", "sources", "--config", "absent.toml").returncode == 2


def test_names_are_whole_in_a_narrow_terminal_and_the_columns_left_out_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"a-source-with-a-long-name-of-the-{kind}" for kind in ("forum", "shop")]
    configure(tmp_path, {name: {"kind": "forum", "url": f"https://{name}.example/f"} for name in names})
    monkeypatch.setenv("COLUMNS", "80")
    narrow = candor(tmp_path, "sources").stdout
    assert all(name in narrow for name in names)
    assert "--json all: kind, posts a day" in " ".join(narrow.split())
    assert max(map(len, narrow.splitlines())) <= 80
    assert [line[-1] for line in narrow.splitlines() if names[0] in line] == ["│"]
    monkeypatch.setenv("COLUMNS", "200")
    wide = candor(tmp_path, "sources").stdout
    assert "requests" in wide
    assert "--json" not in wide
