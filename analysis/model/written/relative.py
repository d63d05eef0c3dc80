"""Times told from now on: "2 hours ago", "vor 2 Stunden", "Yesterday, 21:15", "Hier, 10:15", "Tuesday at 10:15"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache

from analysis.model.written.clock import MIDNIGHT, at_clock, clock_of, clock_pattern
from analysis.model.written.origin import Origin
from analysis.model.written.words import LANGUAGES, UNITS_S, DateWords, code_of, folded, words_of

_TRIED = LANGUAGES[:15]
"""What is tried where the language of the text is not known."""
_ONE = "an?|one|ein(?:e[rmn]?)?|une?|un[oa]|um[a]?|een|en|ett|et|jedn[aąuęo]|одну?|день"
_LONGEST = 80
_LETTERS = re.compile(r"[^\W\d_]+")
_IS_DATED = re.compile(r"\d{3}|\d\D+\d\D+\d\D+\d")


@cache
def _ago(code: str) -> re.Pattern[str] | None:
    words = words_of(code)
    if not words.ago or not words.units:
        return None
    units = "|".join(map(re.escape, sorted(words.units, key=len, reverse=True)))
    ago = "|".join(re.escape(each).replace(r"\ ", r"\s?") for each in sorted(words.ago, key=len, reverse=True))
    return re.compile(
        rf"(?:(?P<before>{ago})\s*)?(?<![\d.,:])(?P<count>\d{{1,3}}|\b(?:{_ONE})\b)['\s]?\+?\s?(?P<unit>{units})"
        rf"(?:(?![^\W\d_])|(?={ago}))[.]?(?:\s*(?P<after>{ago})(?!\w))?"
    )


@cache
def _near(code: str) -> re.Pattern[str] | None:
    words = sorted(words_of(code).near, key=len, reverse=True)
    if not words:
        return None
    said = "|".join(map(re.escape, words))
    return re.compile(rf"(?<!\w)(?P<day>{said})(?!\w|[^\W\d_])(?P<rest>.{{0,40}})", re.DOTALL)


@cache
def _clock() -> re.Pattern[str]:
    return re.compile(clock_pattern())


def relative_time(text: str, *, now: datetime, origin: Origin) -> datetime | None:
    """Return the time that ``text`` tells by its distance from ``now``; None where it tells none. In UTC."""
    if len(text) > _LONGEST:
        return None
    plain = folded(text.replace("’", "'"))
    code = code_of(origin.lang)
    for each in dict.fromkeys(("en", code) if code else _TRIED):
        words = words_of(each)
        if plain in words.now:
            return now
        at = _counted(plain, each, words, now) or _on_day(text, plain, each, words, now, origin)
        if at:
            return at
    return None


def _counted(plain: str, code: str, words: DateWords, now: datetime) -> datetime | None:
    pattern = _ago(code)
    match = pattern.search(plain) if pattern else None
    if not match or not (match["before"] or match["after"]):
        return None
    count = int(match["count"]) if match["count"].isdigit() else 1
    return now - timedelta(seconds=count * UNITS_S[words.units[match["unit"]]])


def _on_day(text: str, plain: str, code: str, words: DateWords, now: datetime, origin: Origin) -> datetime | None:
    pattern = _near(code)
    match = pattern.search(plain) if pattern else None
    if match:
        days = words.near[match["day"]]
    else:
        named = [words.weekdays[word] for word in _LETTERS.findall(plain)[:3] if word in words.weekdays]
        if not named:
            return None
        days = (now.weekday() - named[0]) % 7
    said = _clock().search(text)
    if not match and (not said or _IS_DATED.search(text)):
        # A day of the week alone says too little, and beside other numbers it is a part of a date.
        return None
    clock = clock_of(said) if said else MIDNIGHT
    at = at_clock((now - timedelta(days=days)).astimezone(UTC), clock, lang=origin.lang, host=origin.host)
    if at and not match and at > now:
        at -= timedelta(days=7)
    return at
