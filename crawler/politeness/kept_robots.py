"""What robots.txt files said, kept in the store with the time: another process need not read them again that day.

Only what a server answered is kept. A file that could not be read is asked for again by whoever comes next, and an old
answer stays in force meanwhile (RFC 9309, section 2.4).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from analysis.model.errors import StoreError
from analysis.model.records.base import Records
from analysis.model.records.crawl import ROBOTS_READ, RobotsRead
from crawler.politeness.hosts import Rules
from crawler.politeness.robots import rules_of

log = logging.getLogger(__name__)
LONGEST = timedelta(days=30)
"""What was said longer ago says nothing of today, also where the file cannot be read now."""
_CLOCKS = timedelta(minutes=10)
"""What another machine's clock may be ahead of ours."""


class KeptRobots:
    """The files that any process read for the store of ``records``. ``now`` is the time that is written with them."""

    def __init__(self, records: Callable[[], Records], *, now: Callable[[], datetime]) -> None:
        self._records, self._now = records, now

    async def recall(self, origin: str, at: float) -> Rules | None:
        """Return what ``origin`` said when it was last asked, fresh or not; None where that is not known.

        ``at`` is the monotonic time now. Asks the store, in a thread; one that is away knows nothing.
        """
        try:
            kept = await asyncio.to_thread(lambda: ROBOTS_READ.get(self._records(), origin))
        except StoreError as error:
            log.warning("what robots.txt of %s said is not known, so it is read: %s", origin, error)
            return None
        age = self._now() - kept.value.read_at if kept else LONGEST
        if kept is None or not -_CLOCKS <= age < LONGEST:
            return None
        return rules_of(kept.value.text, at - max(0.0, age.total_seconds()))

    async def remember(self, origin: str, rules: Rules) -> None:
        """Keep what was just read of ``origin``, if that was an answer. A store that is away costs nothing but that."""
        if rules.closed:
            return
        robots = RobotsRead(origin=origin, text=rules.text, read_at=self._now())
        try:
            await asyncio.to_thread(lambda: ROBOTS_READ.put(self._records(), robots))
        except StoreError as error:
            log.warning("what robots.txt of %s said cannot be kept: %s", origin, error)
