"""Who may ask a host now, where several processes crawl for the same store: one at a time, whoever's page it is.

A host's own sources belong to one process (``crawler.keeping.tenure``), but a feed may lead anywhere. So a process that
wants to ask a host takes its lease in the store first, by compare-and-set, and renews it as long as it asks. Who finds
it taken says that it waits; the holder sees that when it renews, and hands over. A lease that nobody renews runs out.
(Gray and Cheriton, "Leases: an efficient fault-tolerant mechanism for distributed file cache consistency", 1989.)
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from analysis.model.errors import StoreError
from analysis.model.records.base import Records, Stored
from analysis.model.records.crawl import HOST_LEASES, HostLease, HostWait

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=20)
LOOK_AGAIN_S = 1.0
CLOCKS = timedelta(seconds=2)
"""What the clocks of two machines may be apart."""
AWAY_S = 60.0
"""So long nobody visits a host while the store is away; after that its owner and visitors may ask it side by side."""
_ASK_STORE_AGAIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether the host may be asked: 0, or after so many ``seconds`` it is worth to look again.

    ``wait`` is what the host told the holder, where it asked to be left alone.
    """

    seconds: float = 0.0
    wait: HostWait | None = None


class Leases:
    """The hosts that one crawl process may ask. ``holder`` is its name, ``now`` the time that is written.

    ``owns`` tells of a host whether its sources were given to this process: it takes the lease over from the process
    that had them before, which has asked its last. From a visitor it waits for it like anybody else.
    """

    def __init__(
        self,
        records: Callable[[], Records],
        *,
        holder: str,
        owns: Callable[[str], bool],
        now: Callable[[], datetime],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._records, self._holder, self._owns, self._now, self._clock = records, holder, owns, now, clock
        self._ours: dict[str, float] = {}
        """Until when a host may be asked without a look at the store."""
        self._away_since: float | None = None
        self._asking: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def turn(self, host: str) -> Turn:
        """Return whether ``host`` may be asked now.

        While the store is away an owner may; a visitor waits for the store, but no longer than ``AWAY_S``.
        """
        async with self._asking[host]:
            if self._clock() < self._ours.get(host, 0.0):
                return Turn()
            try:
                turn = await asyncio.to_thread(self._taken, host)
            except StoreError as error:
                return self._turn_without_store(host, error)
            self._away_since = None
            return turn

    async def keep(self, host: str, seconds: float, why: str) -> None:
        """Hold on to ``host``, which asked for ``seconds`` without a request, so that nobody else asks it either."""
        async with self._asking[host]:
            try:
                await asyncio.to_thread(self._kept, host, seconds, why)
            except StoreError as error:
                log.warning("that %s wants to be left alone cannot be told to others: %s", host, error)

    def _turn_without_store(self, host: str, error: StoreError) -> Turn:
        now = self._clock()
        if self._away_since is None:
            self._away_since = now
            log.warning("who else asks a host is not known until the store answers again: %s", error)
        if not self._owns(host) and now - self._away_since < AWAY_S:
            return Turn(LOOK_AGAIN_S)
        self._ours[host] = now + _ASK_STORE_AGAIN_S
        return Turn()

    def _taken(self, host: str) -> Turn:
        records, now = self._records(), self._now()
        stored = HOST_LEASES.get(records, host)
        lease = stored.value if stored else None
        if stored is None or lease is None or self._is_free(lease, now):
            return self._put(records, stored, self._own(host, now))
        if lease.holder != self._holder:
            if not lease.wanted_by:
                HOST_LEASES.put(records, replace(lease, wanted_by=self._holder), if_version=stored.version)
            wait = HostWait(host=host, until=lease.until, why=lease.why) if lease.why else None
            return Turn(LOOK_AGAIN_S if wait is None else (lease.until - now).total_seconds(), wait)
        if not lease.wanted_by:
            return self._put(records, stored, self._own(host, now))
        # Somebody waits: it has the next turn, and takes it within that time or leaves it.
        given = HostLease(host=host, holder=lease.wanted_by, until=now + LEASE / 2)
        HOST_LEASES.put(records, given, if_version=stored.version)
        return Turn(LOOK_AGAIN_S)

    def _is_free(self, lease: HostLease, now: datetime) -> bool:
        if lease.holder == self._holder:
            return not lease.wanted_by
        # What a holder that is gone was told by the host holds all the same.
        return lease.until + CLOCKS <= now or (lease.is_owner and not lease.why and self._owns(lease.host))

    def _own(self, host: str, now: datetime) -> HostLease:
        return HostLease(host=host, holder=self._holder, until=now + LEASE, is_owner=self._owns(host))

    def _put(self, records: Records, stored: Stored[HostLease] | None, lease: HostLease) -> Turn:
        began = self._clock()
        if HOST_LEASES.put(records, lease, if_version=stored.version if stored else 0) is None:
            return Turn(LOOK_AGAIN_S)
        self._ours[lease.host] = began + (LEASE / 2).total_seconds()
        return Turn()

    def _kept(self, host: str, seconds: float, why: str) -> None:
        records, now = self._records(), self._now()
        stored = HOST_LEASES.get(records, host)
        if stored is not None and stored.value.holder == self._holder:
            until = max(stored.value.until, now + timedelta(seconds=seconds))
            HOST_LEASES.put(records, replace(stored.value, until=until, why=why), if_version=stored.version)
