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
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from analysis.flow import measure
from analysis.measure import evidence
from analysis.measure.asking import Asking
from analysis.measure.evidence import with_posts
from analysis.model import Brand, Mention
from analysis.report.html import render
from analysis.report.json import to_json
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


def fill(store_at: Path | str, mentions: Iterator[Mention]) -> int:
    """Write the mentions and return how many."""
    done = 0
    with open_store(str(store_at), write=True) as store:
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


class Clock:
    """Seconds that each question took by itself, without those that it asked in turn."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._inside = [0.0]

    def watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``real`` with its time counted under ``name``."""

        def call(*given: Any, **named: Any) -> Any:
            started = time.perf_counter()
            self._inside.append(0.0)
            try:
                return real(*given, **named)
            finally:
                whole = time.perf_counter() - started
                self.spent[name] = self.spent.get(name, 0.0) + whole - self._inside.pop()
                self._inside[-1] += whole

        return call


@contextmanager
def timed(clock: Clock) -> Iterator[None]:
    """Time each question of a report, sections included, and the posts that it names."""
    asked = Asking.of

    def of(asking: Asking, question: Callable[[Asking], Any]) -> Any:
        name = getattr(question, "__name__", type(question).__name__).strip("_")
        name = f"{question.__module__.removeprefix('analysis.measure.')}: {name}"
        return clock.watched(name, asked)(asking, question)

    with patch.object(Asking, "of", of), patch.object(evidence, "with_posts", clock.watched("posts", with_posts)):
        yield


def report(store: Store, *, days: int) -> Measures:
    """Return the report over the last ``days``."""
    since = UNTIL - timedelta(days=days)
    return measure(store, brands=OURS, since=since, until=UNTIL, now=NOW)


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
            clock = Clock()
            started = time.perf_counter()
            with timed(clock):
                made = report(store, days=options.days)
            whole = time.perf_counter() - started
        shown = time.perf_counter()
        size = len(str(to_json(made)))
        written = time.perf_counter()
        page = len(render(made))
        drawn = time.perf_counter()
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    late = whole > LIMIT_S
    print(f"{made.mentions_ever:,} mentions, {made.mentions:,} in the period, {made.series_tested:,} series tested")
    print(f"{'the whole report':<42}{whole:>8.2f} s  <= {LIMIT_S:g} s  {'MISSED' if late else ''}")
    show(clock.spent, whole)
    print(f"{'as JSON, ' + format(size // 1024, ',') + ' KiB':<42}{written - shown:>8.2f} s")
    print(f"{'as a page, ' + format(page // 1024, ',') + ' KiB':<42}{drawn - written:>8.2f} s")
    few = made.series_tested < SERIES
    if few:
        print(f"only {made.series_tested:,} series: {SERIES:,} are wanted, take more --mentions")
    print(f"most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
