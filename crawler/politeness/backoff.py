"""How long to wait before asking again. Pure: time and randomness are arguments."""

from __future__ import annotations

from datetime import datetime

from scrapy.http import Response

from analysis.model.times import asked_wait, reset_wait

TOO_MANY = 429
BASE_S = 1.0
LONGEST_S = 60.0
_YEAR_S = 366 * 86400.0
LONGEST_RETRY_AFTER_S = 300.0
RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


def jittered(attempt: int, chance: float) -> float:
    """Return the seconds before retry number ``attempt`` (from 1): capped exponential backoff with full jitter.

    ``chance`` is a uniform random number from 0 to 1. Source: Marc Brooker, "Exponential Backoff And Jitter" (2015).
    """
    return chance * min(LONGEST_S, BASE_S * 2.0 ** min(attempt, 30))


def in_words(seconds: float) -> str:
    """Return a wait as people say it: ``40 seconds``, ``15 minutes``, ``2 hours``, ``3 days``, ``more than a year``."""
    if seconds > _YEAR_S:
        return "more than a year"
    for unit, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {word}"
    return f"{seconds:.0f} seconds"


def wait_asked_by(response: Response, now: datetime) -> float | None:
    """Return the seconds that an answer asks us to wait: by Retry-After, or after too many requests by their limit."""

    def said(name: str) -> str:
        return (response.headers.get(name) or b"").decode("latin-1")

    asked = asked_wait(said("Retry-After"), now)
    if asked is None and response.status == TOO_MANY:
        asked = reset_wait(said("X-RateLimit-Reset") or said("RateLimit-Reset"), now)
    return asked
