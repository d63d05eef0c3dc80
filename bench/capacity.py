"""What 1, 10 and 100 million mentions a day take: ``python -m bench.capacity``.

Nothing is measured here. ``MEASURED`` holds rates that other benches printed (``docs/capacity.md`` says on what), and
``ASSUMED`` what a team has to put in for itself. The rest is arithmetic, so that another price or another rate gives
another table.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

MENTIONS_A_DAY = (1_000_000, 10_000_000, 100_000_000)
DAY_S, YEAR_DAYS, MONTH_H, GIB = 86_400, 365, 730, 2**30
MOST_SHARDS_AN_INDEX = 1024
"""Elasticsearch's own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Milliseconds of a hardware thread, and bytes."""

    page_ms: float = 107.0
    """Of a page fetched, read and judged."""
    judged_ms: float = 52.0
    indexed_ms: float = 0.22
    """Of a mention that Elasticsearch indexes, one copy."""
    answer_ms: float = 12.0
    """Of one answer of a crawl that the schedule takes."""
    stored_bytes: float = 2_940.0
    """Of a mention in an index, one copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What is not measured: of the web, of the machines and of their prices."""

    pages_a_mention: float = 5.0
    """Pages read for one that names a brand; 0 where an API gives only what does."""
    pages_a_crawl: float = 20.0
    """Pages of a source that one crawl reads."""
    peak: float = 2.0
    """The busiest hours against the mean of the day."""
    busy: float = 0.6
    """Share of a processor's time that is planned for."""
    host_delay_s: float = 1.0
    threads: int = 2
    """Hardware threads of a node that crawls, one actor each node."""
    threads_elastic: int = 8
    disk_elastic_gib: float = 2000.0
    disk_full: float = 0.75
    copies: int = 2
    shard_gib: float = 40.0
    """Elastic's advice is 10 to 50 GB and at most 200 million documents."""
    shard_documents: float = 200e6
    days: int = YEAR_DAYS
    thread_hour: float = 0.05
    """Price of a hardware thread with 4 GiB of memory."""
    gib_month: float = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What some mentions a day take."""

    mentions_a_day: int
    pages_a_second: float
    hosts: int
    """Hosts that are asked at once, at the least, with the delay between two requests."""
    watches: int
    """Processes that plan."""
    crawlers: int
    stored_gib: float
    shards_a_year: int
    """Of one copy, of the index of a year."""
    elastic: int
    crawl_a_month: float
    elastic_a_month: float


def needs(mentions_a_day: int, measured: Measured, assumed: Assumed) -> Needs:
    """Return what ``mentions_a_day`` take."""
    peak = mentions_a_day / DAY_S * assumed.peak
    pages = peak * assumed.pages_a_mention
    own_ms = measured.page_ms * assumed.pages_a_mention or measured.judged_ms
    crawlers = math.ceil(peak * own_ms / 1000 / assumed.busy / assumed.threads)
    answers = (pages or peak) / assumed.pages_a_crawl
    documents = mentions_a_day * YEAR_DAYS
    shards = max(documents * measured.stored_bytes / GIB / assumed.shard_gib, documents / assumed.shard_documents)
    stored = mentions_a_day * assumed.days * measured.stored_bytes * assumed.copies / GIB
    by_disk = stored / (assumed.disk_elastic_gib * assumed.disk_full)
    by_time = peak * measured.indexed_ms * assumed.copies / 1000 / assumed.busy / assumed.threads_elastic
    elastic = max(assumed.copies + 1, math.ceil(max(by_disk, by_time)))
    hours = assumed.thread_hour * MONTH_H
    return Needs(
        mentions_a_day=mentions_a_day,
        pages_a_second=pages,
        hosts=math.ceil(pages * assumed.host_delay_s),
        watches=math.ceil(answers * measured.answer_ms / 1000 / assumed.busy),
        crawlers=crawlers,
        stored_gib=stored,
        shards_a_year=math.ceil(shards),
        elastic=elastic,
        crawl_a_month=(crawlers * assumed.threads + 2) * hours,
        elastic_a_month=elastic * (assumed.threads_elastic * hours + assumed.disk_elastic_gib * assumed.gib_month),
    )


def rows(some: Sequence[Needs]) -> list[list[str]]:
    """Return the table: what is needed by row, a column for each number of mentions."""
    shown = {
        "pages a second, busiest hours": lambda one: f"{one.pages_a_second:,.0f}",
        "hosts that are asked all the time, at least": lambda one: f"{one.hosts:,}",
        "processes that plan (`watch`)": lambda one: f"{one.watches:,}",
        "nodes that crawl and judge": lambda one: f"{one.crawlers:,}",
        "kept in Elasticsearch, GiB": lambda one: f"{one.stored_gib:,.0f}",
        "primary shards of a year": lambda one: f"{one.shards_a_year:,}",
        "Elasticsearch nodes": lambda one: f"{one.elastic:,}",
        "a month: crawl": lambda one: f"{one.crawl_a_month:,.0f}",
        "a month: Elasticsearch": lambda one: f"{one.elastic_a_month:,.0f}",
        "a million mentions": lambda one: f"{_a_million(one):,.2f}",
    }
    return [[name, *map(words, some)] for name, words in shown.items()]


def _a_million(one: Needs) -> float:
    return (one.crawl_a_month + one.elastic_a_month) / (one.mentions_a_day * MONTH_H / 24 / 1e6)


def markdown(measured: Measured, assumed: Assumed) -> str:
    """Return the table as ``docs/capacity.md`` has it."""
    some = [needs(each, measured, assumed) for each in MENTIONS_A_DAY]
    head = ["", *(f"{each // 1_000_000} million a day" for each in MENTIONS_A_DAY)]
    lines = [head, ["---"] * len(head), *rows(some)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    """Print the table, by pages and by APIs alone; every rate may be given: ``--page-ms 60 --days 90``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    measured, assumed = Measured(), Assumed()
    for whole in (measured, assumed):
        for each in fields(whole):
            parser.add_argument(f"--{each.name.replace('_', '-')}", type=float, default=getattr(whole, each.name))
    given = vars(parser.parse_args())
    measured = replace(measured, **{each.name: given[each.name] for each in fields(measured)})
    assumed = replace(assumed, **{each.name: given[each.name] for each in fields(assumed)})
    print(markdown(measured, assumed))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
