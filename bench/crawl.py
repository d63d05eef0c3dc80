"""How many pages a second the whole way takes, beside its parts: ``python -m bench.crawl [--pages N]``.

On the same saved pages, in the same run, one after the other:

* raw Scrapy: fetched over loopback with our settings, nothing read;
* bare trafilatura: ``trafilatura.extract`` in two warm processes, nothing fetched, nothing stored;
* the whole pipeline: fetched, read, understood, stored.

The goal is at least 0.8 of bare trafilatura's rate once both run (its processes are warm before the clock starts; what
a start adds on either side is printed too), with flat memory under 600 MB in all processes together. Memory is the sum
of the proportional set sizes (shared pages counted once) of the crawl's process and everything it started.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.crawl.replay import Replay, Saved, saved_pages, web_of
from tests.support.shared import page

ROOT = Path(__file__).resolve().parents[1]
GOAL_SHARE = 0.8
GOAL_MB = 600

BRANDS = ("Google", "Apple", "Microsoft", "Facebook", "Amazon", "Samsung", "Netflix", "Sony", "Intel", "Twitter")
HEAD = """
store = "store"
[crawl]
contact = "mailto:bench@candor.example"
allow_networks = ["127.0.0.0/8"]
delay = 0.001
per_host = 4
concurrent = 32
"""


def main() -> int:
    """Measure the three and print them; exit 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", type=int, default=900)
    parser.add_argument("--fetch-only", metavar="CONFIG", type=Path, help="(used by the bench itself)")
    given = parser.parse_args()
    if given.fetch_only:
        return _fetch_only(given.fetch_only)
    pages = saved_pages()[: given.pages]
    with web_of(pages) as web, tempfile.TemporaryDirectory() as folder:
        raw = _crawl(web, pages, Path(folder) / "raw", fetch_only=True)
        # Before and after: a shared machine is not equally fast for two minutes.
        before = _bare(pages)
        whole = _crawl(web, pages, Path(folder) / "whole", fetch_only=False)
        after = _bare(pages)
    bare = {name: (before[name] + after[name]) / 2 for name in before}
    bare["rate"] = len(pages) / bare["seconds"]
    warm = bare["seconds"] / (whole["seconds"] - whole["start_s"])
    cold = (bare["seconds"] + bare["start_s"]) / whole["seconds"]
    rows = [("raw Scrapy, fetch only", raw), ("bare trafilatura, two processes", bare), ("the whole pipeline", whole)]
    print(f"{len(pages)} real pages over loopback, two cores shared with the server of the pages")
    for name, row in rows:
        each_ms = row["processor_s"] / len(pages) * 1000
        print(
            f"  {name:34} {row['rate']:7.1f} pages/s  {row['seconds']:6.1f} s  peak {row['peak_mb']:5.0f} MB"
            f"  processor {each_ms:5.1f} ms a page"
        )
    running = len(pages) / (whole["seconds"] - whole["start_s"])
    print(
        f"  bare trafilatura alone: {before['rate']:.1f} pages/s before the pipeline ran, {after['rate']:.1f} after it"
    )
    print(f"  of its time {whole['start_s']:.1f} s until the first page was read, then {running:.1f} pages/s")
    print(f"  the whole pipeline at {warm:.2f} of bare trafilatura, both running (goal {GOAL_SHARE})")
    print(f"  {cold:.2f} with the start of each ({bare['start_s']:.1f} s of bare trafilatura's), ", end="")
    print(f"{bare['seconds'] / whole['seconds']:.2f} with that of the pipeline alone")
    print(f"  memory: {whole['first_half_mb']:.0f} MB in the first half, {whole['peak_mb']:.0f} MB at its peak")
    print("  at the peak each process: " + ", ".join(f"{each:.0f}" for each in whole["each_mb"]) + " MB")
    print("  processor time of each process: " + ", ".join(f"{each:.1f}" for each in whole["each_s"]) + " s")
    print(f"  {whole['posts']} posts, {whole['mentions']} mentions, dropped: {whole['dropped']}")
    return 0 if warm >= GOAL_SHARE and whole["peak_mb"] < GOAL_MB else 1


def _crawl(web: Replay, pages: Sequence[Saved], folder: Path, *, fetch_only: bool) -> dict[str, Any]:
    folder.mkdir()
    config = folder / "candor.toml"
    config.write_text(config_of([web.url(each.host, each.path) for each in pages]))
    out = folder / "outcome.json"
    whole = ["-m", "tests.support.crawl.crawl_once", str(config), str(out)]
    raw = ["-m", "bench.crawl", "--fetch-only", str(config)]
    with Memory([sys.executable, *(raw if fetch_only else whole)]) as memory:
        said = memory.wait()
    found = json.loads(said.splitlines()[-1] if fetch_only else out.read_text())
    result = {**memory.result(), "seconds": found["seconds"], "rate": len(pages) / found["seconds"]}
    if not fetch_only:
        (row,) = found["sources"].values()
        result |= {"start_s": found["first_page_s"][0]}
        result |= {"posts": row["posts"], "mentions": row["mentions_new"], "dropped": row["dropped"]}
    return result


def config_of(urls: Sequence[str], *, head: str = HEAD) -> str:
    """Return the configuration of a crawl that reads these addresses as articles."""
    brands = "".join(
        f'[[brands]]\nname = "{name}"\nrole = "{"own" if name == BRANDS[0] else "competitor"}"\nquery = "{name}"\n'
        for name in BRANDS
    )
    source = f"[[sources]]\nid = 'all'\nkind = 'pages'\nurl = {json.dumps(urls[0])}\nurls = {json.dumps(urls)}\n"
    return f"{head}{brands}{source}read = 'article'\n"


def _bare(pages: Sequence[Saved]) -> dict[str, Any]:
    """Extract every page with trafilatura in two warm processes; the pages are in memory before the clock starts."""
    contents = [page(each.file) for each in pages]
    cold = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(_extract, contents[:8], chunksize=4)
        started = time.perf_counter()
        processor_s = sum(pool.imap_unordered(_extract, contents, chunksize=4))
        seconds = time.perf_counter() - started
    found = {"seconds": seconds, "rate": len(pages) / seconds, "peak_mb": 0.0, "processor_s": processor_s}
    return {**found, "start_s": started - cold}


def _extract(content: bytes) -> float:
    """Extract a page and return the processor time that it took."""
    import trafilatura

    started = time.process_time()
    trafilatura.extract(content)
    return time.process_time() - started


def _fetch_only(path: Path) -> int:
    """Crawl the configured pages with Scrapy and our settings, and do nothing with them."""
    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawler.configuration import load
    from crawler.kinds.pages import KIND

    config = load(path)
    urls = KIND.options_of(config.sources[0].options).urls
    times: list[float] = []

    class Fetch(Spider):
        name = "fetch"

        async def start(self) -> AsyncIterator[Any]:
            times.append(time.perf_counter())
            for url in urls:
                yield Request(url, dont_filter=True)

        def parse(self, response: Any) -> None:
            times.append(time.perf_counter())

    settings = Settings({"CANDOR_CONFIG": str(path), "LOG_LEVEL": "ERROR"})
    settings.setmodule("crawler.settings", priority="project")
    process = AsyncCrawlerProcess(settings)
    process.crawl(Fetch)
    process.start()
    print(json.dumps({"seconds": times[-1] - times[0]}))
    return 0


class Memory:
    """Runs a command and samples the proportional set size of it and its descendants, once a second: it is not free."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._samples: list[list[float]] = []
        self._processor: dict[int, float] = {}

    def __enter__(self) -> Memory:
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def wait(self) -> str:
        """Return what the command said. Raises where it was not successful."""
        said, _ = self._process.communicate()
        if self._process.returncode not in (0, 1):
            raise RuntimeError(f"{self._command} ended with {self._process.returncode}")
        return said

    def result(self) -> dict[str, Any]:
        """Return the peak, that of the first half, and what each process had at the peak."""
        half = self._samples[: max(1, len(self._samples) // 2)]
        peak = max(self._samples, key=sum, default=[0.0])
        return {
            "peak_mb": sum(peak),
            "first_half_mb": max(map(sum, half), default=0.0),
            "each_mb": peak,
            "processor_s": sum(self._processor.values()),
            "each_s": sorted(self._processor.values(), reverse=True),
        }

    def _sample(self) -> None:
        while not self._done.wait(1.0):
            family = _family(self._process.pid)
            self._samples.append([_pss_mb(pid) for pid in family])
            for pid in family:
                self._processor[pid] = max(_processor_s(pid), self._processor.get(pid, 0.0))


def _family(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
    return found


def _processor_s(pid: int) -> float:
    """Return the processor time of a process; 0 where it is gone."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _pss_mb(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
