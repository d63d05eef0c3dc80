"""How long to wait before asking again. Pure: time and randomness are arguments."""

from __future__ import annotations

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
