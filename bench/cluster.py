"""What Ray costs on one machine: ``python -m bench.cluster [--pages N --posts N]``.

In one run, one after the other and each pair in both orders, because a shared machine is not equally fast for minutes:

* ``candor crawl`` and ``candor crawl --on ray`` of the same saved pages into an embedded store, both with two readers;
* posts judged by as many workers of this machine as actors.

Rates are those of the work once it runs (between the tenth and the ninetieth percent of the pages; judges that have
answered once): the start of each is printed beside. The aim is a ratio of 0.85. Exit status 1 below it.

Beside a rate stands the processor time of all processes that it took, which other work on the machine changes less:
for each page or mention once it runs, and with the start, of which Ray's own processes (all but actors) had a part.
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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from analysis.model import Brand, Post
from bench.crawl import _family, _processor_s, config_of
from crawler.cluster.connection import connected
from crawler.cluster.hired import ClusterWorkers
from crawler.context import utc_now
from crawler.workers.pool import ReadingPool, start_importing
from crawler.workers.preload import ALL_PRELOADED
from crawler.workers.work import EnricherSetup
from tests.support.crawl.replay import Replay, Saved, prose, saved_pages, web_of

AIM = 0.85
SAMPLE_S = 0.5
OWN = ("gcs_server", "raylet/raylet", "site-packages/ray/", "ray::IDLE")
"""What the command lines of Ray's own processes hold."""
BATCH = 64
BRANDS = (Brand(id="tessaro", name="Tessaro", role="own"), Brand(id="ulmo", name="Ulmo", role="competitor"))


@dataclass(frozen=True, slots=True)
class Rate:
    """How much a second once it runs, and how many seconds until it did; and processor time.

    ``each_ms`` is that of one page or mention once it runs, ``whole_s`` all with the start, ``ray_s`` Ray's part of it.
    """

    a_second: float
    start_s: float
    each_ms: float
    whole_s: float
    ray_s: float


class Processor:
    """The processor time of a process and of all that it started, also of those that are gone by now."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._spent: dict[int, float] = {}
        self._ray: set[int] = set()

    def spent(self) -> tuple[float, float]:
        """Return the seconds of all processes so far, and those of Ray's own; to be called some times a second."""
        for pid in _family(self._pid):
            self._spent[pid] = max(self._spent.get(pid, 0.0), _processor_s(pid))
            with suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
                (self._ray.add if any(own in words for own in OWN) else self._ray.discard)(pid)
        return sum(self._spent.values()), sum(self._spent[pid] for pid in self._ray)


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
    for on_ray in (False, True, True, False):
        (on if on_ray else plain).append(_judged(posts, on_ray=on_ray))
    return 0 if _show("judged mentions", plain, on) and good else 1


def _show(what: str, plain: Sequence[Rate], on: Sequence[Rate]) -> bool:
    for name, rates in (("plain", plain), ("on ray", on)):
        each = ", ".join(f"{rate.a_second:.1f} (after {rate.start_s:.1f} s)" for rate in rates)
        print(f"  {name:8} {mean(rate.a_second for rate in rates):8.1f} {what} a second: {each}")
        ms, whole, own = (mean(getattr(rate, part) for rate in rates) for part in ("each_ms", "whole_s", "ray_s"))
        print(
            f"  {'':8} {ms:8.1f} ms of processor time each; {whole:.1f} s with the start, Ray's own {own:.1f} s of it"
        )
    ratio = mean(rate.a_second for rate in on) / mean(rate.a_second for rate in plain)
    spent = mean(rate.each_ms for rate in plain) / mean(rate.each_ms for rate in on)
    print(f"  ratio {ratio:.2f} (aim {AIM}), in processor time {spent:.2f}")
    return ratio >= AIM


def _crawl(web: Replay, pages: Sequence[Saved], folder: Path, *, on_ray: bool) -> Rate:
    folder.mkdir()
    (folder / "candor.toml").write_text(config_of([web.url(each.host, each.path) for each in pages]))
    before, began = len(web.asked), time.monotonic()
    words = [sys.executable, "-m", "candor", "crawl", *(["--on", "ray"] if on_ray else [])]
    environ = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    # Robots are asked for too: half of the hosts have one page, so the requests are counted and not the pages.
    wanted = len(pages) + len({each.host for each in pages})
    times: list[float] = []
    marks: list[tuple[int, float]] = []
    """How many requests there had been, and the processor time by then."""
    with (
        (folder / "said").open("wb") as said,
        subprocess.Popen(words, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=said) as crawl,
    ):
        processor, looked = Processor(crawl.pid), 0.0
        whole = own = 0.0
        while crawl.poll() is None:
            now = time.monotonic()
            times += [now] * (len(web.asked) - before - len(times))
            if now - looked >= SAMPLE_S:
                looked = now
                whole, own = processor.spent()
                marks.append((len(times), whole))
            time.sleep(0.02)
    if crawl.returncode or len(times) < 0.9 * wanted:
        end = (folder / "said").read_text(errors="replace")[-1000:]
        raise RuntimeError(f"the crawl failed ({len(times)} of {wanted} requests): {end}")
    first, last = times[len(times) // 10], times[len(times) * 9 // 10]
    share = sum(first < at <= last for at in times) / len(times)
    running = [mark for mark in marks if len(times) // 10 <= mark[0] <= len(times) * 9 // 10]
    (low, spent), (high, spent_then) = running[0], running[-1]
    each_ms = (spent_then - spent) / ((high - low) / len(times) * len(pages)) * 1000
    return Rate(share * len(pages) / (last - first), times[0] - began, each_ms, whole, own)


def _posts(count: int) -> list[Post]:
    names = ("Tessaro", "Ulmo")
    return [
        Post(url=f"https://forum.example/{n}", text=prose(f"the {names[n % 2]}", seed=n), fetched_at=utc_now())
        for n in range(count)
    ]


def _judged(posts: Sequence[Post], *, on_ray: bool) -> Rate:
    processor, began = Processor(os.getpid()), time.monotonic()
    if not on_ray:
        return asyncio.run(_judging(posts, None, processor, began))
    with connected("", namespace="candor-bench") as ray:
        return asyncio.run(_judging(posts, ClusterWorkers(ray, 1), processor, began))


async def _judging(posts: Sequence[Post], hired: ClusterWorkers | None, processor: Processor, began: float) -> Rate:
    at_first, _ = processor.spent()
    pool = ReadingPool(
        workers=2, setup=EnricherSetup(brands=BRANDS, key=b"k" * 32), understanders=hired, preload=ALL_PRELOADED
    )
    try:
        await pool.understand(posts[:BATCH])
        ready, (spent, _) = time.monotonic(), processor.spent()
        understood = [
            item for at in range(BATCH, len(posts), BATCH) for item in await pool.understand(posts[at : at + BATCH])
        ]
        took, (whole, own) = time.monotonic() - ready, processor.spent()
    finally:
        await asyncio.to_thread(pool.close)
    mentions = sum(len(item.mentions) for item in understood)
    return Rate(mentions / took, ready - began, (whole - spent) / mentions * 1000, whole - at_first, own)


if __name__ == "__main__":
    raise SystemExit(main())
