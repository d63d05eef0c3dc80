"""One crawl in its own process, because a reactor runs once: ``python -m tests.support.crawl.crawl_once CONFIG OUT``.

Writes what the crawl gave as JSON, with the peak memory of this process and of each reader process. With
``--kill-after N`` the process kills itself (SIGKILL) once N mentions are stored.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from analysis.model.records.run import RUNS
from analysis.store.open import open_store
from crawler.configuration import load
from crawler.keeping.visit import run_of
from crawler.run import CrawlOutcome, SourceProgress, crawl


def main() -> int:
    """Run the crawl that the arguments describe; exit 1 where a source failed, as the command does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kill-after", type=int, default=0)
    parser.add_argument("--interrupt-after", type=int, default=0)
    parser.add_argument("--file-limit", type=int, default=0, help="most bytes of one file: as if the disk were full")
    given = parser.parse_args()
    if given.file_limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.file_limit, given.file_limit))
    config = load(given.config)
    ticks: list[int] = []
    first: list[float] = []
    started = time.monotonic()

    def on_progress(sources: Sequence[SourceProgress]) -> None:
        stored = sum(source.mentions_new for source in sources)
        ticks.append(stored)
        if not first and any(source.pages for source in sources):
            first.append(time.monotonic() - started)
        if given.kill_after and stored >= given.kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
        if given.interrupt_after and stored >= given.interrupt_after:
            given.interrupt_after = 0
            os.kill(os.getpid(), signal.SIGINT)

    with open_store(config.store, write=True, holder="a test") as store:
        outcome = crawl(config, store, config.sources, on_progress=on_progress)
    seconds = time.monotonic() - started
    given.out.write_text(
        json.dumps({**outcome_json(outcome), "seconds": seconds, "first_page_s": first, "ticks": len(ticks)})
    )
    return 1 if outcome.failed or outcome.stopped else 0


def outcome_json(outcome: CrawlOutcome) -> dict[str, object]:
    """Return what a crawl gave, ready for JSON."""
    return {
        "run": outcome.run,
        "stopped": outcome.stopped,
        "not_started": [source.id for source in outcome.not_started],
        "sources": {
            each.source.id: RUNS.to_body(run_of(each.visit, state=each.health.state, cause=each.health.cause))
            for each in outcome.sources
        },
    }


if __name__ == "__main__":
    sys.exit(main())
