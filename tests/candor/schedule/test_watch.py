"""``candor watch`` as it runs: real processes, a real site on loopback, signals, kill -9, a real store."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from socket import socket
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError

import pytest

from analysis.model.errors import CandorError
from analysis.store.base import Filter
from analysis.store.open import open_store
from candor.schedule import health
from tests.support.crawl.watched_site import Site

pytestmark = pytest.mark.slow

EVERY_S = 8.0
HEAD = """
store = "store"
[[brands]]
name = "Kettle"
role = "own"
[crawl]
contact = "mailto:test@kettle.example"
allow_networks = ["127.0.0.0/8"]
delay = 0.001
workers = 1
retries = 0
"""


class Watching:
    """A ``candor watch`` process and its log."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder = folder
        self._log = (folder / "watch.log").open("wb")
        command = [sys.executable, "-W", "error", "-m", "candor", "watch", "--log-json", "--grace", "120", *flags]
        self.process = subprocess.Popen(command, cwd=folder, stderr=self._log)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            words = health_of(self.folder)
            if words.get("crawl_pid"):
                ended(int(words["crawl_pid"]), within_s=0.0)
        self._log.close()

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """Return what was logged: every line must be JSON."""
        lines = (self.folder / "watch.log").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        return [row for row in rows if name in ("", row["event"])]

    def wait(self, what: Callable[[], Any], *, seconds: float = 150.0) -> Any:
        """Return what ``what`` returns as soon as that is true; fail with the log where it never is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, (self.folder / "watch.log").read_text()
            found = what()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError((self.folder / "watch.log").read_text())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(130)


def ended(pid: int, *, within_s: float = 30.0) -> bool:
    """Tell whether a crawl process and its workers go by themselves; kill them where they do not."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return False


def health_of(folder: Path) -> dict[str, Any]:
    """Return the health file."""
    try:
        words: dict[str, Any] = json.loads((folder / ".candor" / health.NAME).read_text())
    except FileNotFoundError:
        return {}
    return words


def stored(folder: Path) -> set[str]:
    """Return the addresses of the stored mentions."""
    try:
        with open_store(str(folder / "store")) as store:
            return {mention.url for mention in store.scan(Filter())}
    except CandorError:
        return set()


def is_stored(folder: Path, url: str) -> bool:
    """Tell whether a mention of the address is stored."""
    return url in stored(folder)


def is_told(site: Site, word: str) -> bool:
    """Tell whether the chat has had a message with the word."""
    return any(word in json.dumps(body) for _, body in site.hooked)


def configure(folder: Path, *sources: dict[str, Any], more: str = "") -> None:
    """Write the configuration."""
    tables = [
        "[[sources]]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in source.items())
        for source in sources
    ]
    (folder / "candor.toml").write_text("\n".join([HEAD, *tables, more]))


def feed(site: Site, every: str = f"{EVERY_S}s") -> dict[str, Any]:
    """Return the watched feed."""
    return {"kind": "feed", "id": "feed", "url": site.url(), "every": every}


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as made:
        made.add()
        yield made


def free_port() -> int:
    with socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def candor(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "candor", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)


def test_a_post_is_stored_and_told_within_an_interval_and_ten_seconds(tmp_path: Path) -> None:
    with Site() as site:
        hook = site.url("/hook").replace("http://", "json://")
        told = f'[[channels]]\nurl = "{hook}"\n[[alerts.keywords]]\nid = "leaks"\nquery = "leaks"\n'
        configure(tmp_path, feed(site), more=told)
        with Watching(tmp_path) as watching:
            # Warm: it has crawled and made a pass of alerts over the empty store.
            watching.wait(lambda: len(site.statuses("/feed.xml")) >= 2 and health_of(tmp_path)["told_at"])
            waits = []
            for number in (1, 2, 3):
                site.add()
                began = time.monotonic()
                watching.wait(partial(is_stored, tmp_path, site.url(f"/post/{number}")))
                waits.append(time.monotonic() - began)
                if number == 1:
                    watching.wait(partial(is_told, site, "leaks"))
                    waits.append(time.monotonic() - began)
            assert max(waits) <= EVERY_S + 10, waits
            watching.wait(lambda: site.statuses("/feed.xml")[-1] == 304)
            assert site.statuses("/post/1") == [200]
            assert watching.stop() == 0
        (begun,) = watching.events("crawl process started")
        assert ended(begun["pid"])
        # The site was asked at its interval, no sooner.
        asked = [at for at, path, _ in site.asked if path == "/feed.xml"]
        assert min(b - a for a, b in pairwise(asked[1:])) > 0.6 * EVERY_S


def test_a_stop_stores_what_was_read_and_the_next_watch_goes_on(site: Site, tmp_path: Path) -> None:
    pages = [site.url("/post/1"), *(site.url(f"/slow/{number}") for number in range(6))]
    source = {"kind": "pages", "id": "pages", "url": pages[0], "urls": pages[1:], "every": "1h"}
    configure(tmp_path, source)
    site.slow_s = 3.0
    with Watching(tmp_path) as watching:
        watching.wait(lambda: site.statuses("/post/1") and health_of(tmp_path)["state"] == "crawling")
        time.sleep(1.0)
        assert watching.stop() == 0
    row = watching.events("crawled")[-1]
    assert row["state"] == "stopped"
    assert site.url("/post/1") in stored(tmp_path)
    assert len(stored(tmp_path)) < len(pages)
    assert health_of(tmp_path)["state"] == "stopped"
    site.slow_s = 0.0
    done = candor(tmp_path, "watch", "--once")
    assert done.returncode == 0, done.stderr
    assert stored(tmp_path) == set(pages)
    # Nothing is due for an hour now.
    count = len(site.asked)
    assert candor(tmp_path, "watch", "--once").returncode == 0
    assert len(site.asked) == count


def test_a_second_one_says_who_holds_the_lock_and_exits_3(site: Site, tmp_path: Path) -> None:
    configure(tmp_path, feed(site))
    port, metrics = free_port(), free_port()
    with Watching(tmp_path, "--health-port", str(port), "--metrics", str(metrics)) as watching:
        watching.wait(lambda: watching.events("crawled"))
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics") as answer:
            told = answer.read().decode()
        assert 'candor_crawls_total{kind="feed",state="ok"} 1.0' in told
        assert 'candor_posts_total{kind="feed"} 1.0' in told
        for words in (["watch"], ["run", "--alerts"], ["crawl", "--lock"]):
            done = candor(tmp_path, *words)
            assert done.returncode == 3
            assert f"pid {watching.process.pid} on" in done.stderr
            assert "watch --log-json" in done.stderr
            assert done.stdout == ""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            words_now = json.load(answer)
        assert words_now["healthy"]
        assert [row["source"] for row in words_now["sources"]] == ["feed"]
        with pytest.raises(HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/")
        assert candor(tmp_path, "watch", "--check").returncode == 0
        # A process that is gone, however it went, holds nothing.
        watching.process.kill()
        watching.process.wait()
        crawl_pid = health_of(tmp_path)["crawl_pid"]
        done = candor(tmp_path, "watch", "--check")
        assert done.returncode == 1
        assert "has gone without a word" in done.stdout
    # The crawl process ends by itself when nobody listens any more.
    assert ended(crawl_pid, within_s=60)
    done = candor(tmp_path, "run", "--alerts")
    assert done.returncode == 0, done.stderr


def test_of_two_runs_at_once_one_crawls_and_the_other_says_who(site: Site, tmp_path: Path) -> None:
    pages = [site.url(f"/slow/{number}") for number in range(3)]
    configure(tmp_path, {"kind": "pages", "id": "pages", "url": pages[0], "urls": pages[1:]})
    site.slow_s = 1.0
    command = [sys.executable, "-m", "candor", "run", "--alerts"]
    pipe = subprocess.PIPE
    both = [subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True) for _ in range(2)]
    said = [one.communicate(timeout=240) for one in both]
    assert sorted(one.returncode for one in both) == [0, 3], said
    first, second = sorted(range(2), key=lambda place: both[place].returncode or 0)
    assert f"(pid {both[first].pid} on" in said[second][1]
    assert "run --alerts" in said[second][1]
    assert said[second][0] == ""
    assert stored(tmp_path) == set(pages)
    assert sorted(path for _, path, _ in site.asked if "slow" in path) == sorted(f"/slow/{n}" for n in range(3))


def test_a_site_that_asks_for_patience_gets_it_from_the_plan(site: Site, tmp_path: Path) -> None:
    configure(tmp_path, {**feed(site, "2s"), "url": site.url("/busy/6")})
    with Watching(tmp_path) as watching:
        watching.wait(lambda: len(site.statuses("/busy/6")) >= 2)
        assert watching.stop() == 0
    (first, second, *_) = [at for at, path, _ in site.asked if path == "/busy/6"]
    assert second - first >= 6.0
    assert {row["state"] for row in watching.events("crawled")} == {"failing"}
    assert "asks us to wait: left alone until" in watching.events("crawled")[0]["cause"]


def test_a_crawl_process_that_is_killed_is_replaced_and_nothing_is_lost(site: Site, tmp_path: Path) -> None:
    pages = [site.url(f"/slow/{number}") for number in range(4)]
    configure(tmp_path, {"kind": "pages", "id": "pages", "url": pages[0], "urls": pages[1:], "every": "5s"})
    site.slow_s = 1.0
    with Watching(tmp_path) as watching:
        watching.wait(lambda: len(site.asked) >= 2)
        os.killpg(health_of(tmp_path)["crawl_pid"], signal.SIGKILL)
        (row,) = watching.wait(lambda: watching.events("not crawled"))
        assert row["cause"] == "the crawl process ended with status -9"
        site.slow_s = 0.0
        watching.wait(lambda: stored(tmp_path) == set(pages))
        assert watching.stop(signal.SIGINT) == 0
    assert len(watching.events("crawl process started")) == 2


def test_a_store_that_another_holds_is_tried_again(site: Site, tmp_path: Path) -> None:
    configure(tmp_path, feed(site, "4s"))
    with Watching(tmp_path) as watching:
        with open_store(str(tmp_path / "store"), write=True, holder="an import"):
            row = watching.wait(lambda: watching.events("not crawled"))[0]
            assert re.search(r"another process is writing to this store: pid \d+ \(an import\)", row["cause"])
        watching.wait(lambda: stored(tmp_path))
        assert watching.stop() == 0


def test_sighup_reads_the_configuration_again_and_a_wrong_one_changes_nothing(site: Site, tmp_path: Path) -> None:
    configure(tmp_path, feed(site, "1h"))
    with Watching(tmp_path) as watching:
        watching.wait(lambda: watching.events("crawled"))
        (tmp_path / "candor.toml").write_text("[[sources]]\nkind = 'fed'\n")
        watching.process.send_signal(signal.SIGHUP)
        (row,) = watching.wait(lambda: watching.events("the configuration is wrong: going on with the old one"))
        assert "'fed' is not one of feed" in row["problem"]
        more = {"kind": "pages", "id": "page", "url": site.url("/slow/1"), "every": "1h"}
        configure(tmp_path, feed(site, "1h"), more)
        watching.process.send_signal(signal.SIGHUP)
        watching.wait(lambda: [row for row in watching.events("crawled") if row["source"] == "page"])
        assert watching.stop() == 0
    # The feed was not due, and was not asked again.
    assert len(site.statuses("/feed.xml")) == 1


def test_after_a_wrong_configuration_each_crawl_goes_on_with_the_old_one(site: Site, tmp_path: Path) -> None:
    configure(tmp_path, feed(site, "1s"))
    with Watching(tmp_path) as watching:
        watching.wait(lambda: watching.events("crawled"))
        (tmp_path / "candor.toml").write_text("[[sources]\n")
        watching.process.send_signal(signal.SIGHUP)
        watching.wait(lambda: watching.events("the configuration is wrong: going on with the old one"))
        before = len(watching.events("crawled"))
        watching.wait(lambda: len(watching.events("crawled")) > before + 1)
        assert watching.events("not crawled") == []
        assert watching.stop() == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fastest": "2h", "slowest": "1h"}, "fastest (7200 s) is longer than slowest (3600 s)"),
        ({"every": "soon"}, "'soon' is not a duration"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_at_the_start(tmp_path: Path, change: dict[str, str], said: str) -> None:
    configure(tmp_path, {"kind": "feed", "url": "http://127.0.0.1:9/", **change})
    done = candor(tmp_path, "watch")
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / ".candor" / health.NAME).exists()
