"""What a cell of an import tells: a time or a rating, however its program wrote it, or that it tells none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from analysis.model.times import read_time
from analysis.model.written.dates import parse_date
from analysis.model.written.origin import Origin
from analysis.model.written.ratings import read_rating

_NOTHING = frozenset(
    ("", "-", "--", "?", "null", "none", "n/a", "na", "nan", "nat", "nil", "undefined", "unknown", "\\n", "#n/a")
)
# What programs write where a time was never set: 0, the year 1, and 1970.
_NEVER = ("0000-", "0001-01-01", "01.01.0001", "1/1/0001", "01/01/0001", "1970-01-01T00:00:00", "1970-01-01 00:00:00")
_NEVER_NUMBERS = (0, -62135596800, -62135596800000)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=2)
_MOST_SHOWN = 60


def told_time(value: Any, *, name: str, now: datetime, origin: Origin) -> datetime | None:
    """Return the time that the cell ``name`` tells, in UTC; None where it says that there is none.

    ``origin`` is where the post stands, which decides what 05/11 means. Words such as "2 hours ago" are refused: nobody
    knows when the file was written. Raises ``ValueError`` with what is wrong and the cure.
    """
    if is_nothing(value) or (
        isinstance(value, int | float) and not isinstance(value, bool) and value in _NEVER_NUMBERS
    ):
        return None
    if isinstance(value, str) and value.strip().startswith(_NEVER):
        return None
    at = _exact(value, now) or parse_date(value, now=now, origin=origin, relative=False, serial=True)
    if at is None:
        raise ValueError(
            f"{name}: {shown(value)} is not a time between 1970 and now; write 2026-03-01T12:00:00Z, or leave it out"
        )
    return at.astimezone(UTC)


def told_rating(value: Any) -> float | None:
    """Return the stars from 0 to 5 that a rating tells ("4,5", "8/10", "4 stars", "★★★☆☆", "90 %"); None for none.

    Raises ``ValueError`` for what is no rating, and for a bare number above 5, whose scale nobody told.
    """
    if is_nothing(value):
        return None
    stars = read_rating(value, guesses_scale=False)
    if stars is None:
        raise ValueError(f"rating: {shown(value)} is not a number of stars from 0 to 5; another scale is written 8/10")
    return stars


def is_nothing(value: Any) -> bool:
    """Tell whether a cell says that there is no value, in the words that programs have for it."""
    return value is None or (isinstance(value, float) and value != value) or (
        isinstance(value, str) and value.strip().casefold() in _NOTHING
    )  # fmt: skip


def shown(value: Any) -> str:
    """Return a cell for a message: short, and without what a terminal could not show."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def _exact(value: Any, now: datetime) -> datetime | None:
    # Older than the web is possible here, where a page's date would be a mistake.
    if not isinstance(value, str):
        return None
    try:
        at = read_time(value.strip())
        return at if _EARLIEST <= at <= now + _AHEAD else None
    except (ValueError, OverflowError):
        return None
