"""Times as texts, and back: one form for each length, the same in records, reports, messages and file names.

Every text is in UTC, so those of one form sort as the times do.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from analysis.model.mention import EPOCH

_MILLISECOND = timedelta(milliseconds=1)
_SECONDS = re.compile(r"([0-9]+)(\.[0-9]+)?")
_A_DATE = 1e9  # as seconds: since 1970 it is 2001, to go it is thirty years


def written(at: datetime, *, to: Literal["seconds", "milliseconds", "microseconds", "auto"] = "milliseconds") -> str:
    """Return a time as RFC 3339 in UTC: ``2026-10-01T09:30:00.000Z``. ``auto`` writes a fraction only where one is."""
    # Most are in UTC already, and astimezone costs more than the rest.
    moment = at if at.tzinfo is UTC else at.astimezone(UTC)
    return moment.isoformat(timespec=to).replace("+00:00", "Z")


def written_as_given(at: datetime) -> str:
    """Return a time as RFC 3339 in the offset in which it was given."""
    return at.isoformat().replace("+00:00", "Z")


def written_minute(at: datetime) -> str:
    """Return a time for people: ``2026-10-01 09:30 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def written_day(at: date) -> str:
    """Return the day of a time or a day: ``2026-10-01``."""
    return f"{at:%Y-%m-%d}"


def written_month(at: date) -> str:
    """Return the month of a time or a day: ``2026-10``, what the keys of records of that month go on with."""
    return f"{at:%Y-%m}"


def read_time(text: str) -> datetime:
    """Return the time of an ISO 8601 text, in UTC; one without a zone is in UTC. Raises ``ValueError``."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def to_ms(at: datetime) -> int:
    """Return whole milliseconds since 1970. Raises ``TypeError`` without a time zone."""
    return (at - EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """Return the UTC time of ``to_ms``."""
    return EPOCH + ms * _MILLISECOND


def asked_wait(text: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for: a number, or an HTTP date (RFC 9110, section 10.2.3).

    None where it makes no sense; 0 for a date that has passed.
    """
    number = _SECONDS.fullmatch(text.strip())
    if number:
        return float(number[1][:9] + (number[2] or ""))
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return max(0.0, (at - now).total_seconds())


def reset_wait(text: str, now: datetime) -> float | None:
    """Return the seconds until a limit on requests begins anew, as an ``X-RateLimit-Reset`` header tells it.

    No standard says how: some write the seconds to go (Reddit), some the seconds since 1970 (GitHub, Bluesky), some a
    time (Mastodon). None where it makes no sense; 0 for a time that has passed.
    """
    number = _SECONDS.fullmatch(text.strip())
    try:
        if number is None:
            return max(0.0, (read_time(text.strip()) - now).total_seconds())
        seconds = float(number[1][:15] + (number[2] or ""))
        return seconds if seconds < _A_DATE else max(0.0, seconds - now.timestamp())
    except ValueError:
        return None
