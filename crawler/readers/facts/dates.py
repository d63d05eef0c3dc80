"""From how pages write dates to times with their offset.

A date without a zone is taken as UTC; a date without a time as midnight. Relative words ("2 hours ago") count from the
time of the fetch. Dates before the web or after the fetch (by more than two days, for zones and clocks) are no dates.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from dateutil.parser import ParserError, parserinfo
from dateutil.parser import parse as parse_loosely

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_DEFAULT = datetime(2000, 1, 1, tzinfo=UTC)
_SLACK = timedelta(days=2)
_MAX_LENGTH = 120
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?",
    re.IGNORECASE,
)
_RFC = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)\w*, +\d{1,2} +[a-z]{3} +\d{4} +\d", re.IGNORECASE)
_DAY_FIRST = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})\b")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_AGO = re.compile(
    r"\b(an?|one|\d{1,3})\s*+(?:\+\s*+)?(second|sec|minute|min|hour|hr|h|day|d|week|wk|w|month|mo|year|yr|y)s?\.?\s++ago\b",
    re.IGNORECASE,
)
_NEAR_DAY = re.compile(r"\b(today|yesterday)\b(?:\D{0,8}(\d{1,2}):(\d{2})(?::\d{2})?\s*([ap])?\.?m?)?", re.IGNORECASE)
_UNIT_S = {"s": 1, "mi": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 2629800, "y": 31557600}
_HAS_YEAR = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?:^|\D)'?\d{1,2}\D++\d{1,2}\D++\d{2}(?:\D|$)|(?<![^\W\d_])[^\W\d_]{3,}+\W++\d\d$"
)
_ZONES = {
    "EST": -18000, "EDT": -14400, "CST": -21600, "CDT": -18000, "MST": -25200, "MDT": -21600, "PST": -28800,
    "PDT": -25200, "ET": -18000, "PT": -28800, "BST": 3600, "CET": 3600, "CEST": 7200, "MEZ": 3600, "MESZ": 7200,
    "EET": 7200, "EEST": 10800, "MSK": 10800, "IST": 19800, "JST": 32400, "KST": 32400, "AEST": 36000, "AEDT": 39600,
}  # fmt: skip
_NOISE = re.compile(
    r"^(?:posted|published|updated|edited|asked|answered|created|on|at|date|joined|said|by|last"
    r"|reviewed in .{0,40}? on)"
    r"\b[\s:,]*",
    re.IGNORECASE,
)


def parse_date(value: object, *, now: datetime) -> datetime | None:
    """Return the time that ``value`` (text, or seconds or milliseconds since 1970) tells; None if it tells none.

    The answer keeps the offset that was written, UTC where none was: the calendar day of the place is then still known.
    ``now`` is when the page was fetched: relative words start from it and later dates are refused.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return within(_from_epoch(float(value)), now)
    if not isinstance(value, str):
        return None
    text = " ".join(value.split())
    if not text or len(text) > _MAX_LENGTH or not (any(map(str.isdigit, text)) or "a" in text):
        return None
    return within(_iso(text) or _plain(text, now), now)


def within(at: datetime | None, now: datetime) -> datetime | None:
    """Return ``found`` where it lies between the first web pages and the fetch, else None."""
    try:
        return at if at and EARLIEST <= at <= now + _SLACK else None
    except OverflowError:
        return None


def _iso(text: str) -> datetime | None:
    match = _ISO.match(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        day_parts = (int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
        return datetime(*day_parts, micro, tzinfo=timezone(_offset(zone)))
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> timedelta:
    if not zone or zone.upper() in ("Z", "UTC", "GMT"):
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if zone[0] == "-" else size


def _plain(text: str, now: datetime) -> datetime | None:
    if _EPOCH.fullmatch(text):
        return _from_epoch(float(text))
    relative = _relative(text, now)
    if relative:
        return relative
    while (shorter := _NOISE.sub("", text)) != text:
        text = shorter
    if not _HAS_YEAR.search(text):
        return None
    return _mail(text) if _RFC.match(text) else _loose(text)


def _from_epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _relative(text: str, now: datetime) -> datetime | None:
    match = _AGO.search(text)
    if match:
        count = 1 if match[1].lower() in ("a", "an", "one") else int(match[1])
        unit = match[2].lower()
        size = _UNIT_S["mo"] if unit.startswith("mo") else _UNIT_S.get(unit[:2]) or _UNIT_S[unit[0]]
        return now - timedelta(seconds=count * size)
    match = _NEAR_DAY.search(text)
    if not match:
        return now if re.fullmatch(r"just now|moments? ago", text, re.IGNORECASE) else None
    day = now - timedelta(days=match[1].lower() == "yesterday")
    hour, minute = int(match[2] or 0) % 24, int(match[3] or 0) % 60
    if match[4]:
        hour = hour % 12 + (12 if match[4].lower() == "p" else 0)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def _mail(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _loose(text: str) -> datetime | None:
    text = _DAY_FIRST.sub(_year_last, text)
    try:
        at = parse_loosely(text, parserinfo=parserinfo(), default=_DEFAULT, tzinfos=_ZONES, fuzzy=False)
    except (ParserError, ValueError, OverflowError, TypeError, AttributeError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _year_last(match: re.Match[str]) -> str:
    year = match[3] if len(match[3]) == 4 else f"20{match[3]}"
    return f"{year}-{int(match[2]):02d}-{int(match[1]):02d}"
