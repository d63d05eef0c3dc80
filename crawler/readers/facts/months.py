"""Dates as people print them in running text, in the languages of the pages that are read.

Only expressions with a day, a month and a year count. Month names are known whole and by any start of three letters
or more that no other month shares ("Okt.", "févr.").
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from crawler.readers.lists import rows

_CLOCK = (
    r"(?:(?:\D{1,6}|\s*[|•·–—-]\s*|,?\s+(?:um|at|kl\.?|alle|ore|a las)\s+)([01]?\d|2[0-3])[:.h]([0-5]\d)(?!\d|\.\d))?"
)
_YEAR = r"((?:19|20)\d\d)(?!\d)"
_WORD = r"([^\W\d_]{3,13})\.?"
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)([-/.])(\d{1,2})\2(\d{1,2})(?!\d)" + _CLOCK)
_NUMBERS = re.compile(r"(?<![\d.,/-])(\d{1,2})([./-])\s?(\d{1,2})\2\s?((?:19|20)\d\d|\d\d)(?![\d/-]|\.\d|,\d)" + _CLOCK)
_DAY_FIRST = re.compile(
    r"(?<![\d.,])(\d{1,2})(?:\.|st|nd|rd|th|er|º|ª)?(?:\s+|-)?(?:of\s+|de\s+|di\s+|d['’])?" + _WORD
    + r"(?:,|-)?\s*(?:de\s+|del\s+|of\s+)?['’]?" + _YEAR + _CLOCK, re.IGNORECASE)  # fmt: skip
_MONTH_FIRST = re.compile(_WORD + r"\s*(\d{1,2})(?:st|nd|rd|th)?\.?,?\s+" + _YEAR + _CLOCK, re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d\d)\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]?" + _CLOCK)


class Printed(NamedTuple):
    """A date in a text: the time (UTC, midnight where no clock time follows) and the characters that say it."""

    at: datetime
    start: int
    end: int


def _months() -> dict[str, int]:
    starts: dict[str, set[int]] = defaultdict(set)
    whole: dict[str, int] = {}
    for number, names in enumerate(rows("months"), 1):
        for name in names.split():
            whole[name] = number
            for length in range(3, len(name)):
                starts[name[:length]].add(number)
    clear = {start: next(iter(months)) for start, months in starts.items() if len(months) == 1}
    # English abbreviations are on pages of every language, so they win over a longer word's start.
    english = {
        name: number
        for number, name in enumerate(
            ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
        )
    }
    return clear | whole | english


_MONTHS = _months()


def month_of(word: str) -> int | None:
    """Return the month (1 to 12) that ``word`` names or abbreviates, None where it names none."""
    return _MONTHS.get(word.lower())


def printed_dates(text: str, *, day_first: bool = True) -> Iterator[Printed]:
    """Yield the dates in ``text``, one way of writing after the other; ``day_first`` decides what 3/4/2020 means."""
    if not any(map(str.isdigit, text)):
        return
    for match in _ISO.finditer(text):
        yield from _made(match, match[1], match[3], match[4], match[5], match[6])
    for match in _DAY_FIRST.finditer(text):
        yield from _made(match, match[3], month_of(match[2]), match[1], match[4], match[5])
    for match in _MONTH_FIRST.finditer(text):
        yield from _made(match, match[3], month_of(match[1]), match[2], match[4], match[5])
    for match in _NUMBERS.finditer(text):
        yield from _from_numbers(match, day_first=day_first)
    for match in _YEAR_FIRST.finditer(text):
        yield from _made(match, match[1], match[2], match[3], match[4], match[5])


def _from_numbers(match: re.Match[str], *, day_first: bool) -> Iterator[Printed]:
    first, mark, second, year = match[1], match[2], match[3], match[4]
    if len(year) == 2 and mark != ".":
        return
    year = year if len(year) == 4 else f"20{year}"
    is_day_first = int(first) > 12 or (int(second) <= 12 and (day_first or mark != "/"))
    day, month = (first, second) if is_day_first else (second, first)
    yield from _made(match, year, month, day, match[5], match[6])


def _made(
    match: re.Match[str], year: str, month: str | int | None, day: str, hour: str | None, minute: str | None
) -> Iterator[Printed]:
    if month is None:
        return
    try:
        at = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=UTC)
    except ValueError:
        return
    yield Printed(at, match.start(), match.end())
