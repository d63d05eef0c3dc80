"""What is known about each host during a run: who may ask it now, how far apart, and whether to leave it alone.

One ``Hosts`` is shared by all spiders of a process, so that two sources on one host share its limits. Scrapy's own
download slots are kept per spider and cannot do that; they also lose the limit when ``DOWNLOAD_DELAY`` is 0.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from time import monotonic
from urllib.parse import urlsplit

from scrapy.robotstxt import RobotParser

from analysis.model.records.crawl import HostWait
from crawler.politeness.backoff import LONGEST_RETRY_AFTER_S, RETRY_STATUSES, TOO_MANY, in_words
from crawler.politeness.causes import Refused, Stopped
from crawler.politeness.waits import LONGEST, wait_of

SMALLEST_DELAY_S = 0.001
LONGEST_INSIDE_S = 0.25
LONGEST_CRAWL_DELAY_S = 60.0
LEAST_HELD_S = 1.0
FAILURES_IN_A_ROW = 8
REFUSALS_IN_A_ROW = 20
LEFT_ALONE_S = 3600.0
"""A process that crawls for weeks asks a host again that once failed or refused."""


class Held(Exception):
    """The host is held back for longer than a request may wait inside the downloader: it goes back to the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One origin's robots.txt. Without a parser everything is allowed, unless ``closed`` says why nothing is.

    ``text`` is what ``parser`` has read. ``passing`` is False where a later run will fare no better.
    """

    read_at: float
    parser: RobotParser | None = None
    text: str = ""
    closed: str = ""
    passing: bool = True


@dataclass(slots=True)
class Host:
    """One host's state. Times are monotonic seconds.

    ``closed`` says why nothing is asked, until ``closed_until``; ``wished`` where the host asked for it itself, and
    ``waiting`` where it did so in an earlier run, so that not to ask is no failure of a source.
    """

    turns: asyncio.Semaphore
    next_at: float = 0.0
    held_until: float = 0.0
    crawl_delay: float = 0.0
    met: bool = False
    failures: int = 0
    refusals: int = 0
    closed: str = ""
    closed_until: float = inf
    wished: bool = False
    waiting: bool = False

    def wait(self, now: float) -> float:
        """Return how many seconds the next request has to wait."""
        return max(self.next_at, self.held_until) - now


@dataclass(slots=True, kw_only=True)
class Hosts:
    """Every host of a run. ``delay_s``: least seconds between two requests to a host; ``per_host``: most at once.

    ``waits`` are the waits that hosts asked for, in this run or before.
    """

    delay_s: float
    per_host: int
    rules: dict[str, Rules] = field(default_factory=dict)
    reading: dict[str, asyncio.Lock] = field(default_factory=dict)
    waits: dict[str, HostWait] = field(default_factory=dict)
    _hosts: dict[str, Host] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Host:
        """Return the host's state, a fresh one when it was never met."""
        if name not in self._hosts:
            self._hosts[name] = Host(asyncio.Semaphore(self.per_host))
        return self._hosts[name]

    @asynccontextmanager
    async def turn(
        self, name: str, *, patient: bool = False, stopping: Callable[[], bool] = lambda: False
    ) -> AsyncIterator[None]:
        """Wait for a turn at the host, hold it during the block: never more than ``per_host``, ``delay_s`` apart.

        Where a host is asked one thing at a time, it also rests for half of that after each answer: a request that was
        long on its way (a new connection, a busy process) would else be followed too soon where it arrives.

        Raises ``Held`` where the host is held back and the request is not ``patient``, ``Refused`` where the host is
        left alone, and ``Stopped`` as soon as ``stopping`` says so: a crawl that ends does not wait for its turns.
        """
        host = self[name]
        async with host.turns:
            while (wait := host.wait(now := monotonic())) > 0 and not stopping():
                if not patient and host.held_until - now > LONGEST_INSIDE_S:
                    raise Held
                await asyncio.sleep(min(wait, LONGEST_INSIDE_S))
            if stopping():
                raise Stopped
            self.check(name)
            host.next_at = monotonic() + self.gap(name)
            try:
                yield
            finally:
                if self.per_host == 1:
                    host.next_at = max(host.next_at, monotonic() + self.gap(name) / 2)

    def gap(self, name: str) -> float:
        """Return the least seconds between the starts of two requests to the host."""
        return max(self.delay_s, SMALLEST_DELAY_S, self[name].crawl_delay)

    def room(self, name: str, now: float) -> int:
        """Return how many of a host's requests may be inside the downloader, so that waiting there never fills it.

        None while its next turn is far off; one until its robots.txt is known, and where turns are rare.
        """
        host = self[name]
        if host.closed:
            return self.per_host * 2
        if host.wait(now) > LONGEST_INSIDE_S:
            return 0
        gap = self.gap(name)
        if not host.met or gap > 1:
            return 1
        return self.per_host if gap > LONGEST_INSIDE_S else self.per_host * 2

    def hold(self, name: str, until: float) -> None:
        """Send nothing to the host before ``until``."""
        host = self[name]
        host.held_until = max(host.held_until, until)

    def slow(self, name: str, crawl_delay: float) -> None:
        """Obey a Crawl-delay (seconds). Who wants more than ``LONGEST_CRAWL_DELAY_S`` is left alone for a day."""
        self[name].crawl_delay = min(max(crawl_delay, 0.0), LONGEST_CRAWL_DELAY_S)
        if crawl_delay > LONGEST_CRAWL_DELAY_S:
            words = f"robots.txt asks for {in_words(crawl_delay)} between two pages (Crawl-delay)"
            words += f", and we wait {in_words(LONGEST_CRAWL_DELAY_S)} at most: this host is left alone for a day"
            self.close(name, words, until=monotonic() + LONGEST.total_seconds(), wished=True)

    def heard(self, name: str, *, status: int, asks_to_wait: bool) -> None:
        """Note an answer while its turn lasts: after "too many requests" nothing leaves before it is understood."""
        if status == TOO_MANY or (asks_to_wait and status in RETRY_STATUSES):
            self.hold(name, monotonic() + LEAST_HELD_S)

    def close(self, name: str, why: str, *, until: float = inf, wished: bool = False) -> None:
        """Leave the host alone for the rest of the run, or ``until`` then; ``wished``: it asked for it itself."""
        host = self[name]
        host.closed, host.closed_until, host.wished, host.waiting = why, until, wished, False

    def rest(self, name: str, seconds: float, why: str, *, at: float, now: datetime) -> None:
        """Leave the host alone for the ``seconds`` that it asked for: held back, or closed where they are many.

        Kept for later runs too: this one may end before the time is over. ``at`` is the monotonic time of ``now``.
        """
        self.waits[name] = wait_of(seconds, host=name, now=now, why=why)
        if seconds > LONGEST_RETRY_AFTER_S:
            cut = "; we ask again after a day" if seconds > LONGEST.total_seconds() else ""
            words = f"asked us to come back in {in_words(seconds)} ({why}){cut}"
            self.close(name, words, until=at + min(seconds, LONGEST.total_seconds()), wished=True)
        else:
            self.hold(name, at + seconds)

    def check(self, name: str) -> None:
        """Raise ``Refused`` where the host is left alone; one whose time is over is open again."""
        host = self[name]
        if host.closed and monotonic() >= host.closed_until:
            host.closed, host.waiting, host.failures, host.refusals = "", False, 0, 0
        if host.closed:
            raise Refused(host.closed, kind="waiting" if host.waiting else "left_alone", passing=True)

    def obey(self, name: str, wait: HostWait, *, now: datetime) -> None:
        """Leave a host alone that asked for it in an earlier run, until the wait is over."""
        self.waits.setdefault(name, wait)
        if not self[name].closed:
            self.close(name, wait.words, until=monotonic() + (wait.until - now).total_seconds(), wished=True)
            self[name].waiting = True

    def keep_waits(self) -> None:
        """From now on call it waiting, and no failure, where a host that asked for it is left alone."""
        for name in list(self.waits):
            self[name].waiting = bool(self[name].closed) and self[name].wished

    def succeeded(self, name: str) -> None:
        """Note an answer worth having: the host is well."""
        host = self[name]
        host.failures = host.refusals = 0

    def failed(self, name: str, why: str) -> None:
        """Note a failed attempt; after ``FAILURES_IN_A_ROW`` of them the host is left alone."""
        host = self[name]
        host.failures += 1
        if host.failures >= FAILURES_IN_A_ROW:
            words = f"left alone after {host.failures} failures in a row, the last: {why}"
            self.close(name, words, until=monotonic() + LEFT_ALONE_S)

    def refused(self, name: str, why: str) -> None:
        """Note that the host refused us; after ``REFUSALS_IN_A_ROW`` times in a row it is left alone."""
        host = self[name]
        host.refusals += 1
        if host.refusals >= REFUSALS_IN_A_ROW:
            words = f"left alone after {host.refusals} refusals in a row, the last: {why}"
            self.close(name, words, until=monotonic() + LEFT_ALONE_S)


def host_of(url: str) -> str:
    """Return the host that an address's limits belong to: lower case, without port and final dot."""
    return (urlsplit(url).hostname or "").rstrip(".")


def origin_of(url: str) -> str:
    """Return scheme, host and port: what one robots.txt speaks for (RFC 9309, section 2.3)."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else (parts.hostname or "")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else "")
