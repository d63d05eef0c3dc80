"""The ways in which day, month and year are written, as patterns; a clock may stand before, behind or inside them."""

from __future__ import annotations

import re
from functools import cache

from analysis.model.written.clock import ZONE, clock_pattern

_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_DAY = r"(?P<day>\d{1,2})"
_MONTH = r"(?P<month>\d{1,2})"
_WORD = r"(?P<word>[^\W\d_][^\s\d,;:/|()\[\]–—-]{1,19})"
_NTH = r"(?i:\.|st|nd|rd|th|er|re|º|ª|°|-?(?:го|е))?"
_OF = r"(?:(?i:of|de|di|del|da|a)\s+|d['’])?"
_PAUSE = r"[\s,./-]{0,4}"
_SHORT = r"(?P<short>['’]\d\d|(?<=-)\d\d|(?<=\s)\d\d)(?![\d:.h])"
BETWEEN = (
    r"[\s,;.|•·»–—@T-]{0,4}"
    r"(?:\([^()\d]{1,12}\)[\s,]{0,3}|[^\W\d_]{1,9}[.,]{0,2}\s(?:[^\W\d_]{1,4}\s)?|[^\W\d_]{1,3}\.\s?)??"
)
"""What may stand between a date and its clock: signs, a day of the week, "um", "a las"."""


@cache
def forms() -> tuple[re.Pattern[str], ...]:
    """Return the patterns, the clearest first. Groups: day, month or word, year (or short, buddhist); or first, second
    and last with their mark, whose order is not told."""
    return (
        # 2026-11-24, 2026/11/24, 2026. 11. 24.
        re.compile(rf"(?<![\d./-]){_YEAR}(?P<mark>[-/.])\s?{_MONTH}(?P=mark)\s?{_DAY}(?!\d)"),
        # 2026年11月24日, 2026년 11월 24일
        re.compile(rf"(?<!\d){_YEAR}\s?[年년]\s?{_MONTH}\s?[月월]\s?{_DAY}\s?[日일]?"),
        # Tue Nov 24 10:00:00 CET 2026
        re.compile(rf"{_WORD}\s+{_DAY},?\s+{clock_pattern()}\s+{_YEAR}"),
        # 24. Nov. 2026, 24 de noviembre de 2026, 24-Nov-26, 24th of November, 2026
        re.compile(
            rf"(?<![\d.,:]){_DAY}{_NTH}{_PAUSE}{_OF}{_WORD}{_PAUSE}(?:(?i:de|del|of|anno|año)\s+)?(?:{_YEAR}|{_SHORT})"
        ),
        # Nov 24, 2026; November 24th 2026
        re.compile(rf"{_WORD}{_PAUSE}{_DAY}(?i:st|nd|rd|th|\.)?[\s,./-]{{1,4}}(?:(?i:of|de|del)\s+)?{_YEAR}"),
        # 2026. november 24., 2026 m. lapkričio 24 d., 2026-Nov-24
        re.compile(rf"(?<!\d){_YEAR}(?:ko)?{_PAUSE}(?:[mг]\.\s*)?{_WORD}{_PAUSE}{_DAY}(?![\d:])"),
        # 2026. gada 24. novembris
        re.compile(rf"(?<!\d){_YEAR}\.?\s?(?i:gada)\s?{_DAY}\.\s?{_WORD}"),
        # 24 tháng 11, 2026
        re.compile(rf"(?<!\d){_DAY}\s+(?i:tháng|thg)\s?{_MONTH}{_PAUSE}(?:(?i:năm)\s+)?{_YEAR}"),
        # 24 พ.ย. 2569: years since the Buddha
        re.compile(rf"(?<!\d){_DAY}\s+{_WORD}\s+(?:พ\.?ศ\.?\s?)?(?P<buddhist>25[3-9]\d|26\d\d)(?!\d)"),
        # 05/11/2026, 5-11-2026, 24. 11. 2026, 24.11.26
        re.compile(
            r"(?<![\d.,/-])(?P<first>\d{1,2})(?P<mark>[./-])\s?(?P<second>\d{1,2})(?P=mark)\s?"
            r"(?P<last>(?:19|20)\d\d|\d\d)(?![\d/-]|\.\d|,\d)"
        ),
    )


@cache
def clock_behind() -> re.Pattern[str]:
    """Return the pattern of a clock behind a date, with what stands between."""
    return re.compile(BETWEEN + clock_pattern())


@cache
def clock_before() -> re.Pattern[str]:
    """Return the pattern of a clock before a date, up to the end of the text."""
    return re.compile(clock_pattern() + BETWEEN + "$")


@cache
def zone_behind() -> re.Pattern[str]:
    """Return the pattern of a zone alone."""
    return re.compile(ZONE)
