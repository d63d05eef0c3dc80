"""The time of day in a date (21:15, 9.15 pm, 21h15, 오후 9:15) and the zone behind it (+01:00, GMT+2, CET)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from analysis.model.written.words import LANGUAGES, code_of, folded, words_of

_FARTHEST = timedelta(hours=14)
# Minutes east of Greenwich. Of a name that several zones share, what most pages mean; see _BY_LANGUAGE for the rest.
_ZONES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "MET": 60, "MEZ": 60, "CEST": 120,
    "MEST": 120, "MESZ": 120, "HNEC": 60, "HAEC": 120, "EET": 120, "OEZ": 120, "EEST": 180, "OESZ": 180, "SAST": 120,
    "CAT": 120, "WAT": 60, "EAT": 180, "MSK": 180, "MSD": 240, "TRT": 180, "AZT": 240, "GST": 240, "SAMT": 240,
    "GET": 240, "AMT": -240, "IRST": 210, "AFT": 270, "PKT": 300, "UZT": 300, "YEKT": 300, "IST": 330, "NPT": 345,
    "OMST": 360, "NOVT": 420, "KRAT": 420, "ICT": 420, "WIB": 420, "WITA": 480, "HKT": 480, "SGT": 480, "MYT": 480,
    "PHT": 480, "AWST": 480, "IRKT": 480, "WIT": 540, "JST": 540, "KST": 540, "YAKT": 540, "ACST": 570, "ACDT": 630,
    "AEST": 600, "VLAT": 600, "AEDT": 660, "MAGT": 660, "NZST": 720, "PETT": 720, "NZDT": 780, "FKT": -180,
    "NST": -210, "NDT": -150, "BRT": -180, "BRST": -120, "ART": -180, "UYT": -180, "CLST": -180, "CLT": -240,
    "AST": -240, "ADT": -180, "VET": -240, "BOT": -240, "EST": -300, "EDT": -240, "COT": -300, "PET": -300, "ECT": -300,
    "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480,
    "HST": -600, "HDT": -540, "SST": -660,
}  # fmt: skip
_BY_LANGUAGE = {("CST", "zh"): 480, ("IST", "he"): 120, ("IST", "ga"): 60, ("AST", "ar"): 180}
_BY_COUNTRY = {("CST", "cn"): 480, ("CST", "tw"): 480, ("IST", "il"): 120, ("IST", "ie"): 60, ("AST", "sa"): 180}
_PLACES = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}

_OFFSET = r"(?:(?:GMT|UTC|UT)\s?)?[+\u2212-]\d{2}:?\d{2}|(?:GMT|UTC|UT)\s?[+\u2212-]\d{1,2}|[+\u2212-]\d{2}"
_NAME = r"[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+){1,2}|[A-Z]{1,5}"
ZONE = rf"(?:\s?\(?(?P<offset>{_OFFSET})(?![\d.:/])|\s?\(?(?P<zone>{_NAME})\b)"
_FIXED = "a. ?m.|p. ?m.|de la mañana|de la tarde|de la noche|da manhã|da tarde|da noite|π.μ.|μ.μ."
_MIDDAY = {"a m": "am", "p m": "pm", "de la manana": "am", "de la tarde": "pm", "de la noche": "pm", "da manha": "am",
           "da tarde": "pm", "da noite": "pm", "πμ": "am", "μμ": "pm"}  # fmt: skip


def _halves() -> str:
    """Return a pattern of all words for the halves of a day, longest first."""
    said = {word for code in LANGUAGES for word in (*words_of(code).am, *words_of(code).pm)}
    # "Sa" is Saturday too, and "de" is half of Romance; the dots of "p.m." are in a pattern of its own.
    plain = sorted((re.escape(word) for word in said - {"sa", "ch", "de", "m", "am", "pm"}), key=len, reverse=True)
    fixed = _FIXED.replace(".", r"\.")
    return rf"(?i:[ap]\.?\s?m\b\.?|{fixed}|(?:{'|'.join(plain)})(?![^\W\d_]))"


@cache
def clock_pattern() -> str:
    """Return the pattern of a time of day with the half of the day before or behind it, and its zone."""
    half = _halves()
    return (
        rf"(?:(?P<before>{half})\s?)?(?<![\d.,:])"
        r"(?:(?P<hour>[01]?\d|2[0-4])(?:(?:[:.]|\s?h\s?|\s?[時时시點点]\s?)(?P<minute>[0-5]\d)(?![\d])"
        r"(?:(?:[:.]|\s?[分분]\s?)(?P<second>[0-5]\d|60)(?![\d])(?:[.,](?P<fraction>\d{1,9}))?)?|\s?h\b|\s?[時时시點点]|\s(?=Uhr\b))"
        rf"|(?P<bare>0?[1-9]|1[0-2])(?=\s?(?:{half})))"
        rf"(?:\s?[分秒분초])?(?:\s?(?P<after>{half}))?{ZONE}?"
    )


class ClockTime(NamedTuple):
    """A time of day; ``hour`` may be 24, and ``second`` 60 where a second was put in."""

    hour: int
    minute: int
    second: int
    micro: int
    zone: str


MIDNIGHT = ClockTime(0, 0, 0, 0, "")


def clock_of(match: re.Match[str]) -> ClockTime:
    """Return the time of day that a match of ``clock_pattern`` tells."""
    hour = int(match["hour"] or match["bare"])
    half = folded(match["before"] or match["after"] or "")
    half = _MIDDAY.get(half, half)
    if hour <= 12 and half:
        hour = hour % 12 + (12 if _is_afternoon(half) else 0)
    minute, second = int(match["minute"] or 0), int(match["second"] or 0)
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    return ClockTime(hour, minute, second, int(fraction), match["offset"] or match["zone"] or "")


@cache
def _is_afternoon(half: str) -> bool:
    return half == "pm" or any(half in words_of(code).pm for code in LANGUAGES)


def at_clock(day: datetime, clock: ClockTime, *, lang: str = "", host: str = "") -> datetime | None:
    """Return ``day`` (midnight, its zone is left out) at ``clock``; None for an offset that no place on earth has.

    24:00 is midnight of the next day, a second 60 the last one of its minute, a zone of an unknown name UTC.
    """
    late = clock.hour == 24
    if late and (clock.minute or clock.second):
        return None
    day = day.replace(
        hour=0 if late else clock.hour,
        minute=clock.minute,
        second=min(clock.second, 59),
        microsecond=0 if clock.second == 60 else clock.micro,
        tzinfo=None,
    ) + timedelta(days=late)
    zone = _zone_of(clock.zone, lang, host)
    return None if zone is None else day.replace(tzinfo=zone)


def _zone_of(said: str, lang: str, host: str) -> tzinfo | None:
    if not said:
        return UTC
    sign = re.search(r"[+\u2212-]\d", said)
    if sign and "/" not in said:
        return _offset(said[sign.start() :])
    place = _PLACES.get(said, said if "/" in said else "")
    if place:
        try:
            return ZoneInfo(place)
        except (ValueError, OSError, KeyError):
            return UTC
    country = host.rpartition(".")[2].lower()
    minutes = _BY_LANGUAGE.get((said, code_of(lang) or lang[:2].lower()), _BY_COUNTRY.get((said, country)))
    minutes = _ZONES.get(said, 0) if minutes is None else minutes
    return UTC if not minutes else timezone(timedelta(minutes=minutes))


def _offset(said: str) -> tzinfo | None:
    digits = said[1:].replace(":", "")
    digits = f"0{digits}" if len(digits) == 1 else digits
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4] or 0))
    if size > _FARTHEST or int(digits[2:4] or 0) > 59:
        return None
    return timezone(size if said[0] == "+" else -size) if size else UTC
