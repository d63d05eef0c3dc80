"""Which mailings are due, and which may be tried now. Pure: records in, decisions out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from analysis.alert.calendar import DigestPeriod, last_period
from analysis.model.records.mailing import Mailing
from analysis.settings.tables import MailedReportSection

LEASE = timedelta(minutes=15)
"""For so long one process has a mailing: measuring, printing and sending take minutes at the most."""
FIRST_PAUSE = timedelta(minutes=2)  # doubles with each try
LONGEST_PAUSE = timedelta(hours=1)
KEEP_TRYING = timedelta(hours=24)
LATE = timedelta(hours=36)
"""So long after its time a report that nobody sent is still sent: a machine was off over a weekend, not for a month."""


def period_of(report: MailedReportSection, now: datetime) -> DigestPeriod:
    """Return the newest period whose report has come due."""
    return last_period(report.every, now, report.calendar)


def covered(report: MailedReportSection, period: DigestPeriod) -> tuple[datetime, datetime]:
    """Return what the report covers: [since, until)."""
    return (period.until - timedelta(days=report.days), period.until) if report.days else (period.since, period.until)


def may_try(report: MailedReportSection, before: Mailing | None, now: datetime) -> bool:
    """Return whether the newest mailing of ``report`` (``before``, if it was ever begun) is to be tried now."""
    if before is None:
        return now - due_at(report, now) <= LATE
    if before.state in ("sent", "given up"):
        return False
    return before.until is None or now >= before.until


def due_at(report: MailedReportSection, now: datetime) -> datetime:
    """Return the moment at which the newest mailing came due."""
    due = period_of(report, now).due
    return datetime.combine(due, report.at, ZoneInfo(report.timezone)).astimezone(UTC)


def leased(report: MailedReportSection, before: Mailing | None, *, now: datetime, holder: str) -> Mailing:
    """Return the mailing as whoever sends it now writes it down first."""
    begun = before or Mailing(report=report.id, due=period_of(report, now).due, state="leased", since=now)
    return replace(begun, state="leased", until=now + LEASE, holder=holder, attempts=begun.attempts + 1)


def sent(mailing: Mailing, *, now: datetime, people: int, cause: str) -> Mailing:
    """Return the mailing when the server has taken it."""
    return replace(mailing, state="sent", sent_at=now, until=None, holder="", people=people, cause=cause)


def failed(mailing: Mailing, *, now: datetime, cause: str) -> Mailing:
    """Return the mailing when a try failed: it waits twice as long each time, and is given up after a day."""
    if now - mailing.since > KEEP_TRYING:
        return replace(mailing, state="given up", until=None, holder="", cause=cause)
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(mailing.attempts - 1, 10))
    return replace(mailing, state="waiting", until=now + pause, holder="", cause=cause)
