"""The whole report over a large embedded store, phase by phase: ``python -m bench.report [--mentions N] [--folder F]``.

The mentions are generated (``tests.support.mentions``); only the report is timed. Exits 1 where the whole takes longer
than its limit. With ``--late`` half a year of them was read back in one run, which asks the store for more.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from analysis.ledger import corrections
from analysis.measure import emerging as emergence
from analysis.measure import evidence as opening
from analysis.measure import report as measuring
from analysis.measure import response as responding
from analysis.model import Brand, Mention
from analysis.report.data import to_json
from analysis.report.html import render
from analysis.store.base import Store
from analysis.store.open import open_store
from analysis.track.results import Measures
from tests.support.mentions import BRANDS, NOW, generate

LIMIT_S = 5.0
SERIES = 2_000
BATCH = 5_000
DAYS = 210  # the period, the one before and half a year of past
UNTIL = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC) + timedelta(days=1)
OURS = tuple(Brand(id=name, name=name.title(), role="competitor" if at else "own") for at, name in enumerate(BRANDS))
PHASES: dict[str, tuple[Any, str]] = {
    "counting: answers": (measuring, "answers"),
    "complaint series: emergence": (emergence, "find"),
    "themes with evidence": (measuring, "theme_findings"),
    "reputation": (measuring, "_reputations"),
    "share of voice": (measuring, "_voices"),
    "moves": (measuring, "move_findings"),
    "switching": (measuring, "flow_findings"),
    "net flows": (measuring, "net_flow_findings"),
    "contrasts": (measuring, "contrast_findings"),
    "praise": (measuring, "praise_findings"),
    "wishes": (measuring, "wish_findings"),
    "response times": (responding, "times"),
    "fixes": (measuring, "_fixes"),
    "sources": (measuring, "_sources"),
    "caveats": (measuring, "_caveats"),
    "corrections": (corrections, "changed"),
    "posts named": (opening, "with_posts"),
}


def fill(folder: Path, mentions: Iterator[Mention]) -> int:
    """Write the mentions and return how many."""
    done = 0
    with open_store(str(folder), write=True) as store:
        while batch := list(islice(mentions, BATCH)):
            store.write(batch)
            done += len(batch)
            print(f"\r{done:,} mentions written ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return done


def read_back(mentions: Iterator[Mention]) -> Iterator[Mention]:
    """Yield the mentions as a first crawl would leave them: all that is older than a week was collected a week ago."""
    first = UNTIL - timedelta(days=7)
    for one in mentions:
        yield one if one.first_seen_at >= first else replace(one, first_seen_at=first)


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    """Add the seconds that each phase takes to ``spent``."""

    def watched(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return real(*given, **named)
            finally:
                spent[name] = spent.get(name, 0.0) + time.perf_counter() - started

        return call

    with ExitStack() as stack:
        for name, (place, attribute) in PHASES.items():
            stack.enter_context(patch.object(place, attribute, watched(name, getattr(place, attribute))))
        yield


def report(store: Store, *, days: int) -> Measures:
    """Return the report over the last ``days``."""
    since = UNTIL - timedelta(days=days)
    return measuring.measure(store, brands=OURS, since=since, until=UNTIL, now=NOW)


def show(spent: dict[str, float], whole: float) -> None:
    """Print each phase, slowest first, and what is left."""
    for name, seconds in sorted(spent.items(), key=lambda pair: -pair[1]):
        print(f"  {name:<40}{seconds:>8.2f} s  {seconds / whole:>5.0%}")
    print(f"  {'the rest':<40}{whole - sum(spent.values()):>8.2f} s")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 where the limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=30, help="the length of the period")
    parser.add_argument("--late", action="store_true", help="most of it was read back in one run")
    parser.add_argument("--folder", type=Path, help="a store to use again, or where to keep the one that is built")
    options = parser.parse_args(arguments)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="candor-bench-"))
    try:
        if not (folder / "index").exists() and not any(folder.glob("*")):
            mentions = generate(options.mentions, days=DAYS)
            fill(folder, read_back(mentions) if options.late else mentions)
        with open_store(str(folder)) as store:
            report(store, days=1)  # what is loaded once
            spent: dict[str, float] = {}
            started = time.perf_counter()
            with timed(spent):
                found = report(store, days=options.days)
            whole = time.perf_counter() - started
        shown = time.perf_counter()
        size = len(str(to_json(found)))
        written = time.perf_counter()
        page = len(render(found))
        drawn = time.perf_counter()
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    late = whole > LIMIT_S
    print(f"{found.mentions_ever:,} mentions, {found.mentions:,} in the period, {found.series_tested:,} series tested")
    print(f"{'the whole report':<42}{whole:>8.2f} s  <= {LIMIT_S:g} s  {'MISSED' if late else ''}")
    show(spent, whole)
    print(f"{'as JSON, ' + format(size // 1024, ',') + ' KiB':<42}{written - shown:>8.2f} s")
    print(f"{'as a page, ' + format(page // 1024, ',') + ' KiB':<42}{drawn - written:>8.2f} s")
    few = found.series_tested < SERIES
    if few:
        print(f"only {found.series_tested:,} series: {SERIES:,} are wanted, take more --mentions")
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
