"""A real Scrapyd runs our spiders: deploy the egg, schedule a job, wait for its end, find the mentions in the store.

Scrapyd wants an older setuptools than we do, so it lives in an environment of its own under ``.build``, which sees the
libraries of this one but not our code: that comes from the egg alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import socket
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode

import pytest

from analysis.store.base import Filter
from analysis.store.open import open_store
from crawler.kinds import KINDS
from tests.support.crawl.watched_site import Site

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".build" / "scrapyd-1.6.0"
PACKAGES = ("scrapyd==1.6.0", "setuptools==80.10.2")
CONFIG = """
store = "store"
[[brands]]
name = "Kettle"
role = "own"
[crawl]
contact = "mailto:test@kettle.example"
allow_networks = ["127.0.0.0/8"]
delay = 0.001
workers = 1
"""


def scrapyd_home() -> Path:
    """Return the environment with Scrapyd in it, made on first use."""
    if (HOME / "ready").exists():
        return HOME
    shutil.rmtree(HOME, ignore_errors=True)
    uv = next(
        (path for path in (Path(sys.executable).parent / "uv", shutil.which("uv")) if path and Path(path).exists()),
        None,
    )
    python = HOME / "bin" / "python"
    if uv:
        commands = [[uv, "venv", "--python", sys.executable, HOME], [uv, "pip", "install", "--python", python]]
    else:
        commands = [[sys.executable, "-m", "venv", HOME], [python, "-m", "pip", "install"]]
    for command in (commands[0], [*commands[1], "--quiet", "--no-deps", *PACKAGES]):
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=240)
    (site,) = HOME.glob("lib/python3*/site-packages")
    # Behind its own: the libraries that both use are those of this environment.
    (site / "zz-libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (HOME / "ready").touch()
    return HOME


class Scrapyd:
    """A Scrapyd on a free port of loopback, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        with socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = int(one.getsockname()[1])
        settings = ("bind_address = 127.0.0.1", f"http_port = {self.port}", "poll_interval = 0.2", "max_proc = 1")
        (folder / "scrapyd.conf").write_text("\n".join(["[scrapyd]", *settings, ""]))
        self._log = (folder / "scrapyd.log").open("wb")
        self._process = subprocess.Popen(
            [scrapyd_home() / "bin" / "scrapyd"], cwd=folder, stdout=self._log, stderr=self._log
        )

    def ask(self, service: str, *, body: bytes | None = None, content_type: str = "", **query: str) -> dict[str, Any]:
        """Call a service of its API; with ``body`` by POST."""
        url = f"http://127.0.0.1:{self.port}/{service}.json?{urlencode(query)}"
        request = urllib.request.Request(url, data=body)
        if content_type:
            request.add_header("Content-Type", content_type)
        with urllib.request.urlopen(request, timeout=120) as answer:
            found: dict[str, Any] = json.load(answer)
        assert found["status"] == "ok", found
        return found

    def wait_until_up(self) -> None:
        """Return when it answers."""
        for _ in range(150):
            with suppress(URLError):
                self.ask("daemonstatus")
                return
            time.sleep(0.2)
        raise AssertionError("Scrapyd does not answer")

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait(20)
        self._log.close()


@pytest.fixture
def scrapyd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scrapyd]:
    (tmp_path / "candor.toml").write_text(CONFIG)
    monkeypatch.setenv("CANDOR_CONFIG", str(tmp_path / "candor.toml"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    made = Scrapyd(tmp_path)
    try:
        made.wait_until_up()
        yield made
    finally:
        made.close()


def form(fields: dict[str, str], file: Path) -> tuple[bytes, str]:
    """Return a multipart form with one file named ``egg``, and its content type."""
    edge = uuid.uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()
    ]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="egg"; filename="candor.egg"\r\n\r\n'
    start = "\r\n".join([*parts, head]).encode()
    return start + file.read_bytes() + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def test_a_spider_runs_under_scrapyd_and_its_mentions_are_stored(scrapyd: Scrapyd, tmp_path: Path) -> None:
    egg = tmp_path / "candor.egg"
    subprocess.run([sys.executable, ROOT / "deploy" / "egg.py", egg], check=True, capture_output=True)
    body, content_type = form({"project": "candor", "version": "1"}, egg)
    assert scrapyd.ask("addversion", body=body, content_type=content_type)["spiders"] == len(KINDS)
    with Site() as site:
        for _ in range(3):
            site.add()
        asked = {"project": "candor", "spider": "feed", "url": site.url(), "id": "news", "setting": "LOG_LEVEL=INFO"}
        job = scrapyd.ask("schedule", body=urlencode(asked).encode())["jobid"]
        end, done = time.monotonic() + 180, False
        while not done and time.monotonic() < end:
            done = job in [row["id"] for row in scrapyd.ask("listjobs", project="candor")["finished"]]
            time.sleep(0.2)
    log = (tmp_path / "logs" / "candor" / "feed" / f"{job}.log").read_text()
    assert done, log
    assert "Spider closed (finished)" in log
    assert "] ERROR:" not in log
    with open_store(str(tmp_path / "store")) as store:
        mentions = list(store.scan(Filter()))
        runs = [record.body for record in store.records.all("source_run")]
    assert {mention.url for mention in mentions} == set(map(site.url, ("/post/1", "/post/2", "/post/3")))
    assert {mention.source.id for mention in mentions} == {"news"}
    assert [(run["source"], run["state"], run["mentions_new"]) for run in runs] == [("news", "ok", 3)]
