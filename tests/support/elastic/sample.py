"""The sample web, crawled twice by ``candor run`` into a real server, and two fixes: once for all test processes."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.model import Mention, document, mention_from
from analysis.store.base import Filter, Store
from analysis.store.elastic.store import open_elastic
from candor.sample.config import config_text
from candor.sample.own_files import own_files
from candor.sample.server import serve
from tests.support.elastic.servers import QUICK, environment, store_address, wipe

PORT = 30931
NAME = "sample"


@dataclass(frozen=True, slots=True)
class Sample:
    """What two crawls left: ``counts`` of mentions after each, ``runs`` of the sources, and everything in the store."""

    counts: tuple[int, int]
    runs: tuple[Mapping[str, Any], ...]
    mentions: tuple[Mention, ...]
    records: Mapping[str, Mapping[str, Any]]

    def into(self, store: Store) -> None:
        """Write all of it into another store."""
        store.write(self.mentions)
        for kind, bodies in self.records.items():
            store.records.put_many(kind, bodies)
        store.refresh()


def crawled(line: str, folders: pytest.TempPathFactory) -> Sample:
    """Return the sample, crawled into the server of ``line`` by the first process that asks."""
    place = folders.getbasetemp()
    place = place.parent if os.environ.get("PYTEST_XDIST_WORKER") else place
    kept = place / "sample.json"
    with (place / "sample.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(_crawl_twice(line, folders.mktemp("sample"))), "utf-8")
    found = json.loads(kept.read_text("utf-8"))
    return Sample(
        counts=tuple(found["counts"]),
        runs=tuple(found["runs"]),
        mentions=tuple(map(mention_from, found["mentions"])),
        records=found["records"],
    )


def _crawl_twice(line: str, folder: Path) -> dict[str, Any]:
    address = store_address(line, NAME)
    wipe(address)
    config = folder / "candor.toml"
    config.write_text(config_text(port=PORT), "utf-8")
    for name, content in own_files(datetime.now(UTC).date()).items():
        (folder / name).write_bytes(content)
    counts = []
    try:
        with serve(port=PORT):
            for _ in range(2):
                candor(folder, "run", "--config", str(config), "--store", address)
                with open_elastic(address, patience=QUICK, environ=environment(folder)) as store:
                    counts.append(store.count(Filter()))
        shipped = (datetime.now(UTC) - timedelta(days=30)).date().isoformat()
        ledger = ("fix", "add", "--config", str(config), "--store", address)
        candor(folder, *ledger, "--theme", "support", "--note", "being looked at")
        candor(folder, *ledger, "--theme", "battery", "--shipped", shipped, "--version", "2.3", "--note", "sleeps")
        with open_elastic(address, patience=QUICK, environ=environment(folder)) as store:
            records = {kind: {r.key: r.body for r in store.records.all(kind)} for kind in store.records.kinds()}
            mentions = [document(mention) for mention in store.scan(Filter())]
    finally:
        wipe(address)
    runs = sorted(records["source_run"].values(), key=lambda run: str(run["started_at"]))
    return {"counts": counts, "runs": runs, "mentions": mentions, "records": records}


def candor(folder: Path, *words: str) -> str:
    """Run a command as a user does, in a process of its own, and return what it printed."""
    told = dict(environment(folder))
    command = [sys.executable, "-m", "candor", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=told)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
