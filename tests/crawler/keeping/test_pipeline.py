"""The intake and the pipeline: batches by count and time, waiting when the store is slow, and a store that fails."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analysis.flow import Ingested, Understood
from analysis.model import Post, Source
from analysis.model.errors import StoreError
from analysis.model.records.crawl import SEEN_PAGES, SeenPage, Validator
from crawler.keeping.intake import Intake, Notes, Waiting
from crawler.keeping.receipts import Receipt
from crawler.keeping.visit import Visit
from tests.support.crawl.crawling import configure, crawl, crawl_alone, mentions
from tests.support.crawl.replay import Replay, article, prose, rss

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Shelf:
    """What a store does for an intake, in memory: ``pause_s`` makes it slow, ``broken`` makes it fail."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.records: dict[str, list[Any]] = {}
        self.threads: set[int] = set()
        self.pause_s = 0.0
        self.broken = False

    async def understand(self, posts: Sequence[Post]) -> list[Understood]:
        return [Understood(url=post.url) for post in posts]

    def keep(self, understood: Sequence[Understood]) -> Ingested:
        self.threads.add(threading.get_ident())
        time.sleep(self.pause_s)
        if self.broken:
            raise StoreError("the disk is full; free some space and run again")
        self.batches.append([item.url for item in understood])
        return Ingested(read=len(understood), mentions_new=len(understood))

    def remember(self, notes: Notes, validators: Sequence[Validator]) -> None:
        for kind, values in notes.items():
            self.records.setdefault(kind.name, []).extend(values)

    def intake(self, **options: Any) -> Intake:
        return Intake(understand=self.understand, keep=self.keep, remember=self.remember, **options)


def _waiting(number: int, visit: Visit, receipt: Receipt | None = None) -> Waiting:
    return Waiting(Post(url=f"http://a.example/{number}", text="words", fetched_at=NOW), visit, receipt)


def _visit(name: str = "a") -> Visit:
    return Visit(source=Source(id=name, kind="feed", url="http://a.example/"), run="r", started_at=NOW)


def test_posts_go_in_batches_by_count_and_the_rest_when_drained() -> None:
    async def go() -> None:
        shelf, visit = Shelf(), _visit()
        intake = shelf.intake(size=4, wait_s=60)
        for number in range(10):
            await intake.put(_waiting(number, visit))
        await intake.drain()
        assert [len(batch) for batch in shelf.batches] == [4, 4, 2]
        assert visit.mentions_new == 10
        # The store is never written from the reactor's thread.
        assert threading.get_ident() not in shelf.threads

    asyncio.run(go())


def test_a_few_posts_do_not_wait_for_more_than_the_time_given() -> None:
    async def go() -> None:
        shelf = Shelf()
        intake = shelf.intake(size=100, wait_s=0.05)
        await intake.put(_waiting(1, _visit()))
        await asyncio.sleep(0.5)
        assert shelf.batches == [["http://a.example/1"]]

    asyncio.run(go())


def test_who_hands_in_faster_than_the_store_writes_waits() -> None:
    async def go() -> None:
        shelf, visit = Shelf(), _visit()
        shelf.pause_s = 0.2
        intake = shelf.intake(size=5, wait_s=60)
        started = time.monotonic()
        for number in range(30):
            await intake.put(_waiting(number, visit))
        # Six batches of which two may be under way: the last put has seen at least three written.
        assert time.monotonic() - started > 0.55
        assert len(shelf.batches) >= 3
        await intake.drain()
        assert visit.mentions_new == 30

    asyncio.run(go())


def test_who_is_about_to_read_on_waits_until_fewer_posts_wait_than_fill_a_batch() -> None:
    async def go() -> None:
        shelf, visit, may = Shelf(), _visit(), threading.Event()
        kept = shelf.keep
        shelf.keep = lambda understood: (may.wait(30), kept(understood))[1]  # type: ignore[method-assign]
        intake = shelf.intake(size=4, wait_s=60)
        await intake.room()
        # Two batches are under way, and one waits.
        puts = [asyncio.ensure_future(intake.put(_waiting(number, visit))) for number in range(12)]
        room = asyncio.ensure_future(intake.room())
        await asyncio.wait([room], timeout=0.2)
        assert not room.done()
        may.set()
        await asyncio.wait_for(room, 30)
        await asyncio.gather(*puts)
        await intake.drain()
        assert visit.mentions_new == 12

    asyncio.run(go())


def test_nobody_waits_for_room_in_a_store_that_has_failed() -> None:
    async def go() -> None:
        shelf, visit = Shelf(), _visit()
        shelf.broken = True
        intake = shelf.intake(size=1, wait_s=60)
        await intake.put(_waiting(1, visit))
        await intake.drain()
        await asyncio.wait_for(intake.room(), 30)
        with pytest.raises(StoreError):
            await intake.put(_waiting(2, visit))

    asyncio.run(go())


def test_nothing_is_judged_for_a_store_that_has_failed() -> None:
    async def go() -> None:
        shelf, visit, judged = Shelf(), _visit(), list[str]()
        shelf.broken = True

        async def understand(posts: Sequence[Post]) -> list[Understood]:
            judged.extend(post.url for post in posts)
            return await shelf.understand(posts)

        intake = Intake(understand=understand, keep=shelf.keep, remember=shelf.remember, size=2, wait_s=60)
        lost: list[str] = []
        receipt = Receipt(lambda: lost.append("kept"), lose=lambda: lost.append("lost"))
        receipt.hold()
        for number in range(2):
            await intake.put(_waiting(number, visit))
        # It waits behind the first two, of which nothing is known yet.
        await intake.put(_waiting(2, visit, receipt))
        await asyncio.sleep(0.2)
        assert intake.error is not None
        await intake.drain()
        receipt.settle()
        assert (judged, lost) == (["http://a.example/0", "http://a.example/1"], ["lost"])
        assert visit.dropped["could not be stored"] == 3

    asyncio.run(go())


def test_a_post_that_breaks_the_storing_costs_itself_only() -> None:
    class Odd(Shelf):
        def keep(self, understood: Sequence[Understood]) -> Ingested:
            if any(item.url.endswith("/3") for item in understood):
                raise OverflowError("too large")
            return super().keep(understood)

    async def go() -> None:
        shelf, visit, kept = Odd(), _visit(), list[int]()
        intake = shelf.intake(size=8, wait_s=60)
        for number in range(8):
            receipt = Receipt(lambda number=number: kept.append(number))  # type: ignore[misc]
            receipt.hold()
            receipt.settle()
            await intake.put(_waiting(number, visit, receipt))
        await intake.drain()
        assert intake.error is None
        assert (visit.mentions_new, visit.dropped["could not be stored"]) == (7, 1)
        assert sorted(kept) == [0, 1, 2, 4, 5, 6, 7]

    asyncio.run(go())


def test_records_are_written_after_the_posts_that_they_speak_of() -> None:
    async def go() -> None:
        shelf, visit = Shelf(), _visit()
        intake = shelf.intake(size=100, wait_s=60)
        page = SeenPage(source="a", url="http://a.example/1", mark="1", read_at=NOW)
        receipt = Receipt(lambda: intake.note(SEEN_PAGES, page))
        receipt.hold()
        await intake.put(_waiting(1, visit, receipt))
        receipt.settle()
        assert shelf.records == {}
        await intake.drain()
        assert shelf.records == {"seen": [page]}

    asyncio.run(go())


def test_a_store_that_fails_is_told_to_everyone_and_nothing_is_remembered() -> None:
    async def go() -> None:
        shelf, visit = Shelf(), _visit()
        shelf.broken = True
        intake = shelf.intake(size=2, wait_s=60)
        kept: list[str] = []
        receipt = Receipt(lambda: kept.append("page"))
        receipt.hold()
        await intake.put(_waiting(1, visit, receipt))
        receipt.settle()
        await intake.drain()
        assert kept == []
        assert visit.dropped == {"could not be stored": 1}
        with pytest.raises(StoreError, match="disk is full"):
            await intake.put(_waiting(2, visit))

    asyncio.run(go())


def test_counts_go_to_the_source_that_each_post_came_from() -> None:
    async def go() -> None:
        shelf, one, two = Shelf(), _visit("one"), _visit("two")
        intake = shelf.intake(size=100, wait_s=60)
        for number in range(5):
            await intake.put(_waiting(number, one if number % 2 else two))
        await intake.drain()
        assert (one.mentions_new, two.mentions_new) == (2, 3)

    asyncio.run(go())


@pytest.fixture
def web() -> Iterator[Replay]:
    with Replay(("127.0.0.2",)) as replay:
        yield replay


def test_a_full_disk_ends_the_run_with_the_reason_and_the_next_run_completes(web: Replay, tmp_path: Path) -> None:
    entries = []
    for number in range(60):
        web.add("127.0.0.2", f"/{number}", article(f"Kettle {number}", prose("the kettle", seed=number, sentences=400)))
        entries.append((web.url("127.0.0.2", f"/{number}"), f"Kettle {number}", "The kettle."))
    web.add("127.0.0.2", "/feed.xml", rss(web, entries))
    config = configure(tmp_path, {"news": {"kind": "feed", "url": web.url("127.0.0.2", "/feed.xml")}})
    full = crawl_alone(config, "--file-limit", "150000")
    assert full.status == 1, full.said
    row = full.sources["news"]
    assert row["state"] == "failing"
    assert row["cause"]
    assert row["dropped"]["could not be stored"] > 0
    done = crawl(config)
    assert done.status == 0, done.said
    assert len(mentions(config)) == 60
