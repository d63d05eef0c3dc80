"""Memory of months of the past: ``python -m bench.past [--files N --pages N] [--on-ray] [--kill]``.

``candor history warc`` over files of saved pages, each page at an address of its own in every file: by the workers of
this machine, or by those of a cluster of a head and two nodes on loopback. With ``--kill`` a worker is killed
(SIGKILL) when half of the records are stored. Printed is, for a worker that judges, its proportional set size at its
peak in each quarter of its life: flat means that the last quarter is like the second. Exit status 1 where a worker grew
by more than a fifth in between, or where a record was not taken once.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from analysis.store.base import Filter
from analysis.store.open import open_store
from bench.crawl import _family, _pss_mb, config_of
from tests.support.crawl.replay import Saved, saved_pages
from tests.support.crawl.warc_files import Archived, records
from tests.support.ray_cluster import RayOnLoopback
from tests.support.shared import page

EVERY_S = 2.0
LEAST = 12
"""Samples of a worker that are enough to speak of quarters."""
MOST_GROWTH = 1.2


def main() -> int:
    """Write the files, take them, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--on-ray", action="store_true")
    parser.add_argument("--kill", action="store_true")
    given = parser.parse_args()
    pages = saved_pages()[: given.pages]
    with tempfile.TemporaryDirectory() as place, _cluster(given.on_ray) as environ:
        folder = Path(place)
        for number in range(given.files):
            _write(folder / f"{number}.warc.gz", pages, number)
        (folder / "candor.toml").write_text(config_of(["http://127.0.0.1/"]))
        size = sum(path.stat().st_size for path in folder.glob("*.warc.gz"))
        words = [sys.executable, "-m", "candor", "history", "warc", "*.warc.gz", "--json"]
        words += ["--on", "ray"] if given.on_ray else []
        began = time.monotonic()
        with subprocess.Popen(words, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as taking:
            assert taking.stdout is not None
            assert taking.stderr is not None
            killing = Killing(taking.stderr, given.files * len(pages) // 2 if given.kill else 0)
            workers = _sampled(taking, "ray::WorkActor" if given.on_ray else "forkserver", killing)
            said = taking.stdout.read().decode()
        took = time.monotonic() - began
        with open_store(str(folder / "store")) as store:
            kept = Counter((mention.url, mention.brand.id) for mention in store.scan(Filter()))
    rows = [json.loads(line) for line in said.splitlines()]
    total = {name: sum(row[name] for row in rows) for name in ("records", "posts", "mentions", "new", "errors")}
    print(f"{given.files} files, {size / 2**20:.0f} MiB packed: {total} in {took:.0f} s with the start")
    twice = kept.total() - len(kept)
    print(f"  {len(kept)} mentions are stored, {twice} of them twice; killed: {killing.killed or 'nobody'}")
    good = total["records"] == given.files * len(pages) and not twice and len(kept) == total["mentions"]
    good &= bool(killing.killed) or not given.kill
    for pid, samples in sorted(workers.items()):
        if len(samples) >= LEAST:
            quarter = len(samples) // 4
            peaks = [max(samples[at : at + quarter]) for at in range(0, 4 * quarter, quarter)]
            good &= peaks[3] <= MOST_GROWTH * peaks[1]
            print(f"  worker {pid}: peaks of its quarters " + ", ".join(f"{each:.0f}" for each in peaks) + " MB")
    return int(not good)


@contextmanager
def _cluster(on_ray: bool) -> Iterator[dict[str, str]]:
    """Give the environment of the command, with the address of a cluster where one is wanted."""
    environ = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    if not on_ray:
        yield environ
        return
    with RayOnLoopback(cpus=(0, 1, 1)) as cluster:
        yield environ | dict(cluster.environ)


class Killing:
    """Reads what the command says, and tells when so many ``records`` are stored that a worker is to be killed."""

    def __init__(self, said: IO[bytes], records: int) -> None:
        self.killed = 0
        """The process that was killed."""
        self._records, self._stored = records, 0
        threading.Thread(target=self._read, args=(said,), daemon=True).start()

    @property
    def is_due(self) -> bool:
        """Whether it is time and nobody was killed yet."""
        return bool(self._records) and not self.killed and self._stored >= self._records

    def _read(self, said: IO[bytes]) -> None:
        for line in said:
            if stored := re.search(r"([\d,]+) records", line.decode(errors="replace")):
                self._stored = int(stored[1].replace(",", ""))


def _sampled(taking: subprocess.Popen[bytes], sign: str, killing: Killing) -> dict[int, list[float]]:
    samples: dict[int, list[float]] = defaultdict(list)
    while taking.poll() is None:
        for pid in _family(os.getpid()):
            if sign in _command(pid):
                samples[pid].append(_pss_mb(pid))
        if killing.is_due:
            # Who has the most is a worker, and not what workers are forked from.
            killing.killed = max(samples, key=lambda pid: samples[pid][-1])
            os.kill(killing.killed, signal.SIGKILL)
        time.sleep(EVERY_S)
    return samples


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _write(path: Path, pages: Sequence[Saved], number: int) -> None:
    with path.open("wb") as stream:
        for place, each in enumerate(pages):
            url = f"http://news-{number}.example/{place}"
            stream.writelines(records([Archived(url=url, body=page(each.file))]))


if __name__ == "__main__":
    raise SystemExit(main())
