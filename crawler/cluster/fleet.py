"""The crawl actors of one crawl, seen from who asks: a crawl process that is as wide as a Ray cluster.

It has the methods of ``crawler.crawl_process.CrawlProcess`` and hands over the same events. Ray starts the actors,
spreads them over the nodes and starts those anew that died; which source goes where says ``placement``. Everything is
decided on one thread, by one event after the other.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from crawler.cluster.actor import CrawlActor, Job
from crawler.cluster.placement import Handed, Placement
from crawler.crawl_process import Answer, Ended, Hand

BOUND = 64
"""So many sources an actor has in hand: enough that its crawl process never waits, and few to lose with it."""
HANDOVER_S = 2.0
"""So long a lost actor's hosts are left alone: its last requests are over, and its crawl process has ended."""
MOST_TRIES = 3
REACH_AGAIN_S = 1.0
GONE_WITHIN_S = 10.0
LOOK_EVERY_S = 5.0
MOST_MISSED = 3
"""So many looks in a row that find no head mean that the cluster is gone."""
GONE = "the Ray cluster is gone, its head does not answer"
_GONE_IN_HAND = f"{GONE}; the next crawl goes on"
TOGETHER_WITHIN_S = 20.0
"""So long the first actor waits for the others: a host that is begun stays, and the first would begin them all."""


@dataclass(frozen=True, slots=True)
class SourceAsked:
    """Somebody wants a source crawled."""

    source: str


@dataclass(frozen=True, slots=True)
class Replied:
    """An actor's call is over: ``ticket`` says which, 0 that it is ready (again)."""

    actor: str
    ticket: int
    future: Any


@dataclass(frozen=True, slots=True)
class Rested:
    """A lost actor's hosts have rested."""

    hosts: tuple[str, ...]


class Fleet:
    """``size`` crawl actors on the cluster that this process is connected to.

    ``hosts`` are the hosts of the sources that may be asked for. ``hand`` is called from one thread with each answer
    and, last, with the end. ``is_there`` tells whether the cluster's head answers: where it does no more, what is
    in hand is given up. Raises ``ValueError`` where the namespace has such actors already.
    """

    def __init__(
        self,
        hand: Hand,
        *,
        job: Job,
        hosts: dict[str, str],
        size: int,
        said: Callable[[str], None] = print,
        is_there: Callable[[], bool] = lambda: True,
    ) -> None:
        import ray

        self._ray = ray
        self._hand, self._said, self._hosts, self._is_there = hand, said, hosts, is_there
        self._ending = threading.Lock()
        self._placement = Placement(bound=BOUND)
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._calls: dict[int, Handed] = {}
        self._tickets = 0
        self._tries: Counter[str] = Counter()
        self._dead: dict[str, str] = {}
        self._told: dict[str, int] = {}
        self._farewells: list[Any] = []
        self._finishing = self._stopping = self._together = False
        # An answer must come while others are crawled: as many calls at once as sources in hand, and some to ask how.
        made: Any = ray.remote(CrawlActor)
        options = {"num_cpus": 1, "max_restarts": -1, "max_concurrency": BOUND + 8, "scheduling_strategy": "SPREAD"}
        names = [f"crawler-{number}" for number in range(1, size + 1)]
        self._actors: dict[str, Any] = {name: made.options(name=name, **options).remote(name, job) for name in names}
        for name in names:
            self._await(name)
        for what in (self._run, self._look):
            threading.Thread(target=what, daemon=True).start()

    @property
    def pid(self) -> int | None:
        """None: there is no one process."""
        return None

    def crawl(self, source: str) -> None:
        """Ask for a source."""
        self._events.put(SourceAsked(source))

    def finish(self) -> None:
        """Let the actors do what they were asked for, and end."""
        self._events.put("finish")

    def stop(self) -> None:
        """Stop fetching; what was read is still stored, and then they end."""
        self._events.put("stop")

    def kill(self) -> None:
        """End them at once."""
        self._events.put("kill")
        for actor in self._actors.values():
            self._ray.kill(actor)

    def _run(self) -> None:
        event: Any = None
        while event != "kill" and not self._is_over():
            if self._together and not self._stopping:
                self._hand_out()
            event = self._events.get()
            self._take(event)
        if self._first_to_end():
            self._end_while_there(at_once=event == "kill")
            self._hand(Ended(pid=0, status=0))

    def _end_while_there(self, *, at_once: bool) -> None:
        """End the actors while the head answers: Ray waits for one that hangs in calls that have no limit."""
        ending = threading.Thread(target=self._end, kwargs={"at_once": at_once}, daemon=True)
        ending.start()
        ending.join(LOOK_EVERY_S)
        while ending.is_alive() and self._is_there():
            ending.join(LOOK_EVERY_S)

    def _look(self) -> None:
        """Answer for all that was asked where the head is gone: then the other thread waits for Ray, without end."""
        missed = 0
        # Who was told to stop is not to wait for a head that was told so too.
        while missed < (1 if self._stopping else MOST_MISSED):
            time.sleep(LOOK_EVERY_S)
            if self._ending.locked():
                return
            missed = 0 if self._is_there() else missed + 1
            self._events.put("tell")
        if self._first_to_end():
            self._lose_all()
            self._hand(Ended(pid=0, status=0))

    def _first_to_end(self) -> bool:
        return self._ending.acquire(blocking=False)

    def _take(self, event: Any) -> None:
        if isinstance(event, SourceAsked):
            self._placement.add(event.source, self._hosts[event.source])
            self._refuse_if_hopeless()
        elif isinstance(event, Replied):
            self._replied(event)
        elif isinstance(event, Rested):
            for host in event.hosts:
                self._placement.released(host)
        elif event == "together":
            self._together = True
        elif event == "tell":
            self._tell()
        elif event == "finish":
            self._finishing = True
        elif event == "stop" and not self._stopping:
            self._stop()

    def _tell(self) -> None:
        """Tell each actor how many sources wait for it: it is the actors that ``candor cluster status`` asks."""
        queued = self._placement.queued
        for actor in self._placement.alive:
            if queued[actor] != self._told.get(actor, 0):
                self._told[actor] = queued[actor]
                self._actors[actor].queued.remote(queued[actor])

    def _lose_all(self) -> None:
        """Answer for all that was asked: nobody else will."""
        self._said(_GONE_IN_HAND)
        for handed in self._calls.values():
            self._hand(
                Answer(source=handed.source, error="" if self._stopping else _GONE_IN_HAND, stopped=self._stopping)
            )
        self._give_up(error="" if self._stopping else _GONE_IN_HAND, stopped=self._stopping)

    def _is_over(self) -> bool:
        if self._stopping:
            return not self._calls
        return self._finishing and not self._calls and not self._placement.waiting and not self._placement.in_hand

    def _hand_out(self) -> None:
        for handed in self._placement.take():
            self._tickets += 1
            self._calls[self._tickets] = handed
            # Later is higher, also where this process was started anew: whoever was cut off loses to whom it is now.
            call = self._actors[handed.actor].crawl.remote(handed.source, handed.host, time.time_ns())
            self._follow(call, handed.actor, self._tickets)

    def _follow(self, call: Any, actor: str, ticket: int) -> None:
        call.future().add_done_callback(lambda future: self._events.put(Replied(actor, ticket, future)))

    def _await(self, actor: str) -> None:
        self._follow(self._actors[actor].ready.remote(), actor, 0)

    def _replied(self, event: Replied) -> None:
        error = event.future.exception()
        if not event.ticket:
            self._came(event.actor, error)
        elif event.ticket not in self._calls:
            return
        elif isinstance(error, self._ray.exceptions.RayActorError):
            self._lost(event.actor, error)
        else:
            handed = self._calls.pop(event.ticket)
            self._placement.finished(handed.source)
            answer = event.future.result() if error is None else Answer(source=handed.source, error=str(error))
            self._hand(answer)

    def _came(self, actor: str, error: BaseException | None) -> None:
        if error is None:
            if not self._placement.alive:
                self._later(TOGETHER_WITHIN_S, lambda: self._events.put("together"))
            self._placement.joined(actor)
            self._together |= len(self._placement.alive) + len(self._dead) == len(self._actors)
        elif not isinstance(error, self._ray.exceptions.ActorDiedError):
            self._later(REACH_AGAIN_S, lambda: self._await(actor))
        else:
            # Ray starts one that died as often as need be, so this one cannot even begin.
            self._dead[actor] = _short(error)
            self._refuse_if_hopeless()

    def _refuse_if_hopeless(self) -> None:
        if len(self._dead) == len(self._actors):
            self._give_up(error=f"no crawl actor can start: {next(iter(self._dead.values()))}")

    def _lost(self, actor: str, error: BaseException) -> None:
        self._said(f"{actor} is lost and is replaced; what it had in hand is crawled again")
        if isinstance(error, self._ray.exceptions.ActorUnavailableError):
            # It may only be out of reach, and crawl on: it must not, because its hosts go to others.
            self._ray.kill(self._actors[actor], no_restart=False)
        self._told.pop(actor, None)
        self._calls = {ticket: handed for ticket, handed in self._calls.items() if handed.actor != actor}
        dropped = self._placement.lost(actor)
        for handed in dropped:
            self._tries[handed.source] += 1
            if self._stopping:
                self._hand(Answer(source=handed.source, stopped=True))
            elif self._tries[handed.source] >= MOST_TRIES:
                words = f"its crawl process died {MOST_TRIES} times; the log of {actor} in Ray says why"
                self._hand(Answer(source=handed.source, error=words))
            else:
                self._placement.add(handed.source, handed.host)
        hosts = tuple(sorted({handed.host for handed in dropped}))
        self._later(HANDOVER_S, lambda: self._events.put(Rested(hosts)))
        self._await(actor)

    def _stop(self) -> None:
        self._stopping = True
        self._farewells = [self._actors[actor].stop.remote() for actor in self._placement.alive]
        self._give_up(stopped=True)

    def _give_up(self, *, error: str = "", stopped: bool = False) -> None:
        for source in self._placement.give_up():
            self._hand(Answer(source=source, error=error, stopped=stopped))

    def _end(self, *, at_once: bool) -> None:
        if not (at_once or self._stopping):
            self._farewells = [self._actors[actor].finish.remote() for actor in self._placement.alive]
        if self._farewells and not at_once:
            self._ray.wait(self._farewells, num_returns=len(self._farewells))
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._wait_until_gone()

    def _wait_until_gone(self) -> None:
        """Wait until the names are free again, ten seconds at most: the next fleet takes the same."""
        end = time.monotonic() + GONE_WITHIN_S
        for name in self._actors:
            with suppress(ValueError):
                while time.monotonic() < end:
                    self._ray.get_actor(name)
                    time.sleep(0.1)

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, what)
        timer.daemon = True
        timer.start()


def _short(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:500] if lines else type(error).__name__
