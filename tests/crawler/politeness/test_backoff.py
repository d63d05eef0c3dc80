"""Asking again: later, not for ever, and without holding up anybody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from analysis.model.times import asked_wait, reset_wait, written
from crawler.politeness.backoff import BASE_S, LONGEST_S, jittered
from crawler.politeness.hosts import FAILURES_IN_A_ROW
from tests.support.crawl.asking import Crawled, ask
from tests.support.crawl.counting_server import Answer, Asked, CountingServer

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("9" * 400, 999999999.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float | None) -> None:
    assert asked_wait(header, NOW) == seconds


def test_backoff_doubles_up_to_a_cap_with_full_jitter() -> None:
    assert [jittered(attempt, 1.0) for attempt in (1, 2, 3)] == [2 * BASE_S, 4 * BASE_S, 8 * BASE_S]
    assert jittered(50, 1.0) == LONGEST_S
    assert jittered(3, 0.0) == 0.0
    assert jittered(3, 0.25) == 2 * BASE_S


SLOW_DOWN, BY_DATE, DOWN, AWAY, RESET, LATE, FINE, STUCK = (f"127.0.3.{number}" for number in range(1, 9))


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> tuple[CountingServer, Crawled]:
    """One crawl over hosts that fail in their own ways, with one that is well beside them."""

    def site(asked: Asked) -> Answer:
        if asked.path == "/robots.txt":
            return Answer(status=404, wait=30 if asked.host == STUCK else 0)
        first = asked.number == 1
        if asked.host == SLOW_DOWN and asked.path == "/0" and first:
            return Answer(status=429, headers={"Retry-After": "2"})
        if asked.host == BY_DATE and first:
            when = datetime.now(UTC) + timedelta(seconds=3)
            return Answer(status=503, headers={"Retry-After": format_datetime(when, usegmt=True)})
        if asked.host == DOWN:
            return Answer(status=503, headers={"Retry-After": "0"})
        if asked.host == AWAY:
            return Answer(status=503, headers={"Retry-After": "7200"})
        if asked.host == RESET and first:
            return Answer(drop=True)
        if asked.host == LATE and first:
            return Answer(wait=30)
        return Answer()

    pages = {STUCK: 20, SLOW_DOWN: 10, BY_DATE: 1, DOWN: 20, AWAY: 10, RESET: 1, LATE: 1, FINE: 40}
    with CountingServer(site, hosts=list(pages)) as server:
        urls = [server.url(f"/{page}", host=host) for host, count in pages.items() for page in range(count)]
        # Few places in the downloader: hosts that wait must not take them.
        options = {"retries": 2, "timeout": 1.5, "concurrent": 6, "per_host": 1, "delay": 0.01}
        crawled = ask(tmp_path_factory.mktemp("troubled"), urls, crawl=options)
    return server, crawled


def test_a_crawl_that_is_stopped_does_not_wait_for_its_turns(tmp_path: Path) -> None:
    """The robots file asks for a minute; the crawl is stopped after a second."""
    with CountingServer(lambda _: Answer(status=503, headers={"Retry-After": "60"})) as server:
        page = server.url("/page")
        crawled = ask(tmp_path, [page], crawl={"retries": 2}, settings={"CLOSESPIDER_TIMEOUT": 1})
        assert crawled.causes() == {page: "stopped before it was read"}
        assert crawled.became[page].at - server.times("127.0.0.1")[0] < 10
        assert len(server.asked) == 1


@pytest.mark.parametrize(("per_host", "headers"), [(1, {}), (1, {"Retry-After": "1"}), (3, {})])
def test_after_too_many_requests_nothing_leaves_before_it_was_understood(
    tmp_path: Path, per_host: int, headers: dict[str, str]
) -> None:
    def site(asked: Asked) -> Answer:
        if asked.path == "/robots.txt":
            return Answer(status=404)
        return Answer(status=429, headers=headers) if asked.path == "/4" and asked.number == 1 else Answer()

    with CountingServer(site) as server:
        urls = [server.url(f"/{page}") for page in range(12)]
        ask(tmp_path, urls, crawl={"retries": 1, "per_host": per_host, "delay": 0.001, "concurrent": 16})
    refused = server.times("127.0.0.1", "/4")[0]
    after = sorted(at - refused for at in server.times("127.0.0.1") if at > refused)
    # Those that were on their way already cannot be called back.
    assert [at for at in after[per_host - 1 :] if at < 0.9] == []


def causes(troubled: tuple[CountingServer, Crawled], host: str) -> list[str]:
    server, crawled = troubled
    return [one.cause for url, one in crawled.became.items() if url.startswith(server.url(host=host))]


def test_retry_after_seconds_holds_the_whole_host(troubled: tuple[CountingServer, Crawled]) -> None:
    server, _ = troubled
    assert causes(troubled, SLOW_DOWN) == [""] * 10
    refused = server.times(SLOW_DOWN, "/0")[0]
    assert min(at for at in server.times(SLOW_DOWN) if at > refused) - refused >= 2.0


def test_retry_after_date_is_obeyed(troubled: tuple[CountingServer, Crawled]) -> None:
    server, _ = troubled
    assert causes(troubled, BY_DATE) == [""]
    first, second = server.times(BY_DATE, "/0")
    # The date has whole seconds, so that up to one is lost when it is written.
    assert second - first >= 1.9


def test_other_hosts_go_on_meanwhile(troubled: tuple[CountingServer, Crawled]) -> None:
    server, _ = troubled
    assert causes(troubled, FINE) == [""] * 40
    refused = server.times(SLOW_DOWN, "/0")[0]
    during = [at for at in server.times(FINE) if refused <= at < refused + 2.0]
    assert len(during) >= 20


def test_a_robots_file_that_hangs_holds_up_nobody_else(troubled: tuple[CountingServer, Crawled]) -> None:
    server, crawled = troubled
    assert set(causes(troubled, STUCK)) == {"robots.txt could not be read (timed out)"}
    gave_up = min(one.at for url, one in crawled.became.items() if url.startswith(server.url(host=STUCK)))
    assert server.times(FINE)[-1] < gave_up


def test_a_host_that_keeps_failing_is_left_alone(troubled: tuple[CountingServer, Crawled]) -> None:
    server, _ = troubled
    assert len(server.paths(DOWN)) == FAILURES_IN_A_ROW
    said = causes(troubled, DOWN)
    left = f"left alone after {FAILURES_IN_A_ROW} failures in a row, the last: the server failed: 503"
    assert len(said) == 20
    assert said.count(left) >= 15
    assert set(said) <= {left, "the server failed: 503"}


def test_a_page_is_given_up_after_the_retries(troubled: tuple[CountingServer, Crawled]) -> None:
    server, _ = troubled
    assert max(server.paths(DOWN).count(f"/{page}") for page in range(20)) <= 3


def test_who_asks_for_hours_is_not_asked_again_in_this_run(troubled: tuple[CountingServer, Crawled]) -> None:
    server, _ = troubled
    assert len(server.paths(AWAY)) == 1
    said = causes(troubled, AWAY)
    assert said.count("asked us to come back in 2 hours (the server failed: 503)") == 9


def test_resets_and_timeouts_are_tried_again(troubled: tuple[CountingServer, Crawled]) -> None:
    server, _ = troubled
    assert causes(troubled, RESET) == [""]
    assert causes(troubled, LATE) == [""]
    assert server.paths(RESET) == ["/0", "/0"]
    assert server.paths(LATE) == ["/0", "/0"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("387", 387.0),
        ("12.5", 12.5),
        (str(int(NOW.timestamp()) + 90), 90.0),
        (str(int(NOW.timestamp()) - 90), 0.0),
        (written(NOW + timedelta(seconds=40), to="microseconds"), 40.0),
        ("soon", None),
        ("", None),
    ],
)
def test_the_end_of_a_limit_is_told_in_three_ways(header: str, seconds: float | None) -> None:
    assert reset_wait(header, NOW) == seconds
