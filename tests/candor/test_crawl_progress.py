"""The table that a crawl ends with says what each source gave, and what was left out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from analysis.model import Source
from candor.crawl_progress import outcome_table, runs_of
from crawler.keeping.health import Health
from crawler.keeping.visit import Visit
from crawler.run import CrawlOutcome, SourceOutcome

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _shown(visit: Visit) -> str:
    outcome = SourceOutcome(visit=visit, health=Health(state="ok"))
    out = StringIO()
    table = outcome_table(runs_of(CrawlOutcome(run="r", started_at=NOW, ended_at=NOW, sources=(outcome,))))
    Console(file=out, width=120).print(table)
    return out.getvalue()


def _visit() -> Visit:
    return Visit(source=Source(id="news", kind="feed", url="http://a.example/"), run="r", started_at=NOW)


def test_what_was_left_out_is_counted_in_the_table() -> None:
    visit = _visit()
    visit.unchanged = 12
    visit.kept_short["refused us: 403"] = 3
    visit.dropped = Counter({"over max_pages": 1600, "same address twice": 5, "could not be read": 2, "a": 1, "b": 1})
    shown = [line.rstrip().rpartition("  ")[2] for line in _shown(visit).splitlines()]
    assert shown[2:] == [
        "ok",
        "1,600 over max_pages",
        "5 same address twice",
        "3 kept as the feed tells it (refused us: 403)",
        "2 could not be read",
        "12 unchanged since the last crawl",
        "2 for other reasons (candor crawl --json lists them)",
    ]


def test_a_source_that_left_nothing_out_is_one_line() -> None:
    assert len(_shown(_visit()).splitlines()) == 3


def test_the_head_says_what_each_number_counts() -> None:
    first, second, _ = _shown(_visit()).splitlines()
    assert first.split() == ["Pages", "Posts", "Mentions", "Mentions"]
    assert second.split() == ["Source", "read", "read", "new", "updated", "State"]
