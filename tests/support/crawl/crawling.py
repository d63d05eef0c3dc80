"""How tests crawl: a configuration file, a process of its own, and what it left in the store."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from analysis.model import Mention
from analysis.model.records.base import Record
from analysis.store.base import Filter
from analysis.store.open import open_store

ROOT = Path(__file__).resolve().parents[3]

HEAD = """
store = "store"
[[brands]]
name = "Kettle"
role = "own"
query = "kettle"
[crawl]
contact = "mailto:test@kettle.example"
allow_networks = ["127.0.0.0/8"]
delay = 0.001
per_host = 8
timeout = 20
retries = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawled:
    """How a crawl ended: exit status, what it said, and what each source gave."""

    status: int
    said: str
    outcome: dict[str, Any]

    @property
    def sources(self) -> dict[str, dict[str, Any]]:
        """The record of each source that ran."""
        assert "sources" in self.outcome, self.said
        found: dict[str, dict[str, Any]] = self.outcome["sources"]
        return found


def configure(folder: Path, sources: Mapping[str, Mapping[str, Any]], *, head: str = HEAD) -> Path:
    """Write a configuration with the sources, each a table by its id, and return its path."""
    tables = []
    for name, values in sources.items():
        rows = "\n".join(
            f"{key} = {json.dumps(value)}" for key, value in values.items() if not isinstance(value, Mapping)
        )
        inner = "\n".join(
            f"[sources.{key}]\n" + "\n".join(f"{each} = {json.dumps(given)}" for each, given in value.items())
            for key, value in values.items()
            if isinstance(value, Mapping)
        )
        tables.append(f'[[sources]]\nid = "{name}"\n{rows}\n{inner}\n')
    path = folder / "candor.toml"
    path.write_text(head + "\n".join(tables))
    return path


class Server:
    """The process that crawls for the tests that need none of their own; started once, on first use."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "error", "-m", "tests.support.crawl.crawl_server"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )
        atexit.register(self.close)

    def crawl(self, config: Path, extra: Mapping[str, Any], environ: Mapping[str, str], **more: Any) -> dict[str, Any]:
        """Run one crawl and return its outcome."""
        assert self._process.stdin
        assert self._process.stdout
        job = {"config": str(config), "extra": extra, "environ": environ, **more}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(20)


@cache
def server() -> Server:
    """Return the one server of this test run."""
    return Server()


def crawl(config: Path, extra: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Crawled:
    """Run one crawl. ``extra`` are Scrapy settings, ``environ`` variables that are set for it alone."""
    outcome = server().crawl(config, extra or {}, environ or {})
    failed = any(row["state"] == "failing" for row in outcome.get("sources", {}).values())
    return Crawled(status=int(failed or "error" in outcome), said=outcome.get("error", ""), outcome=outcome)


def handed_in(config: Path, environ: Mapping[str, str], *, hold: int, stop: bool = False) -> dict[str, int]:
    """Crawl with batches of ``hold`` posts and a store that takes none; return how many posts each source read.

    With ``stop`` it is stopped when three batches are read. Fails where it does not end when the store has failed.
    """
    outcome = server().crawl(config, {}, environ, hold=hold, stop=stop)
    assert "error" not in outcome, outcome["error"]
    found: dict[str, int] = outcome["handed"]
    return found


def answers_held(config: Path, environ: Mapping[str, str]) -> dict[str, int]:
    """Crawl; return how many answers of each host were in memory at once, at most. Fails where a source did."""
    outcome = server().crawl(config, {}, environ, living=True)
    assert "error" not in outcome, outcome["error"]
    assert {name: row["cause"] for name, row in outcome["sources"].items() if row["state"] == "failing"} == {}
    found: dict[str, int] = outcome["living"]
    return found


def crawl_alone(config: Path, *arguments: str, timeout_s: float = 120) -> Crawled:
    """Run one crawl in a process of its own, which may be killed or interrupted; see ``crawl_once``."""
    out = config.parent / "outcome.json"
    out.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.support.crawl.crawl_once", str(config), str(out), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
    outcome = json.loads(out.read_text()) if out.exists() else {}
    return Crawled(status=done.returncode, said=done.stdout + done.stderr, outcome=outcome)


def mentions(config: Path) -> dict[str, Mention]:
    """Return the stored mentions by address."""
    with open_store(str(config.parent / "store"), write=False) as store:
        return {mention.url: mention for mention in store.scan(Filter())}


def records(config: Path, kind: str) -> list[Record]:
    """Return the stored records of a kind."""
    with open_store(str(config.parent / "store"), write=False) as store:
        return list(store.records.all(kind))
