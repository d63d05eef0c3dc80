"""How fast the article reader is beside bare trafilatura on the same saved pages, and how well it reads all of them.

Run as ``python -m bench.readers [scores]`` beside the saved pages. Times are CPU seconds of one process, page by page
in turn, so that both meet the same machine. The first pages warm both up and are not counted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import trafilatura

from crawler.readers.page import Page
from crawler.readers.reading import read
from tests.support.eval.reader_scores import (
    Tally,
    first_post,
    gold_rows,
    saved,
    score_facts,
    shingle_f1,
    snippet_f1,
    table,
    word_f1,
)

SETS = ("article-extraction-benchmark", "fundus-news", "trafilatura-eval", "wcxb")
EVERY = 3
WARM_UP = 5


def bare(page: Page) -> Any:
    """Read a page by trafilatura alone, with its metadata."""
    return trafilatura.extract(page.content, url=page.url, with_metadata=True)


def ours(page: Page) -> Any:
    """Read a page by the article reader."""
    return read("article", page)


def seconds(work: Callable[[Page], Any], page: Page) -> float:
    """Return the CPU seconds that ``work`` takes on ``page``."""
    start = time.process_time()
    work(page)
    return time.process_time() - start


def speeds(name: str) -> dict[str, float]:
    """Return pages a second by both ways over every EVERY-th page of the set."""
    spent = {"trafilatura": 0.0, "candor": 0.0}
    rows = gold_rows(name)[::EVERY]
    for number, row in enumerate(rows):
        # A fresh page for each, because a page keeps its parse.
        times = seconds(bare, saved(name, row)), seconds(ours, saved(name, row))
        if number >= WARM_UP:
            spent["trafilatura"] += times[0]
            spent["candor"] += times[1]
    return {way: (len(rows) - WARM_UP) / total for way, total in spent.items()}


def scores(name: str) -> dict[str, float]:
    """Return the scores over every page of the set, by its own measure."""
    tally, pairs = Tally(), []
    for row in gold_rows(name):
        post = first_post("article", saved(name, row))
        score_facts(tally, row, post)
        pairs.append((row, post.text if post else ""))
    bodies = [(row["body"], text) for row, text in pairs if row.get("body")]
    if name == "trafilatura-eval":
        body = snippet_f1(pairs)
    elif name == "wcxb":
        body = sum(word_f1(*pair) for pair in bodies) / len(bodies)
        for row, text in pairs:
            if row.get("body"):
                tally.add(row["page_type"], word_f1(row["body"], text))
    else:
        body = shingle_f1(bodies)
    return {"body": body} | tally.shares()


def main() -> None:
    """Print pages a second, and with ``scores`` the scores too."""
    measure = scores if "scores" in sys.argv[1:] else speeds
    print("\n".join(table({name: measure(name) for name in SETS})))


if __name__ == "__main__":
    main()
