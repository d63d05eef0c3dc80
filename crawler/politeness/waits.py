"""Until when a host asked us to wait (Retry-After), carried from run to run as small records of kind "host_wait"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from analysis.model.times import written_minute
from analysis.store.base import Records

KIND = "host_wait"
LONGEST = timedelta(days=1)
"""Who asks for longer has made a mistake, or means the day: it is asked again after one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A host's wish: nothing before ``until``. ``why`` is the answer that it came with, in plain words."""

    until: datetime
    why: str

    @property
    def words(self) -> str:
        """The wish as the cause of a source that was not asked."""
        return f"asked us to wait until {written_minute(self.until)} ({self.why})"


def wait_of(seconds: float, *, now: datetime, why: str) -> Wait:
    """Return the wait that ``seconds`` of a Retry-After mean."""
    return Wait(until=now + min(timedelta(seconds=min(seconds, 1e9)), LONGEST), why=why)


def recall(records: Records, *, now: datetime) -> dict[str, Wait]:
    """Return the hosts that must still not be asked."""
    waits = {record.key: _wait(record.body) for record in records.all(KIND)}
    return {host: wait for host, wait in waits.items() if now < wait.until <= now + LONGEST}


def remember(records: Records, waits: Mapping[str, Wait], *, now: datetime) -> None:
    """Write the waits that are not over, and remove the records of those that are."""
    lasting = {host: wait for host, wait in waits.items() if now < wait.until}
    if not lasting:
        return
    over = [record.key for record in records.all(KIND) if _wait(record.body).until <= now]
    for host in over:
        records.delete(KIND, host)
    records.put_many(KIND, {host: {"until": wait.until.isoformat(), "why": wait.why} for host, wait in lasting.items()})


def _wait(body: Mapping[str, str]) -> Wait:
    return Wait(until=datetime.fromisoformat(body["until"]), why=body["why"])
