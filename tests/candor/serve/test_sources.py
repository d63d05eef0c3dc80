"""Sources from the page: looked at before they are saved, paused, crawled now with live progress; over a real site."""

from __future__ import annotations

import html
import http.client
import json
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analysis.settings.blocks import with_key
from analysis.store.embedded.store import EmbeddedStore
from analysis.store.lock import FileLock
from candor.schedule.lock import NAME
from candor.serve.live.progress import told_to_read_again
from crawler.configuration import load
from tests.candor.commands.test_add import CONFIG, site
from tests.candor.commands.test_commands import candor
from tests.support.crawl.counting_server import CountingServer
from tests.support.serving import Answer, Browser, Serving, serving


@contextmanager
def page_of(folder: Path) -> Iterator[Serving]:
    """Serve the configuration that lies in a folder, as ``candor serve`` does: the store is open for reading alone."""
    config = load(folder / "candor.toml")
    with EmbeddedStore(Path(config.store), write=True):
        pass
    with (
        EmbeddedStore(Path(config.store)) as store,
        serving(store, folder, config=config, now=datetime.now(UTC)) as served,
    ):
        yield served


def added(admin: Browser, place: str, **options: str) -> Answer:
    """Look at a place and add it."""
    found = admin.post("/sources/look", {"place": place, **options})
    assert found.status == 200, found.text
    key = re.findall(r'name="key" value="([^"]+)"', found.text)[0]
    return admin.post("/sources/add", {"key": key})


def events(served: Serving, browser: Browser) -> list[tuple[str, dict[str, Any]]]:
    """Return what is told of the crawl until it is over."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=300)
    connection.request("GET", "/crawl/live", headers={"Cookie": browser.cookie})
    answer = connection.getresponse()
    assert answer.getheader("content-type", "").startswith("text/event-stream")
    told = answer.read().decode()
    connection.close()
    parts = [dict(re.findall(r"^(event|data): (.*)$", part, re.MULTILINE)) for part in told.split("\n\n") if part]
    return [(part.get("event", "message"), json.loads(part["data"])) for part in parts]


def test_a_place_is_looked_at_shown_and_then_saved(tmp_path: Path) -> None:
    path = tmp_path / "candor.toml"
    path.write_text(CONFIG)
    with CountingServer(site) as server, page_of(tmp_path) as served:
        admin, bob = served.visitor("admin", "ann"), served.visitor("analyst", "bob")
        found = admin.post("/sources/look", {"place": server.url("/"), "id": "magazine", "every": "6h"})
        assert found.status == 200, found.text
        assert "feed" in found.text
        assert found.text.count("<article") == 5
        assert "Tessaro wins prize" in found.text
        assert "id = &#34;magazine&#34;" in found.text
        assert path.read_text() == CONFIG, "nothing is saved before somebody says so"
        key = re.findall(r'name="key" value="([^"]+)"', found.text)[0]
        assert bob.post("/sources/add", {"key": key}).status == 403
        other = served.visitor("admin", "eve")
        assert other.post("/sources/add", {"key": key}).status == 400, "it is not eve's"
        done = admin.post("/sources/add", {"key": key})
        assert done.status == 303
        assert "magazine is added." in admin.get(done.headers["location"]).text
        assert admin.post("/sources/add", {"key": key}).status == 400, "once"
        written = tomllib.loads(path.read_text())["sources"]
        assert [one.get("id") for one in written] == ["old", "magazine"]
        assert "# for years" in path.read_text()
        for place, why in (
            (server.url("/"), "reads this already"),
            (server.url("/nothing"), ""),
            ("candor.toml", "a file of this machine"),
            ("--yes", "paste a web address"),
            ("", "paste a web address"),
        ):
            wrong = admin.post("/sources/look", {"place": place, "id": "magazine", "every": "6h"})
            assert wrong.status == 400, place
            assert why in html.unescape(wrong.text)
        assert len(tomllib.loads(path.read_text())["sources"]) == 2


def test_a_source_is_paused_and_goes_on_with_every_comment_kept(tmp_path: Path) -> None:
    path = tmp_path / "candor.toml"
    path.write_text(CONFIG)
    with page_of(tmp_path) as served:
        admin = served.visitor("admin", "ann")
        assert served.visitor("analyst", "bob").post("/sources/old/pause", {}).status == 403
        assert admin.post("/sources/old/pause", {}).status == 303
        assert load(path).sources[0].paused
        assert "# for years\npaused = true" not in path.read_text()
        assert 'class="label ">paused' in admin.get("/sources").text
        refused = candor(tmp_path, "crawl")
        assert (refused.returncode, "every source is paused" in refused.stderr) == (2, True)
        assert admin.post("/sources/none/pause", {}).status == 400
        assert admin.post("/sources/old/resume", {}).status == 303
        assert path.read_text() == CONFIG
        path.write_text("[[")
        broken = admin.post("/sources/old/pause", {})
        assert broken.status == 400
        assert path.read_text() == "[["


def test_a_source_is_crawled_now_and_everybody_sees_how_far(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    with CountingServer(site) as server, page_of(tmp_path) as served:
        admin, bob = served.visitor("admin", "ann"), served.visitor("analyst", "bob")
        assert added(admin, server.url("/feed.xml"), id="magazine").status == 303
        assert served.visitor("viewer", "vic").post("/sources/magazine/crawl", {}).status == 403
        assert bob.post("/sources/none/crawl", {}).status == 400
        assert bob.post("/sources/magazine/crawl", {}).status == 303
        second = admin.post("/sources/magazine/crawl", {})
        assert (second.status, "one at a time" in second.text) == (400, True)
        assert 'data-live="/crawl/live"' in admin.get("/sources").text
        told = events(served, admin)
        assert told[-1][0] == "over"
        last = told[-1][1]
        assert (last["source"], last["step"], last["over"]) == ("magazine", "done", True), last
        assert last["posts"] == 9
        assert last["mentions_new"] > 0
        assert {name for name, _ in told[:-1]} <= {"message"}
        deadline = time.monotonic() + 60
        while bob.get("/mentions").total != last["mentions_new"] and time.monotonic() < deadline:
            time.sleep(0.2)
        assert bob.get("/mentions").total == last["mentions_new"]
        assert "data-live" not in bob.get("/sources").text
        assert bob.post("/crawl/stop", {}).status == 303, "nothing runs: nothing happens"


def test_where_another_crawl_runs_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    with page_of(tmp_path) as served:
        admin = served.visitor("admin", "ann")
        served.desk.config.state.mkdir(exist_ok=True)
        lock = FileLock(served.desk.config.state / NAME, "candor watch")
        refused = admin.post("/sources/old/crawl", {})
        assert (refused.status, "a crawl runs already" in refused.text) == (400, True)
        lock.release()


def test_a_watch_that_runs_is_told_to_read_again(tmp_path: Path) -> None:
    assert not told_to_read_again(tmp_path)
    words = (
        "import signal, sys; from pathlib import Path; from analysis.store.lock import FileLock\n"
        "signal.signal(signal.SIGHUP, lambda *_: sys.exit(7))\n"
        f"lock = FileLock(Path({str(tmp_path / NAME)!r}), sys.argv[1]); print('held', flush=True); signal.pause()"
    )
    for command, status in (("candor watch --config x", 7), ("candor crawl", -signal.SIGTERM)):
        holding = subprocess.Popen([sys.executable, "-c", words, command], stdout=subprocess.PIPE, text=True)
        assert holding.stdout
        assert holding.stdout.readline() == "held\n"
        assert told_to_read_again(tmp_path) == (status == 7)
        if status != 7:
            holding.terminate()
        assert holding.wait(60) == status
        holding.stdout.close()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[alerts]\nq = 0.1 # mine\n", ("alerts", "rules", "keyword", "enabled")),
        ("[alerts.rules]\nkeyword = { least = 2 }\n", ("alerts", "rules", "keyword", "enabled")),
        ('sources = [{ kind = "feed", url = "u" }]\n', ("sources", 0, "paused")),
        ('[[sources]]\r\nkind = "feed" # one\r\n', ("sources", 0, "paused")),
        ("", ("alerts", "rules", "keyword", "enabled")),
    ],
)
def test_one_key_is_set_and_taken_out_and_nothing_else_changes(text: str, place: tuple[str | int, ...]) -> None:
    made = with_key(text, place, True)
    inner: Any = tomllib.loads(made)
    for part in place:
        inner = inner[part]
    assert inner is True
    assert all(line in made for line in text.splitlines() if "#" in line)
    assert with_key(made, place, False) != made
