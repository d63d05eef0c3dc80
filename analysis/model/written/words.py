"""The words of many languages that dates are written with: months, days of the week, units, "ago", "yesterday", "pm".

They are the tables that dateparser ships (Unicode's CLDR, and what people write on the web beside it). Its own parser
is not used: it guesses, and takes a millisecond or more for each text.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "bg", "el", "ru",
    "uk", "tr", "ar", "fa", "he", "hi", "bn", "th", "vi", "id", "ms", "ko", "ja", "zh", "ca", "eu", "gl", "is", "et",
    "lv", "lt", "sl", "hr", "sr", "be", "ka", "hy", "kk", "fil",
)  # fmt: skip
"""The languages that are known. Of two that call different months by one word, the earlier counts where the language
of the text is not known: "listopada" is November in Polish and October in Croatian."""
_SAME = {"no": "nb", "nn": "nb", "iw": "he", "in": "id", "tl": "fil", "bs": "hr", "sh": "sr"}
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2629800, "year": 31557600}
"""Seconds of a unit; a month is a twelfth of a year of 365.25 days."""
_NEAR = {0: "0 day ago", 1: "1 day ago", 2: "2 day ago"}
_NOW = ("just now", "moments ago", "a moment ago", "gerade eben", "soeben", "à l'instant", "ahora mismo", "agora mesmo")
_SHORTEST = 3

# What pages write and the tables lack.
_MORE: Mapping[str, Mapping[str, str]] = {
    "en": {"hour": "hr hrs h", "day": "d", "week": "wk wks w", "month": "mo mos", "year": "yr yrs y", "minute": "mi"},
    "de": {"january": "jänner jaenner", "february": "feber", "march": "mrz maerz", "hour": "std h"},
    "fr": {"0 day ago": "aujourd’hui", "ago": "il-y-a"},
    "es": {"september": "setiembre set", "month": "mes", "ago": "hace"},
    "pt": {"ago": "ha"},
    "it": {"day": "gg"},
    "nl": {"hour": "uren", "day": "dgn"},
    "sv": {"day": "dygn", "hour": "tim"},
    "fi": {"hour": "h"},
    "ro": {"ago": "acum"},
    "pl": {"tuesday": "wto", "sunday": "nie ndz"},
    "sk": {"hour": "hodín hodinami hodinou", "minute": "minút minútami", "day": "dňami dní dňom"},
    "ru": {"may": "мая", "september": "сент", "february": "февр", "march": "мар", "november": "нояб"},
    "el": {"tuesday": "τρι", "ago": "πριν πριν\u00a0από", "november": "νοε νοεμ",
           "hour": "ώρες ώρα", "day": "ημέρες μέρες"},
    "hr": {"ago": "prije", "hour": "sata"},
    "sr": {"ago": "пре pre", "hour": "сата"},
    "sl": {"ago": "pred", "hour": "urami uro"},
    "lt": {"ago": "prieš", "hour": "valandas valandų valandą", "day": "dienas dienų dieną"},
    "lv": {"ago": "pirms", "hour": "stundām stundas", "day": "dienām dienas"},
    "et": {"ago": "tagasi eest", "hour": "tundi tunni"},
    "tr": {"hour": "saat", "day": "gün", "minute": "dakika"},
    "ar": {"ago": "قبل", "hour": "ساعتين", "november": "نوفمبر", "0 day ago": "اليوم"},
    "vi": {"day": "ngày", "month": "tháng", "week": "tuần"},
    "ms": {"ago": "lalu yang\u00a0lalu"},
    "id": {"ago": "yang\u00a0lalu"},
    "ko": {"ago": "전", "day": "일", "week": "주", "month": "개월 달", "year": "년", "2 day ago": "그제"},
    "ja": {"day": "日", "week": "週間", "month": "か月 ヶ月 カ月", "year": "年",
           "2 day ago": "一昨日", "0 day ago": "本日"},
    "zh": {"minute": "分钟 分鐘", "hour": "小时 小時", "day": "天", "week": "周 星期", "month": "个月 個月",
           "year": "年", "2 day ago": "前天", "0 second ago": "刚刚 剛剛"},
    "ca": {"ago": "fa"},
    "gl": {"ago": "hai"},
    "eu": {"ago": "duela"},
    "is": {"ago": "fyrir", "hour": "klukkustundum klst"},
    "hy": {"ago": "առաջ"},
    "kk": {"ago": "бұрын"},
}  # fmt: skip


class DateWords(NamedTuple):
    """A language's words, folded: months (1 to 12), days of the week (0 is Monday), units, near days, and the rest."""

    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    units: Mapping[str, str]
    ago: tuple[str, ...]
    near: Mapping[str, int]
    now: tuple[str, ...]
    am: frozenset[str]
    pm: frozenset[str]
    is_month_first: bool
    is_year_first: bool


def folded(word: str) -> str:
    """Return ``word`` casefolded, without accents and without the full stops of an abbreviation."""
    word = word.casefold().replace(".", "").strip("’' ")
    return word if word.isascii() else _unaccented(word)


def _unaccented(word: str) -> str:
    # Only the marks of Latin, Greek and Cyrillic letters: those of Indic scripts are vowels.
    apart = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f"))


def code_of(lang: str) -> str:
    """Return the code of a known language that a tag such as ``de-AT`` names, else an empty text."""
    code = lang.replace("_", "-").partition("-")[0].lower()
    code = _SAME.get(code, code)
    return code if code in LANGUAGES else ""


@cache
def words_of(code: str) -> DateWords:
    """Return the words of the language ``code``, one of ``LANGUAGES``. Its table is loaded on the first call."""
    info: dict[str, Any] = import_module(f"dateparser.data.date_translation_data.{code}").info
    near: dict[str, list[str]] = info.get("relative-type", {})

    def said(name: str) -> list[str]:
        more = [each.replace("\u00a0", " ") for each in _MORE.get(code, {}).get(name, "").split(" ") if each]
        return [folded(each) for each in (*info.get(name, ()), *near.get(name, ()), *more)]

    order = info.get("date_order", "DMY")
    return DateWords(
        months={each: number for number, name in enumerate(_MONTHS, 1) for each in said(name)},
        weekdays={each: number for number, name in enumerate(_DAYS) for each in said(name)},
        units={each: unit for unit in UNITS_S for each in said(unit)},
        ago=tuple(dict.fromkeys(said("ago"))),
        near={each: days for days, name in _NEAR.items() for each in said(name)},
        now=tuple(dict.fromkeys((*said("0 second ago"), *(map(folded, _NOW if code == "en" else ()))))),
        am=frozenset(said("am")),
        pm=frozenset(said("pm")),
        is_month_first=order.startswith("M"),
        is_year_first=order.startswith("Y"),
    )


def month_of(word: str, lang: str = "") -> int | None:
    """Return the month (1 to 12) that ``word`` names or abbreviates, None where it names none.

    The language ``lang`` is asked first, then all. A start of three letters or more counts where no other month of any
    language shares it ("Septem").
    """
    key = folded(word)
    code = code_of(lang)
    own = words_of(code).months.get(key) if code else None
    return own or _all_months().get(key)


def weekday_of(word: str, lang: str = "") -> int | None:
    """Return the day of the week (0 is Monday) that ``word`` names, in ``lang`` or in English; else None."""
    key = folded(word)
    return next((day for each in _tried(lang) if (day := words_of(each).weekdays.get(key)) is not None), None)


def _tried(lang: str) -> Iterable[str]:
    return dict.fromkeys(code for code in (code_of(lang), "en") if code)


@cache
def _all_months() -> dict[str, int]:
    whole: dict[str, int] = {}
    starts: dict[str, set[int]] = defaultdict(set)
    for code in LANGUAGES:
        for name, number in words_of(code).months.items():
            whole.setdefault(name, number)
            for length in range(_SHORTEST, len(name)):
                starts[name[:length]].add(number)
    clear = {start: next(iter(months)) for start, months in starts.items() if len(months) == 1}
    return clear | whole
