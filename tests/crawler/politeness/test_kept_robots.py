"""What a robots.txt said outlives the process that read it: whoever asks the host next takes it over for the day."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest
from scrapy import Request
from scrapy.http import Response, TextResponse

from analysis.model.errors import StoreError
from analysis.model.records.base import Records
from analysis.model.records.crawl import ROBOTS_READ, RobotsRead
from analysis.store.open import open_store
from crawler.crawl_process import Answer, CrawlProcess, Ended
from crawler.middlewares.robots import Robots
from crawler.politeness.causes import Refused
from crawler.politeness.hosts import Hosts
from crawler.politeness.kept_robots import KeptRobots
from tests.support.crawl.crawling import configure
from tests.support.crawl.replay import Replay, article, prose, rss

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORIGIN = "http://news.example"
PATIENT = TextResponse(f"{ORIGIN}/robots.txt", body=b"User-agent: *\nDisallow: /no\nCrawl-delay: 7\n")
OPEN = TextResponse(f"{ORIGIN}/robots.txt", status=404)
BROKEN = Response(f"{ORIGIN}/robots.txt", status=500)
LONG_S = 600.0
"""Nothing takes so long, however busy the machine."""


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """The small records of an empty store."""
    with open_store(str(tmp_path / "store"), write=True) as store:
        yield store.records


class Process:
    """One crawl process: it knows nothing but what is kept, and reads what it is answered."""

    def __init__(self, records: Records | None, *answers: Response, at: datetime = NOW) -> None:
        def kept() -> Records:
            if records is None:
                raise StoreError("the server cannot be reached")
            return records

        self.answers = list(answers)
        self.hosts = Hosts(delay_s=1, per_host=1)
        self._robots = Robots(
            hosts=self.hosts,
            fetch=self._fetch,
            announce=self._announce,
            kept=KeptRobots(kept, now=lambda: at),
            clock=lambda: at.timestamp(),
        )

    def allows(self, path: str = "/no") -> bool:
        try:
            asyncio.run(self._robots.process_request(Request(ORIGIN + path)))
        except Refused:
            return False
        return True

    async def _fetch(self, request: Request) -> Response:
        return self.answers.pop(0)

    async def _announce(self, parser: object, request: Request) -> None:
        self._robots.obey_crawl_delay(parser, request)  # type: ignore[arg-type]


def test_another_process_follows_what_the_first_read_and_asks_nobody(records: Records) -> None:
    assert not Process(records, PATIENT).allows()
    later = Process(records, at=NOW + timedelta(hours=23))
    assert not later.allows()
    assert later.allows("/yes")
    assert later.hosts.gap("news.example") == 7


def test_no_file_is_an_answer_too(records: Records) -> None:
    assert Process(records, OPEN).allows()
    assert Process(records, at=NOW + timedelta(hours=23)).allows()


def test_it_is_read_again_when_the_day_of_the_reading_is_over(records: Records) -> None:
    assert not Process(records, PATIENT).allows()
    # The day began when it was read, not when the other process began.
    second = Process(records, OPEN, at=NOW + timedelta(hours=24))
    assert second.allows()
    assert second.answers == []


def test_an_old_file_stays_in_force_while_it_cannot_be_read_for_a_month(records: Records) -> None:
    assert not Process(records, PATIENT).allows()
    broken = Process(records, BROKEN, at=NOW + timedelta(days=2))
    assert not broken.allows()
    assert broken.allows("/yes")
    # That it could not be read is no answer: the next process tries again.
    assert Process(records, OPEN, at=NOW + timedelta(days=2)).allows()
    ROBOTS_READ.put(records, RobotsRead(origin=ORIGIN, text="User-agent: *\nDisallow: /no", read_at=NOW))
    assert not Process(records, BROKEN, at=NOW + timedelta(days=30)).allows("/yes")


def test_a_file_from_the_future_is_read_again(records: Records) -> None:
    ROBOTS_READ.put(records, RobotsRead(origin=ORIGIN, text="", read_at=NOW + timedelta(hours=1)))
    assert not Process(records, PATIENT).allows()


def test_a_store_that_is_away_costs_one_more_reading(caplog: pytest.LogCaptureFixture) -> None:
    assert not Process(None, PATIENT).allows()
    assert "what robots.txt of http://news.example said is not known, so it is read" in caplog.text
    assert "cannot be kept: the server cannot be reached" in caplog.text


@pytest.mark.slow
def test_a_process_that_takes_the_place_of_one_that_was_killed_reads_no_robots_again(tmp_path: Path) -> None:
    host = "127.0.0.2"
    with Replay((host,)) as web:
        web.add(host, "/a.html", article("Story", prose("the kettle here", seed=1)))
        web.add(host, "/feed.xml", rss(web, [(web.url(host, "/a.html"), "A", "a")]))
        config = configure(tmp_path, {"feed": {"kind": "feed", "url": web.url(host, "/feed.xml")}})
        for _ in range(2):
            events: SimpleQueue[Answer | Ended] = SimpleQueue()
            process = CrawlProcess(events.put, path=config, store=str(tmp_path / "store"), said=print)
            process.crawl("feed")
            try:
                answer = events.get(timeout=LONG_S)
            finally:
                process.kill()
            assert isinstance(answer, Answer)
            assert answer.run is not None, answer
            assert answer.run.state == "ok", answer
            assert isinstance(events.get(timeout=LONG_S), Ended)
    asked = [path for _, path in web.asked]
    assert asked.count("/feed.xml") == 2
    assert asked.count("/robots.txt") == 1
