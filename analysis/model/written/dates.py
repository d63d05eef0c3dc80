"""The one reader of dates: from how people and programs write them to times with their offset.

Feeds, pages, forums, APIs and imports are all read by it. A date without a zone is taken as UTC, one without a time as
midnight. Relative words ("2 hours ago") count from ``now``. Which of 05/11 is the day follows from where it was
written (``Origin``). Dates before the web or after ``now`` (by more than two days, for zones and clocks) are none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from analysis.model.written.clock import MIDNIGHT, ClockTime, at_clock, clock_of
from analysis.model.written.forms import clock_before, clock_behind, forms, zone_behind
from analysis.model.written.origin import NOWHERE, Origin
from analysis.model.written.relative import relative_time
from analysis.model.written.words import month_of

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_SLACK = timedelta(days=2)
_MAX_LENGTH = 120
_MAX_PRINTED = 2000
_MOST_WORDS = 8
_EXCEL = datetime(1899, 12, 30, tzinfo=UTC)
_LETTERS = re.compile(r"[^\W\d_]+")
_UNSEEN = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

_ISO = re.compile(
    r"(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?:[T ]+(?P<hour>\d\d):?(?P<minute>\d\d)?"
    r"(?::?(?P<second>\d\d)(?:[.,](?P<micro>\d{1,9}))?)?\s?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?"
)
_NUMBER = re.compile(r"-?\d{1,19}(?:\.\d{1,9})?")


class Printed(NamedTuple):
    """A date in a text: the time (midnight where no time of day is told) and the characters that say it."""

    at: datetime
    start: int
    end: int


def parse_date(
    value: object, *, now: datetime, origin: Origin = NOWHERE, relative: bool = True, serial: bool = False
) -> datetime | None:
    """Return the time that ``value`` (text, or a number since 1970) tells; None if it tells none, or several.

    The answer keeps the offset that was written, UTC where none was: the calendar day of the place is then still known.
    Numbers are seconds, milliseconds, microseconds or nanoseconds, or a day as 20261124. ``now`` is when the text was
    fetched: relative words (unless ``relative`` is false) start from it, and later dates are refused. ``serial`` takes
    a small number for a day of a spreadsheet.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    if not isinstance(value, str):
        return None
    if match := _ISO.fullmatch(value):
        return within(_exactly(match), now)
    text = " ".join(_plain(value[: 8 * _MAX_LENGTH]).split())
    if not text or len(text) > _MAX_LENGTH:
        return None
    at = _from_number(text, serial=serial) or _whole(text, origin, now)
    return within(at or (relative_time(text, now=now, origin=origin) if relative else None), now)


def printed_dates(text: str, *, now: datetime, origin: Origin = NOWHERE) -> Iterator[Printed]:
    """Yield the dates in a running text that tell day, month and year, one way of writing after the other.

    At most 2000 characters are looked through, and dates out of reach (see ``within``) are left out. Spans count the
    text's characters in their composed form (NFKC).
    """
    if any(map(str.isdigit, text)):
        yield from (each for each in _found(_plain(text[:_MAX_PRINTED]), origin, now) if within(each.at, now))


def _plain(text: str) -> str:
    """Return ``text`` composed (NFKC), without invisible signs, with the digits of every script as 0 to 9."""
    if text.isascii():
        return text
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def within(at: datetime | None, now: datetime) -> datetime | None:
    """Return ``at`` where it lies between the first web pages and ``now`` (and two days), else None."""
    try:
        return at if at and EARLIEST <= at <= now + _SLACK else None
    except OverflowError:
        return None


def _from_number(text: str, *, serial: bool) -> datetime | None:
    if match := _COMPACT.fullmatch(text):
        return _exactly(match)
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    if serial and 30_000 <= number < 80_000:
        return _EXCEL + timedelta(seconds=round(number * 86_400))
    size = next((size for size in (1.0, 1e3, 1e6, 1e9) if 1e8 <= number / size < 1e11), None)
    return datetime.fromtimestamp(number / size, UTC) if size else None


def _exactly(match: re.Match[str]) -> datetime | None:
    said = match.groupdict()
    fraction = (said.get("micro") or "")[:6].ljust(6, "0")
    clock = ClockTime(int(said["hour"] or 0), int(said["minute"] or 0), int(said["second"] or 0), int(fraction), "")
    if clock.hour > 24 or clock.minute > 59 or clock.second > 60:
        return None
    day = _day(said["year"], said["month"], said["day"])
    return at_clock(day, clock._replace(zone=(said["zone"] or "").upper())) if day else None


def _whole(text: str, origin: Origin, now: datetime) -> datetime | None:
    """Return the date that is all that ``text`` says: beside it stand a few words, and no other number."""
    for found in _found(text, origin, now, alone=True):
        rest = f"{text[: found.start]} {text[found.end :]}"
        if not any(map(str.isdigit, rest)) and len(_LETTERS.findall(rest)) <= _MOST_WORDS:
            return found.at
    return None


def _found(text: str, origin: Origin, now: datetime, *, alone: bool = False) -> Iterator[Printed]:
    for pattern in forms():
        for match in pattern.finditer(text):
            day = _day_of(match, origin, now, alone=alone)
            if day is not None and (found := _timed(match, text, day, origin)) is not None:
                yield found


def _day_of(match: re.Match[str], origin: Origin, now: datetime, *, alone: bool) -> datetime | None:
    said = match.groupdict()
    if "first" in said:
        return _from_numbers(match, origin, now, alone=alone)
    month = said["month"] if "month" in said else month_of(said["word"], origin.lang)
    if month is None:
        return None
    year = said.get("year") or (str(int(said["buddhist"]) - 543) if said.get("buddhist") else "")
    short = (said.get("short") or "").strip("'’")
    if not year and not (short and alone):
        return None
    return _day(year or _century(short, now), month, said["day"])


def _from_numbers(match: re.Match[str], origin: Origin, now: datetime, *, alone: bool) -> datetime | None:
    first, second, year, mark = match["first"], match["second"], match["last"], match["mark"]
    if len(year) == 2:
        if mark != "." and not alone and not clock_behind().match(match.string, match.end()):
            return None
        if int(first) > 12 and origin.is_year_first:
            return _day(_century(first, now), second, year)
        year = _century(year, now)
    # Dots stand between day, month and year wherever they are used.
    is_day_first = int(first) > 12 or (int(second) <= 12 and (mark == "." or origin.is_day_first))
    day, month = (first, second) if is_day_first else (second, first)
    return _day(year, month, day)


def _century(year: str, now: datetime) -> str:
    return f"20{year}" if int(year) <= now.year % 100 + 1 else f"19{year}"


def _day(year: str, month: str | int, day: str) -> datetime | None:
    try:
        return datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return None


def _timed(match: re.Match[str], text: str, day: datetime, origin: Origin) -> Printed | None:
    """Return the date of ``match`` with the time of day inside, behind or before it."""
    said, start, end = match.groupdict(), match.start(), match.end()
    clock = MIDNIGHT
    if said.get("hour"):
        clock = clock_of(match)
        if not clock.zone and (zone := zone_behind().match(text, end)):
            clock, end = clock._replace(zone=zone["offset"] or zone["zone"]), zone.end()
    elif after := clock_behind().match(text, end):
        clock, end = clock_of(after), after.end()
    elif before := clock_before().search(text[max(0, start - 40) : start]):
        clock, start = clock_of(before), start - min(40, start) + before.start()
    at = at_clock(day, clock, lang=origin.lang, host=origin.host)
    return Printed(at, start, end) if at else None
