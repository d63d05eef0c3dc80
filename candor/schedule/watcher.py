"""``candor watch``: takes events from one queue, and keeps the plan, the crawl process and the alert pass going.

APScheduler's threads, the crawl process's threads and signals only put events in; everything is decided on the main
thread, one event after the other, by the pure plan.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from analysis.model import Source
from analysis.model.errors import CandorError
from analysis.model.records.run import Run
from analysis.settings.file import Config
from candor.schedule import condition, health, plan
from candor.schedule.doing import Doing, Options, Signalled, StartCrawls
from candor.schedule.history import keep, stored_runs
from candor.schedule.interval import interval_s
from candor.schedule.logs import say
from candor.schedule.metrics import Metrics
from candor.schedule.telling import Told, mail_safely, tell_safely
from crawler.crawl_process import Answer, CrawlProcess, Ended, Hand

BEAT_S = 5.0
TELL_S = 60.0
KEEP_WARM_S = 900.0
WARM_UP_S = 30.0
"""So long before a source is due the crawl process is started, because starting it takes seconds."""
RECYCLE_AFTER = 500
COUNTS = ("pages", "unchanged", "posts", "mentions_new", "mentions_updated")


class Watcher:
    """One ``candor watch``. ``reread`` returns the configuration anew, for SIGHUP; ``start`` starts what crawls."""

    def __init__(
        self, config: Config, *, reread: Callable[[], Config], options: Options, start: StartCrawls | None = None
    ) -> None:
        self._config = config
        self._start = start or _process
        self._metrics = Metrics()
        self._reread = reread
        self._options = options
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._sources: dict[str, Source] = {}
        self._runs: dict[str, list[Run]] = {}
        self._plan = plan.Plan(salt=f"{os.uname().nodename} {config.path}")
        self._doing = Doing()
        self._since = datetime.now(UTC)
        self._moment = _moment()
        self._beat = 0.0
        self._words: dict[str, Any] = {}

    def run(self) -> int:
        """Watch until told to stop; return the exit status: with ``once`` 1 where a source failed, else 0."""
        self._take(self._config)
        self._write_health()
        server = health.serve(self._options.health_port, self._current) if self._options.health_port else None
        told = self._metrics.serve(self._options.metrics) if self._options.metrics else None
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
        for number in before:
            signal.signal(number, lambda given, _: self._events.put(Signalled(given)))
        self._scheduler.start()
        if self._options.alerts and not self._options.once:
            self._scheduler.add_job(self._want_telling, "interval", seconds=TELL_S, coalesce=True)
        if not self._options.once:
            self._scheduler.add_job(self._mail, "interval", seconds=TELL_S, coalesce=True)
        say("watching", sources=len(self._sources), pid=os.getpid(), config=self._config.path)
        try:
            self._loop()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._scheduler.shutdown(wait=True)
            for one in (server, told):
                if one is not None:
                    one.shutdown()
                    one.server_close()
            if self._doing.crawls is not None:
                self._doing.crawls.kill()
            self._write_health(state="stopped")
            say("stopped")
        return int(self._options.once and self._doing.failed)

    def _loop(self) -> None:
        while True:
            self._step()
            if self._is_over():
                return
            event = None
            with suppress(Empty):
                event = self._events.get(timeout=BEAT_S)
            while event is not None:
                self._handle(event)
                event = None if self._events.empty() else self._events.get()

    def _is_over(self) -> bool:
        doing = self._doing
        if doing.crawls is not None or doing.telling:
            return False
        if doing.stopping:
            return True
        idle = not doing.tell_wanted and not plan.due(
            self._plan, datetime.now(UTC) + timedelta(seconds=plan.JITTER_MOST_S)
        )
        return self._options.once and idle

    def _step(self) -> None:
        """Do what the moment asks for: follow the clock, start what is due, tell, end what is idle, beat."""
        now = self._follow_clock()
        doing = self._doing
        if doing.stopping:
            if doing.crawls is not None and time.monotonic() > doing.stop_by:
                say("the crawl did not stop in time: killed", level=logging.WARNING, pid=doing.crawls.pid)
                doing.crawls.kill()
        elif doing.rereading and doing.crawls is None:
            self._read_again()
        elif not (doing.retiring or doing.rereading):
            self._start_due(now)
            self._retire_idle(now)
        if doing.tell_wanted and not doing.telling and not doing.stopping:
            doing.tell_wanted, doing.telling = False, True
            self._scheduler.add_job(self._tell, args=[self._config])
        if time.monotonic() - self._beat >= BEAT_S:
            self._write_health()

    def _follow_clock(self) -> datetime:
        moment = _moment()
        by = plan.jump(self._moment, moment)
        self._moment = moment
        if by:
            say("the clock was set", level=logging.WARNING, by_s=round(by.total_seconds(), 1))
            self._plan = plan.shifted(self._plan, by)
            for name in self._plan.slots:
                self._wake_for(name)
        return moment.wall

    def _start_due(self, now: datetime) -> None:
        doing, following = self._doing, plan.next_start(self._plan)
        ahead = WARM_UP_S if doing.warm_ahead and not self._options.once else 0.0
        if doing.crawls is None and following is not None and (following - now).total_seconds() <= ahead:
            doing.crawls, doing.asked = self._start(self._config, self._events.put), 0
            say("crawl process started", pid=doing.crawls.pid)
        names = plan.due(self._plan, now)
        if not names or doing.crawls is None:
            return
        self._plan = plan.started(self._plan, names, now)
        for name in names:
            doing.asked += 1
            doing.crawls.crawl(name)
        self._write_health()

    def _retire_idle(self, now: datetime) -> None:
        """End the crawl process when nothing is crawled and nothing is due for long, or after many crawls."""
        doing, following = self._doing, plan.next_start(self._plan)
        if doing.crawls is None or self._running():
            return
        far = following is None or (following - now).total_seconds() > KEEP_WARM_S
        if far or doing.asked >= RECYCLE_AFTER or self._options.once:
            doing.retiring = True
            doing.crawls.finish()

    def _handle(self, event: Any) -> None:
        if isinstance(event, Answer):
            self._answered(event)
        elif isinstance(event, Ended):
            self._ended(event)
        elif isinstance(event, Signalled):
            self._signalled(event.number)
        elif isinstance(event, Told):
            doing = self._doing
            doing.telling, doing.told, doing.told_at = False, event, datetime.now(UTC)
            doing.tell_failures = doing.tell_failures + 1 if event.problem else 0
            self._metrics.told(event)
        elif event == "tell":
            self._doing.tell_wanted = bool(self._runs_known())

    def _answered(self, answer: Answer) -> None:
        now = datetime.now(UTC)
        name, run = answer.source, answer.run
        if name not in self._plan.slots:
            return
        if run is not None or not answer.stopped:
            self._metrics.crawled(self._sources[name], run)
        if run is None:
            if not answer.stopped:
                self._doing.failed = True
                say("not crawled", level=logging.WARNING, source=name, cause=answer.error or "no answer")
            self._plan = plan.failed(self._plan, name, now)
        else:
            self._doing.failed |= run.state == "failing"
            self._runs[name] = keep([*self._runs[name], run])
            every = interval_s(self._sources[name], self._runs[name])
            self._plan = plan.finished(self._plan, name, now, interval_s=every)
            if run.wait_until is not None:
                self._plan = plan.postponed(self._plan, name, run.wait_until)
            level = logging.WARNING if run.state == "failing" else logging.INFO
            numbers = {what: getattr(run, what) for what in COUNTS}
            took = round(((run.ended_at or run.started_at) - run.started_at).total_seconds(), 1)
            words = {"cause": run.cause} if run.cause else {}
            say("crawled", level=level, source=name, state=run.state, **words, **numbers, took_s=took, every_s=every)
            self._doing.tell_wanted |= self._options.alerts
        self._wake_for(name)

    def _ended(self, event: Ended) -> None:
        doing = self._doing
        doing.crawls, doing.retiring = None, False
        # One that dies at once must not be started again and again before anything is due.
        doing.warm_ahead = event.status == 0
        running = self._running()
        level = logging.WARNING if running or event.status else logging.INFO
        say("crawl process ended", level=level, pid=event.pid, status=event.status)
        for name in running:
            self._answered(Answer(source=name, error=f"the crawl process ended with status {event.status}"))

    def _signalled(self, number: int) -> None:
        doing = self._doing
        if number == signal.SIGHUP:
            doing.rereading = True
            if doing.crawls is not None:
                doing.crawls.finish()
            return
        if doing.stopping:
            say("told to stop twice: at once", level=logging.WARNING)
            doing.stop_by = 0.0
            return
        say("stopping: what was read is stored", signal=signal.Signals(number).name)
        doing.stopping, doing.stop_by = True, time.monotonic() + self._options.grace_s
        if doing.crawls is not None:
            doing.crawls.stop()
        self._write_health()

    def _read_again(self) -> None:
        self._doing.rereading = False
        try:
            self._take(self._reread())
            say("configuration read again", sources=len(self._sources))
        except CandorError as error:
            say("the configuration is wrong: going on with the old one", level=logging.ERROR, problem=str(error))

    def _take(self, config: Config) -> None:
        """Plan the sources of ``config``; those that are planned already keep their place."""
        now = datetime.now(UTC)
        sources = {source.id: source for source in config.sources if not source.paused}
        runs = stored_runs(config.store, sources, now=now)
        slots = {name: _first_slot(source, runs[name], now) for name, source in sources.items()}
        self._config, self._sources, self._runs = config, sources, runs
        for job in set(self._plan.slots) - set(slots):
            with suppress(LookupError):
                self._scheduler.remove_job(job)
        self._plan = plan.Plan(slots=slots, salt=self._plan.salt)
        for name in slots:
            self._wake_for(name)

    def _wake_for(self, name: str) -> None:
        """Have APScheduler put an event in when the source starts next."""
        slot = self._plan.slots[name]
        self._scheduler.add_job(
            self._events.put,
            "date",
            args=["due"],
            id=name,
            run_date=plan.fires_at(self._plan, slot),
            replace_existing=True,
            misfire_grace_time=None,
        )

    def _tell(self, config: Config) -> None:
        self._events.put(tell_safely(config, now=datetime.now(UTC)))

    def _mail(self) -> None:
        mail_safely(self._config, now=datetime.now(UTC))

    def _want_telling(self) -> None:
        self._events.put("tell")

    def _running(self) -> list[str]:
        return [slot.source for slot in self._plan.slots.values() if slot.running_since is not None]

    def _runs_known(self) -> int:
        return sum(map(len, self._runs.values()))

    def _current(self) -> dict[str, Any]:
        age = time.monotonic() - self._beat
        stale = [f"no sign of life for {age:.0f} s"] if age > health.STALE_S else []
        words = self._words
        return {**words, "healthy": words["healthy"] and not stale, "problems": [*words["problems"], *stale]}

    def _write_health(self, state: str = "") -> None:
        self._words = condition.words(self._plan, self._runs, self._doing, since=self._since, state=state)
        self._beat = time.monotonic()
        self._metrics.beat(
            self._plan,
            self._sources,
            store=self._config.store,
            healthy=self._words["healthy"],
            now=datetime.now(UTC),
        )
        try:
            health.write(self._config.state, self._words)
        except OSError as error:
            say("the health file cannot be written", level=logging.ERROR, problem=str(error))


def _process(config: Config, hand: Hand) -> CrawlProcess:
    def said(words: str) -> None:
        say("the crawl said", words=words)

    return CrawlProcess(hand, path=config.path, store=config.store, text=config.text, said=said)


def _first_slot(source: Source, known: Sequence[Run], now: datetime) -> plan.Slot:
    last = known[-1] if known else None
    return plan.first_slot(
        source.id,
        interval_s=interval_s(source, known),
        now=now,
        last_start=last.started_at if last else None,
        finished=last is not None and last.state != "stopped",
        wait_until=last.wait_until if last else None,
    )


def _moment() -> plan.Moment:
    # Linux has a steady clock that counts sleep; elsewhere sleep looks like a clock that was set: one run is late.
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return plan.Moment(wall=datetime.now(UTC), steady_s=time.clock_gettime(clock))
