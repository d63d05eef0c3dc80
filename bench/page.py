"""The team's page over a large store: ``python -m bench.page [--mentions N] [--folder F] [--elastic]``.

The page runs in a process of its own, as ``candor serve`` does, over mentions that are generated. Prints the median of
each act beside its limit, and the memory of that process. The limit of memory is that of the process's own: what of the
index's files is mapped beside it is the system's, which takes it back when others need it. Exits 1 where a limit is
missed. With ``--elastic`` the store is Elastic's minimal server, started for it. ``bench.beside`` tells what readers
cost a crawl.
"""

from __future__ import annotations

import argparse
import os
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
from dataclasses import dataclass
from functools import partial
from html import unescape
from pathlib import Path

from analysis.settings.file import Config
from analysis.store.open import open_store
from bench.elastic import PREFIX, server
from bench.report import DAYS, OURS, fill
from candor.commands.look.serve import GIVES_WAY
from crawler.workers.memory import keep_bounded
from tests.support.mentions import NOW, generate
from tests.support.serving import Answer, Browser, serving

TODAY_S, FACET_S, NEXT_S = 1.0, 0.3, 0.1
MOST_MIB = 300.0
LOOKS_S = 0.05
"""How often the memory of the page is looked at."""
ROUNDS = 7
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


def serve(folder: Path, address: str) -> None:
    """Serve the store at ``address``; say where, and at the end what it took."""
    keep_bounded()  # as ``candor serve`` does
    os.nice(GIVES_WAY)
    config = Config(path=None, state=folder / "state", store=address, brands=OURS, sources=())
    with open_store(config.store) as store, serving(store, folder, now=NOW, config=config) as served:
        print(served.port, served.link(), flush=True)
        sys.stdin.read()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.process_time(), flush=True)


@contextmanager
def page(folder: Path, ended: list[PageEnd], *, address: str = "") -> Iterator[Browser]:
    """Give a client of a page in a process of its own, of the store in ``folder`` or at an address.

    What that took is added to ``ended``.
    """
    command = [sys.executable, "-m", "bench.page", "--serve", "--folder", str(folder)]
    command += ["--store", address or str(folder / "store")]
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


def got(browser: Browser, path: str) -> Answer:
    """Return a page. Raises ``RuntimeError`` for what is none."""
    answer = browser.get(path)
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered with {answer.status}")
    return answer


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


def filled(folder: Path, mentions: int) -> None:
    """Fill the store of ``folder`` with that many mentions, unless there is one."""
    if not (folder / "store").exists():
        fill(folder / "store", generate(mentions, days=DAYS))


def measure(folder: Path, address: str = "") -> bool:
    """Print the figures of one reader; return whether one missed its limit."""
    ended: list[PageEnd] = []
    missed = False
    with page(folder, ended, address=address) as browser:
        shown("Today, for the first time ever", took(partial(got, browser, "/")), "s", None)
    shown("processor time of a page that shows it", ended[0].processor, "s", None)
    with page(folder, ended, address=address) as browser:
        missed |= shown("Today, after a restart", took(partial(got, browser, "/")), "s", TODAY_S)
        for name, path, limit in ACTS:
            got(browser, path)
            spent = statistics.median(took(partial(got, browser, path)) for _ in range(ROUNDS))
            missed |= shown(name, spent, "s", limit)
        missed |= shown("the next page of a list", statistics.median(next_pages(browser)), "s", NEXT_S)
    shown("most memory with the index's pages", max(one.memory for one in ended), "MiB", None)
    return missed | shown("most memory of the page's own", max(one.own for one in ended), "MiB", MOST_MIB)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 where a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="a folder with a store to use again, or where to keep one")
    parser.add_argument("--elastic", action="store_true", help="a store on Elasticsearch, which is removed afterwards")
    parser.add_argument("--store", help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="candor-bench-"))
    if options.serve:
        serve(folder, options.store)
        return 0
    try:
        if options.elastic:
            with server("", "1g") as (url, _):
                address = f"{url}?prefix={PREFIX}-page"
                fill(address, generate(options.mentions, days=DAYS))
                return int(measure(folder, address))
        filled(folder, options.mentions)
        return int(measure(folder))
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
