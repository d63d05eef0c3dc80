"""Where a date was written, which decides what 05/11/2026 means and what "mar" is short for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from analysis.model.written.words import code_of, words_of

_MONTH_FIRST_REGIONS = frozenset(("us", "ph", "fm", "gu", "pr", "vi", "as", "mp", "pw", "mh", "um"))
_MONTH_FIRST_DOMAINS = frozenset(("us", "ph", "gov", "mil", "edu"))
# Endings of two letters that are sold to anybody: they say nothing of a country.
_NO_COUNTRIES = frozenset(
    ("ai", "cc", "co", "fm", "gg", "ge", "gl", "io", "la", "ly", "me", "nu", "pw", "sh", "so", "tk", "to", "tv", "ws")
)
_NUMBERS = re.compile(r"(?<![\d./-])(\d{1,2})([/-])(\d{1,2})\2(?:19|20)\d\d(?![\d/-])")
_MOST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a date was written: the language as declared (``en-GB``), the site's host, and what other dates there say.

    ``day_first`` is None where no other date tells the order of day and month.
    """

    lang: str = ""
    host: str = ""
    day_first: bool | None = None

    @property
    def is_day_first(self) -> bool:
        """Whether 05/11 is the fifth of November: by other dates of the same place, the region of the language, the
        country of the host, and last the language; month first only where people in the United States write."""
        if self.day_first is not None:
            return self.day_first
        region = self.lang.replace("_", "-").partition("-")[2].rpartition("-")[2].lower()
        if len(region) == 2:
            return region not in _MONTH_FIRST_REGIONS
        code = code_of(self.lang)
        if code and not words_of(code).is_month_first:
            return True
        ending = self.host.rpartition(".")[2].lower()
        if ending in _MONTH_FIRST_DOMAINS:
            return False
        return len(ending) == 2 and ending.isalpha() and ending not in _NO_COUNTRIES

    @property
    def is_year_first(self) -> bool:
        """Whether 26.11.24 begins with the year."""
        code = code_of(self.lang)
        return bool(code) and words_of(code).is_year_first


NOWHERE = Origin()


def origin_at(url: str, *, lang: str = "", day_first: bool | None = None) -> Origin:
    """Return the origin of what stands at the address ``url``."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return Origin(lang=lang, host=host, day_first=day_first)


def order_in(texts: Iterable[str]) -> bool | None:
    """Return whether the dates in ``texts`` that can be read one way only have the day first; None where none tells.

    Dates that contradict each other tell nothing.
    """
    seen: set[bool] = set()
    left = _MOST
    for text in texts:
        for match in _NUMBERS.finditer(text):
            first, second = int(match[1]), int(match[3])
            if (first > 12) != (second > 12) and max(first, second) <= 31:
                seen.add(first > 12)
            left -= 1
            if left <= 0 or len(seen) > 1:
                break
    return seen.pop() if len(seen) == 1 else None
