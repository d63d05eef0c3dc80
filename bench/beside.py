"""What 50 readers of the page cost a crawl: ``python -m bench.beside [--folder F] [--pages N] [--turns N]``.

A real crawl (saved pages over loopback: fetched, read, judged, written) goes into a large embedded store that the page
serves, in turn alone and beside readers who open a page every ten seconds each; all in one run, because a machine that
others use is not equally fast for minutes. The page is a process of its own, as ``candor serve`` is. Exits 1 where an
answer is no page, or where the crawl reads a tenth fewer pages a second beside them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.crawl import HEAD, config_of
from bench.page import ACTS, PageEnd, filled, page, shown
from tests.support.crawl.replay import Answer, Replay, Saved, saved_pages, web_of
from tests.support.serving import Browser
from tests.support.shared import page as saved_page

READERS = 50
READS_S = 10.0
"""How long a reader looks at a page before the next click."""
SLOWER = 0.1
WARM_UP = 40
"""Pages of the first turn, which is not counted."""


def crawled(web: Replay, pages: Sequence[Saved], folder: Path, turn: int) -> float:
    """Crawl the pages at addresses of this turn; return how many were read a second once the first one was."""
    urls = []
    for each in pages:
        path = f"{each.path}{'&' if '?' in each.path else '?'}turn={turn}"
        web.add(each.host, path, Answer(body=saved_page(each.file), etag=False))
        urls.append(web.url(each.host, path))
    config, out = folder / f"turn-{turn}.toml", folder / "outcome.json"
    config.write_text(config_of(urls, head=HEAD.replace('"store"', json.dumps(str(folder / "store")))))
    subprocess.run([sys.executable, "-m", "tests.support.crawl.crawl_once", str(config), str(out)], check=True)
    found = json.loads(out.read_text())
    return len(urls) / float(found["seconds"] - found["first_page_s"][0])


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


def beside(folder: Path, pages: Sequence[Saved], turns: int) -> bool:
    """Print what readers cost a crawl, and whether all were answered; return whether a limit was missed."""
    alone, crowded, told, ended = list[float](), list[float](), list[tuple[int, float]](), list[PageEnd]()
    with web_of(pages) as web, page(folder, ended) as browser:
        browser.get("/")
        crawled(web, pages[:WARM_UP], folder, 0)
        for turn in range(1, 2 * turns + 1):
            # Alone, beside, beside, alone: a machine that grows slower is no reader's fault.
            if turn % 4 in (0, 1):
                alone.append(crawled(web, pages, folder, turn))
            else:
                with read_by_many(browser, told):
                    crowded.append(crawled(web, pages, folder, turn))
    for name, rates in (("alone", alone), (f"beside {READERS} readers", crowded)):
        print(f"pages a second {name}, turn by turn: {', '.join(f'{rate:.1f}' for rate in rates)}")
    missed = shown("the crawl is slower by", 1 - statistics.mean(crowded) / statistics.mean(alone), "", SLOWER)
    shown(f"answers to {READERS} readers", len(told), "", None)
    shown("such an answer, median", statistics.median(spent for _, spent in told), "s", None)
    shown("processor time of the page", ended[0].processor, "s", None)
    return missed | shown("answers that were no page", sum(status != 200 for status, _ in told), "", 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 where a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=200_000)
    parser.add_argument("--pages", type=int, default=300, help="pages of each turn")
    parser.add_argument("--turns", type=int, default=2, help="turns of each kind, an even number")
    parser.add_argument("--folder", type=Path, help="a folder with a store to use again, or where to keep one")
    options = parser.parse_args(arguments)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="candor-bench-"))
    try:
        filled(folder, options.mentions)
        return int(beside(folder, saved_pages()[: options.pages], options.turns))
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
