"""How long to wait before asking again. Pure: time and randomness are arguments."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

BASE_S = 1.0
LONGEST_S = 60.0
LONGEST_RETRY_AFTER_S = 300.0
RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


def retry_after(header: bytes | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for (a number or an HTTP date, RFC 9110, section 10.2.3).

    None where there is no header or it makes no sense; 0 for a date that has passed.
    """
    text = (header or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return max(0.0, (when - now).total_seconds())


def jittered(attempt: int, chance: float) -> float:
    """Return the seconds before retry number ``attempt`` (from 1): capped exponential backoff with full jitter.

    ``chance`` is a uniform random number from 0 to 1. Source: Marc Brooker, "Exponential Backoff And Jitter" (2015).
    """
    return chance * min(LONGEST_S, BASE_S * 2.0 ** min(attempt, 30))


def in_words(seconds: float) -> str:
    """Return a wait as people say it: ``40 seconds``, ``15 minutes``, ``2 hours``."""
    for unit, word in ((3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {word}"
    return f"{seconds:.0f} seconds"
