"""Until when a host asked us to wait (Retry-After), carried from run to run in the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from analysis.model.records.base import Records
from analysis.model.records.crawl import HOST_WAITS, HostWait
from crawler.politeness.backoff import in_words

LONGEST = timedelta(days=1)
"""Who asks for longer has made a mistake, or means the day: it is asked again after one."""


def wait_of(seconds: float, *, host: str, now: datetime, why: str) -> HostWait:
    """Return the wait that ``seconds`` of a Retry-After mean; ``why`` says so where it is cut to a day."""
    longest = LONGEST.total_seconds()
    if seconds > longest:
        why = f"{why}; it asked for {in_words(seconds)}, and we ask again after a day"
    return HostWait(host=host, until=now + timedelta(seconds=min(seconds, longest)), why=why)


def recall(records: Records, *, now: datetime) -> dict[str, HostWait]:
    """Return the hosts that must still not be asked."""
    return {wait.host: wait for wait in HOST_WAITS.values(records) if now < wait.until <= now + LONGEST}


def remember(records: Records, waits: Iterable[HostWait], *, now: datetime) -> None:
    """Write the waits that are not over, and remove the records of those that are."""
    lasting = [wait for wait in waits if now < wait.until]
    if not lasting:
        return
    # Written first: to tidy up needs a server that is there.
    HOST_WAITS.put_many(records, lasting)
    over = [wait.host for wait in HOST_WAITS.values(records) if wait.until <= now]
    for host in over:
        HOST_WAITS.delete(records, host)
