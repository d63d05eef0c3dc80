"""The team's page over a large embedded store: ``python -m bench.page [--mentions N] [--folder F]``.

The page runs in a process of its own, as ``candor serve`` does, over mentions that are generated. Prints the median of
each act beside its limit, the memory of that process, and what 50 readers cost a writer beside them: another process,
which writes batches as a crawl does, in turn alone and beside the readers. The limit of memory is that of the process's
own: what of the index's files is mapped beside it is the system's, which takes it back when others need it. Exits 1
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
from dataclasses import dataclass, replace
from functools import partial
from html import unescape
from itertools import islice
from pathlib import Path

from analysis.flow import BATCH
from analysis.settings.file import Config
from analysis.store.open import open_store
from bench.report import DAYS, OURS, fill
from crawler.workers.memory import keep_bounded
from tests.support.mentions import NOW, generate
from tests.support.serving import Browser, serving

TODAY_S, FACET_S, NEXT_S = 1.0, 0.3, 0.1
MOST_MIB = 300.0
LOOKS_S = 0.05
"""How often the memory of the page is looked at."""
READERS = 50
READS_S = 10.0
"""How long a reader looks at a page before the next click."""
SLOWER = 0.1
ROUNDS = 7
TURNS = 3
CRAWLED_S = 50.0
"""Mentions that a crawl brings a second."""
ACTS: Sequence[tuple[str, str, float | None]] = (
    ("Today", "/", TODAY_S),
    ("a list", "/mentions", None),
    ("a facet", "/mentions?brand.id=tessaro", FACET_S),
    ("a second facet", "/mentions?brand.id=tessaro&sentiment.label=negative&since=90d", FACET_S),
    ("words and a facet", "/mentions?q=kettle+OR+spout&brand.id=brewvia&sort=harm", None),
    ("who and where, 30 days", "/who", None),
    ("a section of the report", "/report/voice", None),
)


@dataclass(frozen=True, slots=True)
class PageEnd:
    """What the page's process took until it ended: most memory in MiB, its own and with the index's pages, and seconds
    of processor time.
    """

    own: float
    memory: float
    processor: float


def serve(folder: Path) -> None:
    """Serve the store in ``folder``; say where, and at the end what it took."""
    keep_bounded()  # as ``candor serve`` does
    config = Config(path=None, state=folder / "state", store=str(folder / "store"), brands=OURS, sources=())
    with open_store(config.store) as store, serving(store, folder, now=NOW, config=config) as served:
        print(served.port, served.link(), flush=True)
        sys.stdin.read()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.process_time(), flush=True)


@contextmanager
def page(folder: Path, ended: list[PageEnd]) -> Iterator[Browser]:
    """Give a client of a page in a process of its own; what that took is added to ``ended``."""
    command = [sys.executable, "-m", "bench.page", "--serve", "--folder", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        port, link = process.stdout.readline().split()
        browser = Browser(port=int(port))
        assert browser.get(link).status == 200
        with watched(process.pid) as most:
            yield browser
        process.stdin.close()
        memory, processor = process.stdout.read().split()[-2:]
        ended.append(PageEnd(own=most[0], memory=float(memory), processor=float(processor)))


@contextmanager
def watched(process: int) -> Iterator[list[float]]:
    """Give the most memory of its own, in MiB, that a process had while the block ran."""
    over, most = threading.Event(), [0.0]

    def look() -> None:
        while not over.wait(LOOKS_S):
            told = Path(f"/proc/{process}/status").read_text(encoding="ascii")
            most[0] = max(most[0], int(re.findall(r"RssAnon:\s+(\d+)", told)[0]) / 1024)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield most
    finally:
        over.set()
        looking.join()


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


def write(folder: Path, seconds: float) -> None:
    """Write new mentions as a crawl hands them over; say how many a second, and the median seconds of a batch."""
    first = time.time_ns()
    source = (replace(one, id=f"{number:064x}") for number, one in enumerate(generate(10**7), start=first))
    done, batches = 0, []
    with open_store(str(folder / "store"), write=True) as store:
        started = time.perf_counter()
        while (spent := time.perf_counter() - started) < seconds:
            time.sleep(max(0.0, done / CRAWLED_S - spent))
            some = list(islice(source, BATCH))
            batches.append(took(partial(store.write, some)))
            done += len(some)
        spent = max(time.perf_counter() - started, done / CRAWLED_S)
    print(done / spent, statistics.median(batches), flush=True)


def written(folder: Path, seconds: float) -> tuple[float, float]:
    """Return what ``write`` says in a process of its own: readers take no turn from it but the machine's."""
    command = [sys.executable, "-m", "bench.page", "--write", "--folder", str(folder), "--seconds", str(seconds)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    rate, batch = map(float, said.split())
    return rate, batch


@contextmanager
def read_by_many(browser: Browser, told: list[tuple[int, float]]) -> Iterator[None]:
    """Let ``READERS`` look at pages while the block runs; each answer's status and seconds are added to ``told``."""
    over = threading.Event()

    def read(place: int) -> None:
        over.wait(READS_S * place / READERS)
        while not over.is_set():
            started = time.perf_counter()
            try:
                status = browser.get(ACTS[place % len(ACTS)][1]).status
            except OSError:
                status = 0
            told.append((status, time.perf_counter() - started))
            place += 1
            over.wait(READS_S)

    readers = [threading.Thread(target=read, args=(place,)) for place in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        over.set()
        for reader in readers:
            reader.join()


def beside(folder: Path, seconds: float) -> bool:
    """Print what readers cost a writer, and whether all were answered; return whether a limit was missed."""
    alone, crowded, told, ended = [], [], list[tuple[int, float]](), list[PageEnd]()
    with page(folder, ended) as browser:
        browser.get("/")
        for _ in range(TURNS):
            alone.append(written(folder, seconds))
            with read_by_many(browser, told):
                crowded.append(written(folder, seconds))
    rates = [sum(rate for rate, _ in turns) / TURNS for turns in (alone, crowded)]
    shown("a writer alone", rates[0], "/s", None)
    shown("its batch alone, median", statistics.median(batch for _, batch in alone), "s", None)
    shown(f"its batch beside {READERS} readers, median", statistics.median(batch for _, batch in crowded), "s", None)
    missed = shown(f"it is slower beside {READERS} readers by", 1 - rates[1] / rates[0], "", SLOWER)
    shown(f"answers to {READERS} readers", len(told), "", None)
    shown("such an answer, median", statistics.median(spent for _, spent in told), "s", None)
    return missed | shown("answers that were no page", sum(status != 200 for status, _ in told), "", 0)


def measure(folder: Path) -> bool:
    """Print the figures of one reader; return whether one missed its limit."""
    ended: list[PageEnd] = []
    missed = False
    with page(folder, ended) as browser:
        shown("Today, for the first time ever", took(lambda: browser.get("/")), "s", None)
    shown("processor time of a page that shows it", ended[0].processor, "s", None)
    with page(folder, ended) as browser:
        missed |= shown("Today, after a restart", took(lambda: browser.get("/")), "s", TODAY_S)
        for name, address, limit in ACTS:
            browser.get(address)
            spent = statistics.median(took(partial(browser.get, address)) for _ in range(ROUNDS))
            missed |= shown(name, spent, "s", limit)
        missed |= shown("the next page of a list", statistics.median(next_pages(browser)), "s", NEXT_S)
    shown("most memory with the index's pages", max(one.memory for one in ended), "MiB", None)
    return missed | shown("most memory of the page's own", max(one.own for one in ended), "MiB", MOST_MIB)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 where a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=20.0, help="for how long is written in each turn")
    parser.add_argument("--beside", action="store_true", help="only what readers cost a writer")
    parser.add_argument("--folder", type=Path, help="a folder with a store to use again, or where to keep one")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="candor-bench-"))
    if options.serve:
        serve(folder)
        return 0
    if options.write:
        write(folder, options.seconds)
        return 0
    try:
        if not (folder / "store").exists():
            fill(folder / "store", generate(options.mentions, days=DAYS))
        missed = False if options.beside else measure(folder)
        return int(missed | beside(folder, options.seconds))
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
