"""What Ray costs on one machine: ``python -m bench.cluster [--pages N --posts N]``.

In one run, one after the other and each pair in both orders, because a shared machine is not equally fast for minutes:

* ``candor crawl`` and ``candor crawl --on ray`` of the same saved pages into an embedded store, both with two readers;
* posts judged by as many workers of this machine as actors.

Rates are those of the work once it runs (between the tenth and the ninetieth percent of the pages; judges that have
answered once): the start of each is printed beside. The aim is a ratio of 0.85. Exit status 1 below it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from analysis.model import Brand, Post
from bench.crawl import _config
from crawler.cluster.connection import connected
from crawler.cluster.hired import ClusterWorkers
from crawler.context import utc_now
from crawler.workers.pool import ReadingPool, start_importing
from crawler.workers.preload import ALL_PRELOADED
from crawler.workers.work import EnricherSetup
from tests.support.crawl.replay import Replay, Saved, prose, saved_pages, web_of

AIM = 0.85
BATCH = 64
BRANDS = (Brand(id="tessaro", name="Tessaro", role="own"), Brand(id="ulmo", name="Ulmo", role="competitor"))


@dataclass(frozen=True, slots=True)
class Rate:
    """How much a second once it runs, and how many seconds until it did."""

    a_second: float
    start_s: float


def main() -> int:
    """Measure the pairs and print them; exit 1 where one misses the aim."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--posts", type=int, default=400)
    given = parser.parse_args()
    pages = saved_pages()[: given.pages]
    plain: list[Rate] = []
    on: list[Rate] = []
    with web_of(pages) as web, tempfile.TemporaryDirectory() as folder:
        for number, on_ray in enumerate((False, True, True, False)):
            (on if on_ray else plain).append(_crawl(web, pages, Path(folder) / str(number), on_ray=on_ray))
    print(f"{len(pages)} saved pages, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end")
    good = _show("pages", plain, on)
    start_importing(ALL_PRELOADED)
    posts = _posts(given.posts)
    plain, on = [], []
    with connected("", namespace="candor-bench") as ray:
        for on_ray in (False, True, True, False):
            hired = ClusterWorkers(ray, 1) if on_ray else None
            (on if on_ray else plain).append(asyncio.run(_judged(posts, hired)))
    return 0 if _show("judged mentions", plain, on) and good else 1


def _show(what: str, plain: Sequence[Rate], on: Sequence[Rate]) -> bool:
    one, other = mean(each.a_second for each in plain), mean(each.a_second for each in on)
    for name, rates in (("plain", plain), ("on ray", on)):
        each = ", ".join(f"{rate.a_second:.1f} (after {rate.start_s:.1f} s)" for rate in rates)
        print(f"  {name:8} {mean(rate.a_second for rate in rates):8.1f} {what} a second: {each}")
    print(f"  ratio {other / one:.2f} (aim {AIM})")
    return other / one >= AIM


def _crawl(web: Replay, pages: Sequence[Saved], folder: Path, *, on_ray: bool) -> Rate:
    folder.mkdir()
    (folder / "candor.toml").write_text(_config([web.url(each.host, each.path) for each in pages]))
    before, began = len(web.asked), time.monotonic()
    words = [sys.executable, "-m", "candor", "crawl", *(["--on", "ray"] if on_ray else [])]
    environ = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    # Robots are asked for too: half of the hosts have one page, so the requests are counted and not the pages.
    wanted = len(pages) + len({each.host for each in pages})
    times: list[float] = []
    with subprocess.Popen(words, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as crawl:
        while crawl.poll() is None:
            now = time.monotonic()
            times += [now] * (len(web.asked) - before - len(times))
            time.sleep(0.02)
        said = crawl.stderr.read().decode() if crawl.stderr else ""
    if crawl.returncode or len(times) < 0.9 * wanted:
        raise RuntimeError(f"the crawl failed ({len(times)} of {wanted} requests): {said[-1000:]}")
    first, last = times[len(times) // 10], times[len(times) * 9 // 10]
    share = sum(first < at <= last for at in times) / len(times)
    return Rate(share * len(pages) / (last - first), times[0] - began)


def _posts(count: int) -> list[Post]:
    names = ("Tessaro", "Ulmo")
    return [
        Post(url=f"https://forum.example/{n}", text=prose(f"the {names[n % 2]}", seed=n), fetched_at=utc_now())
        for n in range(count)
    ]


async def _judged(posts: Sequence[Post], hired: ClusterWorkers | None) -> Rate:
    began = time.monotonic()
    pool = ReadingPool(
        workers=2, setup=EnricherSetup(brands=BRANDS, key=b"k" * 32), understanders=hired, preload=ALL_PRELOADED
    )
    try:
        await pool.understand(posts[:BATCH])
        ready = time.monotonic()
        understood = [
            item for at in range(BATCH, len(posts), BATCH) for item in await pool.understand(posts[at : at + BATCH])
        ]
        took = time.monotonic() - ready
    finally:
        await asyncio.to_thread(pool.close)
    return Rate(sum(len(item.mentions) for item in understood) / took, ready - began)


if __name__ == "__main__":
    raise SystemExit(main())
