"""The plan on a clock of its own: single steps, any sequence of them, and whole years with everything that happens."""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candor.schedule import plan
from candor.schedule.plan import Moment, Plan, first_slot

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def one(interval_s: float = 600.0, **given: object) -> Plan:
    slot = first_slot("news", interval_s=interval_s, now=START)
    return Plan(slots={"news": replace(slot, **given)}, salt="here")  # type: ignore[arg-type]


def test_a_source_that_was_never_crawled_is_due_at_once() -> None:
    assert first_slot("news", interval_s=600, now=START).due_at == START


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (START - 4 * MINUTE, START + 6 * MINUTE),
        (START - 10 * MINUTE, START),
        (START - 30 * DAY, START),
        # The clock was set back while nobody watched.
        (START + 3 * DAY, START + 10 * MINUTE),
    ],
)
def test_a_restart_goes_on_where_the_last_run_was(last: datetime, due: datetime) -> None:
    assert first_slot("news", interval_s=600, now=START, last_start=last).due_at == due


def test_a_crawl_that_was_stopped_half_way_is_taken_up_at_once() -> None:
    assert first_slot("news", interval_s=600, now=START, last_start=START, finished=False).due_at == START


def test_a_source_being_crawled_is_never_due_and_cannot_be_started_twice() -> None:
    busy = plan.started(one(), ["news"], START)
    assert plan.due(busy, START + 365 * DAY) == []
    assert plan.next_start(busy) is None
    with pytest.raises(ValueError, match="being crawled already"):
        plan.started(busy, ["news"], START)


@pytest.mark.parametrize(
    ("took", "due"),
    [(seconds(1), START + 10 * MINUTE), (10 * MINUTE, START + 10 * MINUTE), (25 * MINUTE, START + 30 * MINUTE)],
)
def test_a_long_crawl_skips_the_moments_that_it_missed(took: timedelta, due: datetime) -> None:
    done = plan.finished(plan.started(one(), ["news"], START), "news", START + took, interval_s=600)
    assert done.slots["news"].due_at == due


def test_a_site_that_asked_for_patience_is_not_due_before() -> None:
    until = START + 95 * MINUTE
    done = plan.finished(plan.started(one(), ["news"], START), "news", START + MINUTE, interval_s=600)
    waits = plan.postponed(done, "news", until)
    assert waits.slots["news"].due_at == until
    assert plan.due(waits, until - seconds(1)) == []
    # A wait that ends before the next moment changes nothing; the grid then goes on from where it began anew.
    assert plan.postponed(done, "news", START + 3 * MINUTE) == done
    again = plan.finished(plan.started(waits, ["news"], until), "news", until + MINUTE, interval_s=600)
    assert again.slots["news"].due_at == until + 10 * MINUTE
    # A restart knows it from the last run; one in the future is a clock that was set back, and its wait is off too.
    slot = first_slot("news", interval_s=600, now=START, last_start=START - MINUTE, wait_until=until)
    assert slot.due_at == until
    slot = first_slot("news", interval_s=600, now=START, last_start=START + DAY, wait_until=until + DAY)
    assert slot.due_at == START + 10 * MINUTE


def test_what_cannot_be_crawled_is_tried_again_later_and_later_but_within_its_interval() -> None:
    waits, now, current = [], START, one()
    for _ in range(8):
        current = plan.failed(plan.started(current, ["news"], now), "news", now)
        waits.append((current.slots["news"].due_at - now).total_seconds())
        now = current.slots["news"].due_at
    assert waits == [15, 30, 60, 120, 240, 480, 600, 600]
    done = plan.finished(plan.started(current, ["news"], now), "news", now, interval_s=600)
    assert done.slots["news"].failed == 0


@given(st.floats(min_value=1, max_value=1e6), st.text(max_size=8), st.integers(0, 10**9))
def test_the_jitter_is_small_steady_and_never_early(interval_s: float, salt: str, offset: int) -> None:
    drawn = replace(one(interval_s, due_at=START + seconds(offset)), salt=salt)
    slot = drawn.slots["news"]
    late = (plan.fires_at(drawn, slot) - slot.due_at).total_seconds()
    assert 0 <= late <= min(0.05 * interval_s, 5.0)
    assert plan.fires_at(drawn, slot) == plan.fires_at(drawn, slot)


def test_installations_knock_at_different_seconds() -> None:
    drawn = {plan.fires_at(replace(one(), salt=f"host {number}"), one().slots["news"]) for number in range(50)}
    assert len(drawn) == 50


@pytest.mark.parametrize(("set_by", "seen"), [(0.5, 0.0), (-1.9, 0.0), (3600.0, 3600.0), (-7200.0, -7200.0)])
def test_a_clock_that_is_set_is_told_from_one_that_runs(set_by: float, seen: float) -> None:
    after = Moment(wall=START + seconds(40 + set_by), steady_s=140.0)
    assert plan.jump(Moment(wall=START, steady_s=100.0), after) == seconds(seen)


@dataclass(slots=True)
class Simulated:
    """A watcher without a process: time passes from one event to the next, by the clock that runs steadily.

    ``set_by`` is how far the wall clock has been set from it.
    """

    intervals: dict[str, float]
    draw: random.Random
    current: Plan = field(default_factory=Plan)
    at: timedelta = timedelta()
    set_by: timedelta = timedelta()
    ends: dict[str, timedelta] = field(default_factory=dict)
    runs: dict[str, list[tuple[timedelta, timedelta]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        slots = {name: first_slot(name, interval_s=every, now=START) for name, every in self.intervals.items()}
        self.current = Plan(slots=slots, salt="simulated")
        self.runs = {name: [] for name in self.intervals}

    @property
    def wall(self) -> datetime:
        return START + self.at + self.set_by

    def until(self, end: timedelta, *, longest_wait: timedelta = 365 * DAY) -> None:
        """Let time pass until ``end``; a crawl takes up to a tenth of its interval, one in 200 up to five."""
        while self.at < end:
            self.at = min(end, self.at + longest_wait, *self._moments())
            for name in [name for name, ended in self.ends.items() if ended <= self.at]:
                del self.ends[name]
                self.current = plan.finished(self.current, name, self.wall, interval_s=self.intervals[name])
            names = plan.due(self.current, self.wall)
            self.current = plan.started(self.current, names, self.wall)
            for name in names:
                long = self.draw.random() < 0.005
                took = seconds(self.intervals[name] * self.draw.uniform(0.001, 5.0 if long else 0.1))
                self.ends[name] = self.at + took
                self.runs[name].append((self.at, took))

    def sleep(self, length: timedelta) -> None:
        """The machine sleeps: nothing happens, and both clocks go on."""
        self.at += length
        self.ends = {name: max(end, self.at) for name, end in self.ends.items()}

    def set_clock(self, by: timedelta) -> None:
        """Somebody sets the wall clock; the watcher sees it at its next beat."""
        before = Moment(wall=self.wall, steady_s=self.at.total_seconds())
        self.set_by += by
        after = Moment(wall=self.wall, steady_s=self.at.total_seconds())
        self.current = plan.shifted(self.current, plan.jump(before, after))

    def _moments(self) -> Iterator[timedelta]:
        yield from self.ends.values()
        following = plan.next_start(self.current)
        if following is not None:
            yield max(self.at, following - START - self.set_by)

    def gaps(self, name: str) -> list[tuple[float, float]]:
        """Return, for each run but the first, the seconds since the last one's start, and how long that one took."""
        rows = self.runs[name]
        return [((row[0] - before[0]).total_seconds(), before[1].total_seconds()) for before, row in pairwise(rows)]


INTERVALS = {"half": 1800.0, "odd": 2345.6, "hour": 3600.0, "day": 86400.0}


def year(seed: int) -> Simulated:
    return Simulated(dict(INTERVALS), random.Random(seed))


def test_a_quiet_year_has_every_run_and_no_drift() -> None:
    simulated = year(1)
    # Nothing takes long in this one.
    simulated.draw = random.Random()
    simulated.draw.random = lambda: 1.0  # type: ignore[method-assign]
    simulated.until(365 * DAY)
    for name, every in INTERVALS.items():
        starts = [at.total_seconds() for at, _ in simulated.runs[name]]
        assert len(starts) == math.ceil(365 * 86400 / every)
        late = [start - number * every for number, start in enumerate(starts)]
        assert min(late) >= 0
        assert max(late) <= min(5.0, every * 0.05)


@pytest.mark.parametrize("seed", range(2))
def test_a_year_with_long_runs_sleep_and_clocks_that_are_set(seed: int) -> None:
    simulated, happens = year(seed), random.Random(seed + 100)
    disturbed: list[tuple[timedelta, timedelta]] = []
    day = 0
    while day < 365:
        day += happens.randint(1, 9)
        simulated.until(timedelta(days=day, seconds=happens.uniform(0, 80000)))
        began = simulated.at
        if happens.random() < 0.5:
            simulated.sleep(timedelta(hours=happens.uniform(0.1, 60)))
        else:
            simulated.set_clock(timedelta(seconds=happens.choice([-1, 1]) * happens.uniform(3, 400000)))
        disturbed.append((began, simulated.at))
    simulated.until(370 * DAY)
    for name, every in INTERVALS.items():
        rows = simulated.runs[name]
        for (at, took), (following, _) in pairwise(rows):
            slept = sum(
                (min(end, following) - max(began, at)).total_seconds()
                for began, end in disturbed
                if began < following and end > at
            )
            gap = (following - at).total_seconds()
            # No overlap and no double run, sleep or not: the next start is after the end and about an interval on.
            assert gap >= took.total_seconds()
            assert gap >= 0.9 * every
            # At most one interval, where neither a long crawl nor sleep stands between.
            assert gap <= every * max(1, math.ceil(took.total_seconds() / every + 0.05)) + 5 + slept


def test_a_year_with_restarts_crashes_and_sites_that_ask_for_patience() -> None:
    """Restarts lose the plan but for the last start of each source; a crawl cut short is taken up at once."""
    simulated, happens = year(0), random.Random(7)
    calm: dict[str, list[timedelta]] = {name: [] for name in INTERVALS}
    waits: list[tuple[str, timedelta, timedelta]] = []
    while simulated.at < 365 * DAY:
        simulated.until(simulated.at + timedelta(hours=happens.uniform(1, 150)))
        if happens.random() < 0.5:
            name, until = happens.choice(list(INTERVALS)), simulated.at + timedelta(hours=happens.uniform(0.1, 24))
            if name not in simulated.ends:
                simulated.current = plan.postponed(simulated.current, name, START + until)
                waits.append((name, simulated.at, until))
            continue
        slots = {}
        for name, every in INTERVALS.items():
            rows, cut_short = simulated.runs[name], name in simulated.ends
            last = max((until for one, _, until in waits if one == name), default=timedelta())
            slots[name] = first_slot(
                name, interval_s=every, now=simulated.wall, last_start=START + rows[-1][0] if rows else None,
                finished=not cut_short, wait_until=START + last,
            )  # fmt: skip
            if cut_short:
                rows[-1] = (rows[-1][0], simulated.at - rows[-1][0])
                calm[name].append(rows[-1][0])
        simulated.ends.clear()
        simulated.current = Plan(slots=slots, salt="simulated")
    for name, every in INTERVALS.items():
        cut = set(calm[name])
        for (at, took), (following, _) in pairwise(simulated.runs[name]):
            assert following - at >= took
            # A whole interval apart, but for a crawl that a restart cut short.
            assert at in cut or (following - at).total_seconds() >= 0.9 * every
        starts = [at for at, _ in simulated.runs[name]]
        for one, asked, until in waits:
            if one == name:
                assert bisect_right(starts, asked) == bisect_left(starts, until)


def test_missed_runs_become_one() -> None:
    simulated = Simulated({"minutes": 300.0}, random.Random(5))
    simulated.draw.random = lambda: 1.0  # type: ignore[method-assign]
    simulated.until(HOUR)
    before = len(simulated.runs["minutes"])
    simulated.sleep(2 * DAY + seconds(299))
    simulated.until(2 * DAY + HOUR + seconds(299 + 250))
    assert len(simulated.runs["minutes"]) == before + 1
    simulated.until(2 * DAY + 2 * HOUR)
    assert all(285 <= gap <= 315 for gap, _ in simulated.gaps("minutes")[before:])


def test_a_clock_that_is_set_moves_no_run() -> None:
    still, moved = (Simulated({"hour": 3600.0}, random.Random(5)) for _ in range(2))
    for simulated in (still, moved):
        simulated.current = replace(simulated.current, salt="")
        simulated.until(10 * HOUR + seconds(1800))
        if simulated is moved:
            simulated.set_clock(-5 * HOUR)
        simulated.until(30 * HOUR)
    for a, b in zip(still.runs["hour"], moved.runs["hour"], strict=True):
        assert abs((a[0] - b[0]).total_seconds()) <= 5


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
def test_daylight_saving_neither_doubles_nor_drops_a_run(zone: str) -> None:
    simulated = Simulated({"hour": 3600.0, "day": 86400.0}, random.Random(2))
    simulated.draw.random = lambda: 1.0  # type: ignore[method-assign]
    simulated.until(365 * DAY)
    offsets = {(START + at).astimezone(ZoneInfo(zone)).utcoffset() for at, _ in simulated.runs["hour"]}
    assert len(offsets) == (1 if zone == "UTC" else 2)
    assert {round(gap / 60) for gap, _ in simulated.gaps("hour")} == {60}
    assert {round(gap / 60) for gap, _ in simulated.gaps("day")} == {1440}
