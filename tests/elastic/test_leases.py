"""Processes that crawl for one store and are led to the same host: one at a time asks it, on any store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from analysis.model.errors import StoreError
from analysis.model.records.base import Records
from analysis.model.records.crawl import HOST_LEASES
from crawler.politeness.leases import AWAY_S, CLOCKS, LEASE, LOOK_AGAIN_S, Leases, Turn
from tests.support.elastic.servers import TESTED, records_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOST = "www.news.example"
OURS = Turn()


class Clock:
    """A time that is moved by hand."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def now(self) -> datetime:
        """Return the time."""
        return NOW + self.passed

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self.passed.total_seconds()

    def go(self, seconds: float | timedelta) -> None:
        """Let time pass."""
        self.passed += seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)


def leases_of(name: str, records: Records, clock: Clock, *, owns: bool = False) -> Leases:
    return Leases(lambda: records, holder=name, owns=lambda _: owns, now=clock.now, clock=clock.monotonic)


def turn(leases: Leases) -> Turn:
    return asyncio.run(leases.turn(HOST))


@pytest.mark.parametrize("line", ["embedded", *TESTED])
def test_of_two_visitors_one_asks_and_hands_over(line: str, tmp_path: Path) -> None:
    clock = Clock()
    with records_of(line, tmp_path, name="leases") as records:
        first, second = leases_of("first", records, clock), leases_of("second", records, clock)
        assert turn(first) == OURS
        assert turn(second) == Turn(LOOK_AGAIN_S)
        # The holder asks on without a look at the store, until it renews: then it sees that another waits.
        assert turn(first) == OURS
        clock.go(LEASE / 2)
        assert turn(first) == Turn(LOOK_AGAIN_S)
        assert turn(second) == OURS
        assert turn(first) == Turn(LOOK_AGAIN_S)
        clock.go(LEASE / 2)
        assert turn(second) == Turn(LOOK_AGAIN_S)
        assert turn(first) == OURS


def test_who_asks_alone_renews(tmp_path: Path) -> None:
    clock = Clock()
    with records_of("embedded", tmp_path, name="leases") as records:
        first = leases_of("first", records, clock)
        for _ in range(5):
            assert turn(first) == OURS
            clock.go(LEASE / 2)
        stored = HOST_LEASES.get(records, HOST)
        assert stored is not None
        assert (stored.version, stored.value.until) == (5, NOW + 2 * LEASE + LEASE)


def test_a_lease_that_nobody_renews_runs_out(tmp_path: Path) -> None:
    clock = Clock()
    with records_of("embedded", tmp_path, name="leases") as records:
        first, second = leases_of("first", records, clock), leases_of("second", records, clock)
        assert turn(first) == OURS
        clock.go(LEASE)
        # Another machine's clock may be behind.
        assert turn(second) == Turn(LOOK_AGAIN_S)
        clock.go(CLOCKS)
        assert turn(second) == OURS
        assert turn(first) == Turn(LOOK_AGAIN_S)


def test_a_turn_that_was_given_and_not_taken_runs_out(tmp_path: Path) -> None:
    clock = Clock()
    with records_of("embedded", tmp_path, name="leases") as records:
        first, second = leases_of("first", records, clock), leases_of("second", records, clock)
        assert turn(first) == OURS
        assert turn(second) == Turn(LOOK_AGAIN_S)
        clock.go(LEASE / 2)
        assert turn(first) == Turn(LOOK_AGAIN_S)
        clock.go(LEASE / 2 + CLOCKS)
        assert turn(first) == OURS


def test_an_owner_follows_an_owner_at_once_and_awaits_a_visitor(tmp_path: Path) -> None:
    clock = Clock()
    with records_of("embedded", tmp_path, name="leases") as records:
        before, after = (leases_of(name, records, clock, owns=True) for name in ("before", "after"))
        visitor = leases_of("visitor", records, clock)
        assert turn(before) == OURS
        assert turn(after) == OURS
        assert turn(visitor) == Turn(LOOK_AGAIN_S)
        clock.go(LEASE / 2)
        assert turn(after) == Turn(LOOK_AGAIN_S)
        assert turn(visitor) == OURS
        assert turn(after) == Turn(LOOK_AGAIN_S)


def test_what_a_host_asked_of_one_holds_for_the_others(tmp_path: Path) -> None:
    clock = Clock()
    with records_of("embedded", tmp_path, name="leases") as records:
        first = leases_of("first", records, clock, owns=True)
        second, owner = leases_of("second", records, clock), leases_of("owner", records, clock, owns=True)
        assert turn(first) == OURS
        asyncio.run(first.keep(HOST, 900.0, "refused us: 429"))
        clock.go(600.0)
        for other in (second, owner):
            found = turn(other)
            assert found.wait is not None
            assert (found.seconds, found.wait.why, found.wait.until) == (
                300.0,
                "refused us: 429",
                NOW.replace(minute=15),
            )
        clock.go(300.0 + CLOCKS.total_seconds())
        assert turn(second) == OURS


class Away:
    """Records of a server that cannot be reached."""

    def get(self, kind: str, key: str) -> None:
        """Fail."""
        raise StoreError("away")


def test_while_the_store_is_away_an_owner_asks_and_a_visitor_waits_for_a_while(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    away = cast("Records", Away())
    owner, visitor = leases_of("owner", away, clock, owns=True), leases_of("visitor", away, clock)
    assert (turn(owner), turn(visitor)) == (OURS, Turn(LOOK_AGAIN_S))
    clock.go(AWAY_S - 1)
    assert (turn(owner), turn(visitor)) == (OURS, Turn(LOOK_AGAIN_S))
    clock.go(1)
    assert turn(visitor) == OURS
    asyncio.run(owner.keep(HOST, 10.0, "busy"))
    # Each of the two tells of an outage once, not for each host every few seconds.
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "who else asks a host is not known until the store answers again",
        "who else asks a host is not known until the store answers again",
        f"that {HOST} wants to be left alone cannot be told to others",
    ]


def test_a_store_that_comes_back_is_awaited_anew_the_next_time(tmp_path: Path) -> None:
    clock = Clock()
    with records_of("embedded", tmp_path, name="leases") as records:
        at = [cast("Records", Away())]
        visitor = Leases(lambda: at[0], holder="visitor", owns=lambda _: False, now=clock.now, clock=clock.monotonic)
        assert turn(visitor) == Turn(LOOK_AGAIN_S)
        clock.go(AWAY_S - 1)
        at[0] = records
        assert turn(visitor) == OURS
        clock.go(LEASE)
        at[0] = cast("Records", Away())
        assert turn(visitor) == Turn(LOOK_AGAIN_S)
