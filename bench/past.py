"""Memory of months of the past: ``python -m bench.past [--files N --pages N] [--on-ray]``.

``candor history warc`` over files of saved pages, each page at an address of its own in every file. Printed is, for a
worker that judges, its proportional set size at its peak in each quarter of its life: flat means that the last quarter
is like the second. Exit status 1 where a worker grew by more than a fifth in between.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from bench.crawl import _config, _family, _pss_mb
from tests.support.crawl.replay import Saved, saved_pages
from tests.support.crawl.warc_files import Archived, records
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
    given = parser.parse_args()
    pages = saved_pages()[: given.pages]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number in range(given.files):
            _write(folder / f"{number}.warc.gz", pages, number)
        (folder / "candor.toml").write_text(_config(["http://127.0.0.1/"]))
        size = sum(path.stat().st_size for path in folder.glob("*.warc.gz"))
        words = [sys.executable, "-m", "candor", "history", "warc", "*.warc.gz", "--json"]
        began = time.monotonic()
        with subprocess.Popen(
            [*words, *(["--on", "ray"] if given.on_ray else [])], cwd=folder, env=_environ(), stdout=subprocess.PIPE
        ) as taking:
            workers = _sampled(taking, "ray::WorkActor" if given.on_ray else "forkserver")
            said = taking.stdout.read().decode() if taking.stdout else ""
        took = time.monotonic() - began
    rows = [json.loads(line) for line in said.splitlines()]
    total = {name: sum(row[name] for row in rows) for name in ("records", "posts", "mentions", "new", "errors")}
    print(f"{given.files} files, {size / 2**20:.0f} MiB packed: {total} in {took:.0f} s with the start")
    good = True
    for pid, samples in sorted(workers.items()):
        if len(samples) >= LEAST:
            quarter = len(samples) // 4
            peaks = [max(samples[at : at + quarter]) for at in range(0, 4 * quarter, quarter)]
            good &= peaks[3] <= MOST_GROWTH * peaks[1]
            print(f"  worker {pid}: peaks of its quarters " + ", ".join(f"{each:.0f}" for each in peaks) + " MB")
    return int(not good)


def _sampled(taking: subprocess.Popen[bytes], sign: str) -> dict[int, list[float]]:
    samples: dict[int, list[float]] = defaultdict(list)
    while taking.poll() is None:
        family = _family(taking.pid)
        for pid in family:
            if sign in _command(pid):
                samples[pid].append(_pss_mb(pid))
        time.sleep(EVERY_S)
    return samples


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}


def _write(path: Path, pages: Sequence[Saved], number: int) -> None:
    with path.open("wb") as stream:
        for place, each in enumerate(pages):
            url = f"http://news-{number}.example/{place}"
            stream.writelines(records([Archived(url=url, body=page(each.file))]))


if __name__ == "__main__":
    raise SystemExit(main())
