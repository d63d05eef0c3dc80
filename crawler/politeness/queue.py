"""The scheduler's queue: a host that is held back keeps its requests here, so that it never fills the downloader."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from time import monotonic
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.pqueues import DownloaderAwarePriorityQueue, DownloaderInterface

from crawler.context import context_of
from crawler.politeness.dial import is_stopping
from crawler.politeness.hosts import LONGEST_INSIDE_S, host_of


class OpenHosts(DownloaderInterface):
    """Offers only hosts that have room, with the number of their requests inside the downloader."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._crawler = crawler
        self._hosts = context_of(crawler).hosts
        self._alarm: asyncio.TimerHandle | None = None

    def stats(self, possible_slots: Iterable[str]) -> list[tuple[int, str]]:
        """Return (requests inside, host) for each host that may send one more."""
        now = monotonic()
        inside = Counter(host_of(request.url) for request in self.downloader.active)
        names = list(possible_slots)
        open_hosts = [(inside[name], name) for name in names if inside[name] < self._hosts.room(name, now)]
        if not open_hosts:
            self._wake_in([self._hosts[name].wait(now) - LONGEST_INSIDE_S for name in names])
        return open_hosts

    def get_slot_key(self, request: Request) -> str:
        """Return the request's host. A slot in ``meta`` is a left-over of the page that the request came from."""
        return host_of(request.url)

    def _wake_in(self, waits: Iterable[float]) -> None:
        # Without an alarm the engine would look again at its next heartbeat, up to 5 seconds late.
        soonest = min((wait for wait in waits if wait > 0), default=0.0)
        loop = asyncio.get_running_loop()
        if self._alarm is not None and self._alarm.when() > loop.time() + soonest:
            self._alarm.cancel()
            self._alarm = None
        if soonest and self._alarm is None:
            self._alarm = loop.call_later(soonest + 0.001, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        slot = self._crawler.engine._slot
        if slot is not None and not is_stopping(self._crawler):
            slot.nextcall.schedule()


class PoliteQueue(DownloaderAwarePriorityQueue):
    """Scrapy's queue, which takes the host with the fewest requests under way, among the hosts that have room."""

    def __init__(self, crawler: Crawler, *args: Any, **kwargs: Any) -> None:
        super().__init__(crawler, *args, **kwargs)
        self._downloader_interface = OpenHosts(crawler)
