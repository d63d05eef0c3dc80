"""Digests by the calendar: which period a channel is to be told of now. Pure.

A digest is a message of the group ``digest``. Its sequence is the number of the day on which it is due, so that a
period has one id however often, and by however many processes, it is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from analysis.alert.channels.configured import Channel
from analysis.alert.channels.outgoing import Message
from analysis.alert.grouping import is_quiet
from analysis.settings.tables import AlertOptions, DigestSection, Rhythm, Weekday

GROUP = "digest"
DAYS: Mapping[str, int] = {"daily": 1, "weekly": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPeriod:
    """Whole days of the configured clock, [since, until), told of on the day ``due``, which is the one after them."""

    every: Rhythm
    due: date
    since: datetime
    until: datetime

    @property
    def sequence(self) -> int:
        """The place in the order of digests; the same for everybody."""
        return self.due.toordinal()

    def words(self, timezone: str) -> str:
        """Return the period as people say it: ``Friday 30 October 2026``, ``26 October to 1 November 2026``."""
        zone = ZoneInfo(timezone)
        first, last = self.since.astimezone(zone), self.until.astimezone(zone) - timedelta(hours=12)
        if first.date() == last.date():
            return f"{first:%A} {first.day} {first:%B %Y}"
        known = "" if (first.year, first.month) == (last.year, last.month) else f" {first:%B}"
        start = f"{first.day}{known}" + (f" {first.year}" if first.year != last.year else "")
        return f"{start} to {last.day} {last:%B %Y}"


def last_period(every: Rhythm, now: datetime, options: DigestSection) -> DigestPeriod:
    """Return the newest period whose time to be told has come. ``every`` is daily or weekly."""
    zone = ZoneInfo(options.timezone)
    day = now.astimezone(zone).date()
    # Compared as moments: where clocks go back, a time of the day comes twice, and counts the first time.
    if now < _moment(day, options.at, zone):
        day -= timedelta(days=1)
    if every == "weekly":
        day -= timedelta(days=(day.weekday() - get_args(Weekday).index(options.day)) % 7)
    first = day - timedelta(days=DAYS[every])
    return DigestPeriod(every=every, due=day, since=_moment(first, time(), zone), until=_moment(day, time(), zone))


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def rhythm(channel: Channel, options: AlertOptions) -> Rhythm:
    """Return how often a channel gets a digest: its own word, else that of ``[alerts] digest``."""
    return channel.digest or options.digest.every


def due(
    channels: Sequence[Channel],
    last: Mapping[tuple[str, str], Message],
    *,
    options: AlertOptions,
    now: datetime,
) -> list[tuple[Channel, DigestPeriod]]:
    """Return the channels that have not been told of their newest period. ``last``: each group's newest message.

    Periods that passed while nothing ran are not made up for. One that waits to be sent goes first; quiet hours hold.
    """
    if is_quiet(options.quiet, now):
        return []
    pairs = []
    for channel in channels:
        every = rhythm(channel, options)
        if every == "never":
            continue
        period = last_period(every, now, options.digest)
        before = last.get((channel.id, GROUP))
        if before is None or (before.is_done and before.sequence < period.sequence):
            pairs.append((channel, period))
    return pairs
