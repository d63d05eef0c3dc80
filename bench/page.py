"""The team's page over a large embedded store: ``python -m bench.page [--mentions N] [--folder F]``.

The page runs in a process of its own, as ``candor serve`` does, over mentions that are generated. Prints the median of
each act beside its limit, the memory of that process, and what 50 readers at once cost a writer beside them. Exits 1
where a limit is missed.
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from html import unescape
from itertools import islice
from pathlib import Path

from analysis.settings.file import Config
from analysis.store.open import open_store
from bench.report import DAYS, OURS, fill
from tests.support.mentions import NOW, generate
from tests.support.serving import Browser, serving

TODAY_S, FACET_S, NEXT_S = 1.0, 0.3, 0.1
MOST_MIB = 300.0
READERS = 50
SLOWER = 0.1
ROUNDS = 7
WRITTEN = 500
ACTS: Sequence[tuple[str, str, float | None]] = (
    ("Today", "/", TODAY_S),
    ("a list", "/mentions", None),
    ("a facet", "/mentions?brand.id=tessaro", FACET_S),
    ("a second facet", "/mentions?brand.id=tessaro&sentiment.label=negative&since=90d", FACET_S),
    ("words and a facet", "/mentions?q=kettle+OR+spout&brand.id=brewvia&sort=harm", None),
    ("who and where, 30 days", "/who", None),
    ("a section of the report", "/report/voice", None),
)


def serve(folder: Path) -> None:
    """Serve the store in ``folder``; say where, and at the end how much memory it took."""
    config = Config(path=None, state=folder / "state", store=str(folder / "store"), brands=OURS, sources=())
    with open_store(config.store) as store, serving(store, folder, now=NOW, config=config) as served:
        print(served.port, served.link(), flush=True)
        sys.stdin.read()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


@contextmanager
def page(folder: Path, memory: list[float]) -> Iterator[Browser]:
    """Give a client of a page in a process of its own, whose memory is added to ``memory`` at the end."""
    command = [sys.executable, "-m", "bench.page", "--serve", "--folder", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        port, link = process.stdout.readline().split()
        browser = Browser(port=int(port))
        assert browser.get(link).status == 200
        yield browser
        process.stdin.close()
        memory.append(float(process.stdout.read().split()[-1]))


def took(act: Callable[[], object]) -> float:
    """Return the seconds of one act."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def next_pages(browser: Browser) -> list[float]:
    """Return how long each of the next pages of a list took."""
    address = re.findall(r'<li class="more"><a class="button" href="([^"]+)"', browser.get("/mentions").text)[0]
    spent = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answer = browser.get(unescape(address), HX_Request="true")
        spent.append(time.perf_counter() - started)
        address = re.findall(r'<li class="more"><a class="button" href="([^"]+)"', answer.text)[0]
    return spent


def shown(what: str, value: float, unit: str, limit: float | None) -> bool:
    """Print a figure beside its limit; return whether it was missed."""
    missed = limit is not None and value > limit
    told = f"  <= {limit:g} {unit}" if limit is not None else ""
    print(f"{what:<42}{value:>9.3f} {unit}{told}{'  MISSED' if missed else ''}", flush=True)
    return missed


def write_rate(folder: Path, first: int, seconds: float) -> float:
    """Return how many mentions a second are written beside whoever reads, in batches as a crawl writes them."""
    source = (replace(one, id=f"{number:064x}") for number, one in enumerate(generate(10**7), start=first))
    done, started = 0, time.perf_counter()
    with open_store(str(folder / "store"), write=True) as store:
        while (spent := time.perf_counter() - started) < seconds:
            store.write(list(islice(source, WRITTEN)))
            done += WRITTEN
            time.sleep(max(0.0, done / 1000 - spent))
    return done / (time.perf_counter() - started)


def beside(browser: Browser, folder: Path, seconds: float) -> tuple[float, float, int]:
    """Return the writer's rate alone and beside the readers, and how many answers were no page."""
    alone = write_rate(folder, 10**9, seconds)
    over = threading.Event()
    wrong: list[int] = []

    def read(place: int) -> None:
        while not over.is_set():
            answer = browser.get(ACTS[place % len(ACTS)][1])
            if answer.status != 200:
                wrong.append(answer.status)
            over.wait(2.0)

    readers = [threading.Thread(target=read, args=(place,)) for place in range(READERS)]
    for reader in readers:
        reader.start()
    crowded = write_rate(folder, 2 * 10**9, seconds)
    over.set()
    for reader in readers:
        reader.join()
    return alone, crowded, len(wrong)


def measure(folder: Path, seconds: float) -> bool:
    """Print every figure; return whether one missed its limit."""
    memory: list[float] = []
    missed = False
    with page(folder, memory) as browser:
        missed |= shown("Today, for the first time ever", took(lambda: browser.get("/")), "s", None)
        for name, address, limit in ACTS:
            browser.get(address)
            spent = statistics.median(took(partial(browser.get, address)) for _ in range(ROUNDS))
            missed |= shown(name, spent, "s", limit)
        missed |= shown("the next page of a list", statistics.median(next_pages(browser)), "s", NEXT_S)
    with page(folder, memory) as browser:
        missed |= shown("Today, after a restart", took(lambda: browser.get("/")), "s", TODAY_S)
    missed |= shown("most memory of the page", max(memory), "MiB", MOST_MIB)
    with page(folder, memory) as browser:
        alone, crowded, wrong = beside(browser, folder, seconds)
    shown("a writer alone", alone, "/s", None)
    missed |= shown(f"it is slower beside {READERS} readers by", 1 - crowded / alone, "", SLOWER)
    return missed | shown("answers that were no page", wrong, "", 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 where a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=20.0, help="for how long is written beside readers")
    parser.add_argument("--folder", type=Path, help="a folder with a store to use again, or where to keep one")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="candor-bench-"))
    if options.serve:
        serve(folder)
        return 0
    try:
        if not (folder / "store").exists():
            fill(folder / "store", generate(options.mentions, days=DAYS))
        return int(measure(folder, options.seconds))
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
