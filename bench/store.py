"""The embedded store at a million mentions: indexing, size, memory, and every question that a report asks.

``python -m bench.store [--mentions N] [--folder F]`` prints each figure beside its limit and exits 1 where one is
missed. The mentions are generated (``tests.support.mentions``), only the store's own work is timed, and the folder
is removed afterwards.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from analysis.model.query import parse
from analysis.store.base import Filter, Store
from analysis.store.open import open_store
from tests.support.mentions import BRANDS, NOW, generate

BATCH = 5_000
ROUNDS = 5
QUESTION_MS = 300.0
INDEX_PER_S = 10_000.0
_DAY = {"date_histogram": {"field": "published_at", "fixed_interval": "1d", "min_doc_count": 1}}
_WEEK = {"date_histogram": {"field": "published_at", "fixed_interval": "7d", "min_doc_count": 1}}
_PERIOD = Filter(since=NOW - timedelta(days=28), until=NOW)


@dataclass(frozen=True, slots=True)
class Line:
    """One measured figure and its limit; ``more`` says that more is better."""

    name: str
    figure: float
    unit: str
    limit: float | None = None
    more: bool = False

    @property
    def held(self) -> bool:
        """Whether the limit, if any, was kept."""
        if self.limit is None:
            return True
        return self.figure >= self.limit if self.more else self.figure <= self.limit


def by(path: str, inside: dict[str, Any] | None = None, *, size: int = 1_000) -> dict[str, Any]:
    """Return a terms question with others inside."""
    terms = {"terms": {"field": path, "size": size}}
    return {path: {**terms, "aggs": inside} if inside else terms}


def questions() -> dict[str, Callable[[Store], object]]:
    """Return what a report asks, by name."""
    everything, negative = Filter(), Filter(terms={"sentiment.label": ["negative"]})
    word, near = Filter(query=parse("leaks")), Filter(query=parse('"lid leaks"~3'))
    three, wild = Filter(query=parse('"kettle lid leaks"~4')), Filter(query=parse("therm* AND NOT steamly"))
    own = Filter(terms={"brand.id": [BRANDS[0]], "intents": ["complaint"]}, since=_PERIOD.since, until=_PERIOD.until)
    distinct = {name: {"cardinality": {"field": name}} for name in ("story", "author")}
    return {
        "brand x sentiment x day": lambda s: s.aggregate(
            everything, by("brand.id", by("sentiment.label", {"d": _DAY}))
        ),
        "the same, 28 days": lambda s: s.aggregate(_PERIOD, by("brand.id", by("sentiment.label", {"d": _DAY}))),
        "topic x brand, average score": lambda s: s.aggregate(
            everything, by("topics", by("brand.id", {"a": {"avg": {"field": "sentiment.score"}}}))
        ),
        "complaint topic x brand x week": lambda s: s.aggregate(
            everything, by("complaint_topics", by("brand.id", {"w": _WEEK}))
        ),
        "2,000 complaint phrases x week": lambda s: s.aggregate(
            everything, by("complaint_phrases", {"w": _WEEK}, size=2_000)
        ),
        "stories and authors per brand": lambda s: s.aggregate(everything, by("brand.id", distinct)),
        "severity x value dimension": lambda s: s.aggregate(negative, by("severity.level", by("dimensions"))),
        "top 50 sources x sentiment": lambda s: s.aggregate(
            everything, by("source.id", by("sentiment.label"), size=50)
        ),
        "percentiles of likes": lambda s: s.aggregate(
            everything, {"p": {"percentiles": {"field": "engagement.likes"}}}
        ),
        "filter and count": lambda s: s.count(own),
        "filter and count, one in four": lambda s: s.count(negative),
        "a word, best 20": lambda s: s.search(word),
        "a word, newest 20": lambda s: s.search(word, newest_first=True),
        "newest 20 of all": lambda s: s.search(everything, newest_first=True),
        "two words near, best 20": lambda s: s.search(near),
        "three words near, count": lambda s: s.count(three),
        "wildcard and not, count": lambda s: s.count(wild),
        "evidence: 20 complaints": lambda s: s.search(own, newest_first=True),
    }


def index(folder: Path, count: int) -> Iterator[Line]:
    """Write ``count`` mentions, then some again, and yield the rates."""
    spent = processor = own = 0.0
    done = 0
    source = generate(count)
    with open_store(str(folder), write=True) as store:
        while batch := list(islice(source, BATCH)):
            started, used = time.perf_counter(), time.process_time()
            store.write(batch)
            spent += time.perf_counter() - started
            processor += time.process_time() - used
            done += len(batch)
            own = max(own, _own_mib())
            print(f"\r{done:,} mentions, {done / spent:,.0f}/s ", end="", file=sys.stderr, flush=True)
        started = time.perf_counter()
        store.write(batch := list(generate(BATCH)))
        again = len(batch) / (time.perf_counter() - started)
        started = time.perf_counter()
    merging = time.perf_counter() - started
    yield Line(f"indexing, {BATCH:,} a commit", done / spent, "/s", INDEX_PER_S, more=True)
    yield Line("indexing, merges at the close included", done / (spent + merging), "/s", INDEX_PER_S, more=True)
    yield Line("processor time of one mention, all threads", processor / done * 1e6, "us")
    yield Line("the same mentions again", again, "/s")
    yield Line("merging at the close", merging, "s")
    yield Line("most memory of its own while writing", own, "MiB", 600.0)


def ask(store: Store, *, before: Callable[[], object] = lambda: None) -> Iterator[Line]:
    """Ask every question ``ROUNDS`` times and yield the medians. ``before`` is called, untimed, before each."""
    for name, question in questions().items():
        times = []
        for _ in range(ROUNDS):
            before()
            started = time.perf_counter()
            question(store)
            times.append((time.perf_counter() - started) * 1000)
        yield Line(name, statistics.median(times), "ms", QUESTION_MS)


def export(store: Store, most: int) -> Line:
    """Return how fast a scan yields whole mentions."""
    started = time.perf_counter()
    done = sum(1 for _ in islice(store.scan(Filter()), most))
    return Line(f"export, the first {done:,}", done / (time.perf_counter() - started), "/s")


def measure(folder: Path, count: int) -> Iterator[Line]:
    """Yield every line of the table."""
    yield from index(folder, count)
    size = sum(item.stat().st_size for item in folder.rglob("*") if item.is_file())
    yield Line("on disk", size / 2**20, "MiB")
    yield Line("on disk, one mention", size / count, "bytes")
    yield Line("the same with pages of the index that are mapped", _peak_mib(), "MiB")
    started = time.perf_counter()
    with open_store(str(folder)) as store:
        yield Line("opening for reading", (time.perf_counter() - started) * 1000, "ms")
        yield from ask(store)
        yield export(store, 100_000)


def _own_mib() -> float:
    # What the system cannot take back by itself. Elsewhere than on Linux it is not told apart.
    with suppress(OSError):
        words = Path("/proc/self/status").read_text("ascii").split()
        return int(words[words.index("RssAnon:") + 1]) / 2**10
    return _peak_mib()


def _peak_mib() -> float:
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> int:
    """Print the table; return 1 where a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where to build the store; it must not exist, and is kept")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="candor-bench-"))
    lines = []
    print(f"load average {', '.join(f'{one:.1f}' for one in os.getloadavg())} on {os.cpu_count()} cores at the start")
    try:
        for line in measure(folder, options.mentions):
            lines.append(line)
            limit = "" if line.limit is None else f"{'>=' if line.more else '<='} {line.limit:,.0f}"
            print(f"\r{line.name:<50}{line.figure:>12,.1f} {line.unit:<6}{limit:>10}  {'' if line.held else 'MISSED'}")
        print(f"load average {', '.join(f'{one:.1f}' for one in os.getloadavg())} at the end")
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(line.held for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
