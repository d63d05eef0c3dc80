"""The schedule and the placement of a large installation, simulated: ``python -m bench.placement``.

130,000 sources on 20,000 hosts, each with an interval of its own, crawled by 1 to 200 actors some of which die. Time is
simulated and every draw comes from one seed, so the tables come out alike each time, but for the seconds that the code
itself takes (the tick of the plan), which are measured here. What decides is what ``candor watch --on ray`` decides by:
``candor.schedule.plan`` and ``crawler.cluster.placement``; what a crawl takes is a model, see ``Model``.
"""

from __future__ import annotations

import heapq
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from rich.console import Console
from rich.table import Table

from candor.schedule import plan
from crawler.cluster.fleet import BOUND, HANDOVER_S
from crawler.cluster.placement import Placement
from crawler.cluster.rendezvous import owner

SEED = 20260301
SOURCES = 130_000
HOSTS = 20_000
ACTORS = (1, 10, 50, 100, 200)
INTERVALS_S = ((900, 0.1), (3600, 0.4), (4 * 3600, 0.3), (86400, 0.2))
START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a crawl takes. ``requests`` of a source are geometric; two to one host are ``delay_s`` apart.

    An actor crawls ``at_once`` sources at a time. Each dies on average once in ``mtbf_s`` and is back after ``back_s``.
    """

    requests: float = 1.5
    delay_s: float = 1.0
    at_once: int = 8
    mtbf_s: float = 6 * 3600.0
    back_s: float = 60.0
    horizon_s: int = 2 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The sources: which host each is on and how often it is crawled."""

    hosts: Sequence[str]
    intervals_s: Sequence[float]


def web(*, sources: int = SOURCES, hosts: int = HOSTS, seed: int = SEED) -> Web:
    """Return sources on hosts: most hosts have few, some have hundreds (log-normal)."""
    rng = np.random.default_rng(seed)
    weights = rng.lognormal(0.0, 1.0, hosts)
    drawn = rng.choice(hosts, size=sources, p=weights / weights.sum())
    chosen = rng.choice(len(INTERVALS_S), size=sources, p=[share for _, share in INTERVALS_S])
    return Web(
        hosts=[f"site-{number}.example" for number in drawn],
        intervals_s=[float(INTERVALS_S[number][0]) for number in chosen],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Seconds that the plan takes: to find and start what is due, to find the next start, to take one answer."""

    due_s: float
    next_s: float
    answer_s: float


def tick(web: Web) -> Tick:
    """Measure one tick in the middle of an hour."""
    rng = np.random.default_rng(SEED)
    slots = {}
    for number, interval_s in enumerate(web.intervals_s):
        at = START + timedelta(seconds=float(rng.uniform(0, interval_s)))
        slots[f"s{number}"] = plan.Slot(source=f"s{number}", interval_s=interval_s, due_at=at)
    current = plan.Plan(slots=slots)
    now = START + timedelta(seconds=10)
    began = time.perf_counter()
    names = plan.due(current, now)
    current = plan.started(current, names, now)
    due_s = time.perf_counter() - began
    began = time.perf_counter()
    plan.next_start(current)
    next_s = time.perf_counter() - began
    began = time.perf_counter()
    for name in names[:50]:
        current = plan.finished(current, name, now, interval_s=slots[name].interval_s)
    return Tick(due_s=due_s, next_s=next_s, answer_s=(time.perf_counter() - began) / 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How hosts spread: the largest share of hosts and of crawls an hour against the mean, and what moves."""

    actors: int
    hosts: float
    load: float
    moved: float


def spread(web: Web, actors: int) -> Spread:
    """Place every host on ``actors``, then take the first one away."""
    names = [f"crawler-{number}" for number in range(1, actors + 1)]
    every = sorted(set(web.hosts))
    owners = {host: owner(host, names) for host in every}
    rate: dict[str, float] = defaultdict(float)
    for host, interval_s in zip(web.hosts, web.intervals_s, strict=True):
        rate[owners[host]] += 3600 / interval_s
    having = Counter(owners.values())
    moved = sum(who == names[0] for who in owners.values()) / len(every)
    return Spread(
        actors=actors,
        hosts=max(having.values()) * actors / len(every),
        load=max(rate.values()) * actors / sum(rate.values()),
        moved=moved,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """What became of what was due: seconds between due and begun, and how much was never begun."""

    actors: int
    due: int
    begun: int
    deaths: int
    again: int
    p50_s: float
    p99_s: float


class Simulation:
    """One run of the model. Events are a heap of (time, number, what, details)."""

    def __init__(self, web: Web, actors: int, model: Model, *, seed: int = SEED) -> None:
        self._web, self._model, self._actors = web, model, actors
        self._rng = np.random.default_rng(seed)
        self._placement = Placement(bound=BOUND)
        self._free = {f"crawler-{number}": [0.0] * model.at_once for number in range(1, actors + 1)}
        self._host_free: dict[str, float] = {}
        self._heap: list[tuple[float, int, str, tuple[str, ...]]] = []
        self._number = 0
        self._due_at: dict[str, float] = {}
        self._alive_since: Counter[str] = Counter()
        self._lags: list[float] = []
        self._due = self._deaths = self._again = 0

    def run(self) -> Lag:
        """Run to the horizon."""
        for actor in self._free:
            self._placement.joined(actor)
            self._at(float(self._rng.exponential(self._model.mtbf_s)), "dies", actor)
        for number, interval_s in enumerate(self._web.intervals_s):
            self._at(float(self._rng.uniform(0, interval_s)), "due_now", str(number))
        while self._heap and self._heap[0][0] <= self._model.horizon_s:
            now, _, what, words = heapq.heappop(self._heap)
            getattr(self, f"_{what}")(now, *words)
            self._hand_out(now)
        lags = np.array(self._lags or [0.0])
        return Lag(
            actors=self._actors,
            due=self._due,
            begun=len(self._lags),
            deaths=self._deaths,
            again=self._again,
            p50_s=float(np.percentile(lags, 50)),
            p99_s=float(np.percentile(lags, 99)),
        )

    def _at(self, when: float, what: str, *words: str) -> None:
        self._number += 1
        heapq.heappush(self._heap, (when, self._number, what, words))

    def _hand_out(self, now: float) -> None:
        for handed in self._placement.take():
            free = self._free[handed.actor]
            begins = max(now, heapq.heappop(free))
            requests = float(self._rng.geometric(1 / self._model.requests))
            ends = max(begins, self._host_free.get(handed.host, 0.0)) + requests * self._model.delay_s
            self._host_free[handed.host] = ends
            heapq.heappush(free, ends)
            self._at(begins, "begun", handed.actor, handed.source, str(self._alive_since[handed.actor]))
            self._at(ends, "ends", handed.actor, handed.source, str(self._alive_since[handed.actor]))

    def _due_now(self, now: float, source: str) -> None:
        self._due += 1
        self._due_at[source] = now
        self._placement.add(source, self._web.hosts[int(source)])

    def _begun(self, now: float, actor: str, source: str, life: str) -> None:
        if int(life) == self._alive_since[actor]:
            self._lags.append(now - self._due_at[source])

    def _ends(self, now: float, actor: str, source: str, life: str) -> None:
        if int(life) == self._alive_since[actor]:
            self._placement.finished(source)
            interval_s = self._web.intervals_s[int(source)]
            missed = (now - self._due_at[source]) // interval_s + 1
            self._at(self._due_at[source] + missed * interval_s, "due_now", source)

    def _dies(self, now: float, actor: str) -> None:
        self._deaths += 1
        self._alive_since[actor] += 1
        dropped = self._placement.lost(actor)
        self._again += len(dropped)
        for handed in dropped:
            self._placement.add(handed.source, handed.host)
        self._at(now + HANDOVER_S, "rested", *sorted({handed.host for handed in dropped}))
        self._at(now + self._model.back_s, "back", actor)

    def _rested(self, now: float, *hosts: str) -> None:
        for host in hosts:
            self._host_free[host] = now
            self._placement.released(host)

    def _back(self, now: float, actor: str) -> None:
        self._free[actor] = [now] * self._model.at_once
        self._placement.joined(actor)
        self._at(now + float(self._rng.exponential(self._model.mtbf_s)), "dies", actor)


def main() -> None:
    """Print the tables."""
    console = Console(file=sys.stdout, width=120)
    sites, model = web(), Model()
    took = tick(sites)
    console.print(f"\n{SOURCES:,} sources on {HOSTS:,} hosts. The plan's tick, measured on this machine:")
    console.print(
        f"  find and start what is due {took.due_s * 1000:.0f} ms, find the next start {took.next_s * 1000:.0f} ms"
    )
    console.print(f"  take one answer {took.answer_s * 1000:.1f} ms\n")
    table = Table("actors", "hosts: largest / mean", "crawls an hour: largest / mean", "moved when one dies", "1/n")
    for actors in ACTORS:
        row = spread(sites, actors)
        table.add_row(f"{actors}", f"{row.hosts:.2f}", f"{row.load:.2f}", f"{row.moved:.2%}", f"{1 / actors:.2%}")
    console.print(table)
    table = Table("actors", "due in 2 h", "begun", "deaths", "begun again", "lag, median", "lag, p99")
    for actors in ACTORS:
        lag = Simulation(sites, actors, model).run()
        counts = (lag.actors, lag.due, lag.begun, lag.deaths, lag.again)
        table.add_row(*(f"{count:,}" for count in counts), f"{lag.p50_s:,.1f} s", f"{lag.p99_s:,.1f} s")
    console.print(table)


if __name__ == "__main__":
    main()
