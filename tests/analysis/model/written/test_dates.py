"""Dates as feeds, pages, forums and imports write them: one reader, of many languages, that never guesses."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.model.written.dates import parse_date, printed_dates
from analysis.model.written.origin import Origin, order_in, origin_at
from analysis.model.written.words import LANGUAGES, month_of, words_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def read(said: object, lang: str = "", host: str = "", **more: bool) -> str | None:
    at = parse_date(said, now=NOW, origin=Origin(lang=lang, host=host), **more)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") if at else None


@pytest.mark.parametrize(
    ("said", "expected", "lang"),
    [
        ("2026-11-24 10:00:00 America/New_York", "2026-11-24T15:00", ""),
        ("2026-11-24T10:00:00+01:00[Europe/Berlin]", "2026-11-24T09:00", ""),
        ("24 Nov 2026 10:00 AM", "2026-11-24T10:00", ""),
        ("24. November 2026, 10:15 Uhr", "2026-11-24T10:15", "de"),
        ("Dienstag, 24. November 2026 um 10 Uhr", "2026-11-24T10:00", "de"),
        ("le mardi 24 novembre 2026 à 10h15", "2026-11-24T10:15", "fr"),
        ("24 novembre 2026 à 10 h 15", "2026-11-24T10:15", "fr"),
        ("Mardi 24 novembre 2026 10h", "2026-11-24T10:00", "fr"),
        ("martes, 24 de noviembre de 2026, 9:15 p. m.", "2026-11-24T21:15", "es"),
        ("24 de nov. de 2026 a las 21:15", "2026-11-24T21:15", "es"),
        ("24/11/2026 às 21h15", "2026-11-24T21:15", "pt"),
        ("24 de novembro de 2026 às 21h15", "2026-11-24T21:15", "pt"),
        ("martedì 24 novembre 2026 alle ore 21.15", "2026-11-24T21:15", "it"),
        ("dinsdag 24 november 2026 om 21:15 uur", "2026-11-24T21:15", "nl"),
        ("tisdag 24 november 2026 kl. 21.15", "2026-11-24T21:15", "sv"),
        ("tirsdag d. 24. november 2026 kl. 21:15", "2026-11-24T21:15", "da"),
        ("tiistai 24. marraskuuta 2026 klo 21.15", "2026-11-24T21:15", "fi"),
        ("24 listopada 2026, 21:15", "2026-11-24T21:15", "pl"),
        ("24 listopada 2026, 21:15", "2026-10-24T21:15", "hr"),
        ("24. listopadu 2026 v 21:15", "2026-11-24T21:15", "cs"),
        ("24. 11. 2026 21:15", "2026-11-24T21:15", "cs"),
        ("2026. november 24., kedd 21:15", "2026-11-24T21:15", "hu"),
        ("2026. nov. 24. 21:15", "2026-11-24T21:15", "hu"),
        ("24 noiembrie 2026, 21:15", "2026-11-24T21:15", "ro"),
        ("24 ноември 2026 г. 21:15", "2026-11-24T21:15", "bg"),
        ("вторник, 24 ноября 2026 г. в 21:15", "2026-11-24T21:15", "ru"),
        ("24 листопада 2026 р. о 21:15", "2026-11-24T21:15", "uk"),
        ("Τρίτη, 24 Νοεμβρίου 2026 9:15 μ.μ.", "2026-11-24T21:15", "el"),
        ("24 Kasım 2026 Salı 21:15", "2026-11-24T21:15", "tr"),
        ("24 نوفمبر 2026 9:15 م", "2026-11-24T21:15", "ar"),
        ("٢٤ نوفمبر ٢٠٢٦", "2026-11-24T00:00", "ar"),
        ("24 בנובמבר 2026", "2026-11-24T00:00", "he"),
        ("24 नवंबर 2026", "2026-11-24T00:00", "hi"),
        ("24 พ.ย. 2569 21:15 น.", "2026-11-24T21:15", "th"),
        ("24 พฤศจิกายน 2026", "2026-11-24T00:00", "th"),
        ("24 tháng 11, 2026", "2026-11-24T00:00", "vi"),
        ("24 November 2026 pukul 21.15", "2026-11-24T21:15", "id"),
        ("2026年11月24日(火) 21時15分", "2026-11-24T21:15", "ja"),
        ("2026年11月24日 午後9:15", "2026-11-24T21:15", "ja"),
        ("2026/11/24 21:15", "2026-11-24T21:15", "ja"),
        ("2026年11月24日 下午9:15", "2026-11-24T21:15", "zh"),
        ("2026.11.24. 오후 9:15", "2026-11-24T21:15", "ko"),
        ("2026. 11. 24. 21:15", "2026-11-24T21:15", "ko"),
        ("2026년 11월 24일 (화) 오전 10시 15분", "2026-11-24T10:15", "ko"),
        ("2026 m. lapkričio 24 d. 21:15", "2026-11-24T21:15", "lt"),
        ("2026. gada 24. novembris", "2026-11-24T00:00", "lv"),
        ("24 de novembre de 2026", "2026-11-24T00:00", "ca"),
        ("24 d’octubre de 2026", "2026-10-24T00:00", "ca"),
        ("11/05/2026, 10:15 AM", "2026-11-05T10:15", "en"),
        ("05/11/2026 10:15", "2026-11-05T10:15", "en-GB"),
        ("05/11/2026 10:15", "2026-11-05T10:15", "de"),
        ("05-11-2026, 10:15 PM", "2026-05-11T22:15", "en"),
        ("11-20-2026, 10:15 AM", "2026-11-20T10:15", "en"),
        ("20/11/26 10:15", "2026-11-20T10:15", "fr"),
        ("26/11/20 10:15", "2026-11-20T10:15", "ja"),
        ("20-Nov-26", "2026-11-20T00:00", "en"),
        ("Nov 24th, 2026 at 9pm", "2026-11-24T21:00", "en"),
        ("10:15, 24 Nov 2026", "2026-11-24T10:15", "en"),
        ("10:15 AM · Nov 24, 2026", "2026-11-24T10:15", "en"),
        ("9:15 pm EST, Tue November 24, 2026", "2026-11-25T02:15", "en"),
        ("Published 9:15 PM ET, Tue November 24, 2026", "2026-11-25T02:15", "en"),
        ("Tue Nov 24 10:00:00 +0000 2026", "2026-11-24T10:00", "en"),
        ("Tue Nov 24 10:00:00 2026 +0100", "2026-11-24T09:00", "en"),
    ],
)
def test_dates_are_read_as_people_write_them_in_many_languages(said: str, expected: str, lang: str) -> None:
    assert read(said, lang) == expected


@pytest.mark.parametrize(
    ("said", "expected", "lang"),
    [
        ("vor 2 Stunden", "2026-11-28T10:00", "de"),
        ("vor einer Stunde", "2026-11-28T11:00", "de"),
        ("vor 3 Tagen", "2026-11-25T12:00", "de"),
        ("il y a 2 heures", "2026-11-28T10:00", "fr"),
        ("il y a un jour", "2026-11-27T12:00", "fr"),
        ("hace 3 días", "2026-11-25T12:00", "es"),
        ("há 2 horas", "2026-11-28T10:00", "pt"),
        ("2 horas atrás", "2026-11-28T10:00", "pt"),
        ("2 ore fa", "2026-11-28T10:00", "it"),
        ("un'ora fa", "2026-11-28T11:00", "it"),
        ("2 uur geleden", "2026-11-28T10:00", "nl"),
        ("för 2 timmar sedan", "2026-11-28T10:00", "sv"),
        ("for 2 timer siden", "2026-11-28T10:00", "da"),
        ("2 tuntia sitten", "2026-11-28T10:00", "fi"),
        ("5 godzin temu", "2026-11-28T07:00", "pl"),
        ("před 2 hodinami", "2026-11-28T10:00", "cs"),
        ("2 órával ezelőtt", "2026-11-28T10:00", "hu"),
        ("acum 2 ore", "2026-11-28T10:00", "ro"),
        ("преди 2 часа", "2026-11-28T10:00", "bg"),
        ("πριν από 2 ώρες", "2026-11-28T10:00", "el"),
        ("2 часа назад", "2026-11-28T10:00", "ru"),
        ("3 дня назад", "2026-11-25T12:00", "ru"),
        ("2 години тому", "2026-11-28T10:00", "uk"),
        ("2 saat önce", "2026-11-28T10:00", "tr"),
        ("منذ 3 ساعات", "2026-11-28T09:00", "ar"),
        ("3 घंटे पहले", "2026-11-28T09:00", "hi"),
        ("2 giờ trước", "2026-11-28T10:00", "vi"),
        ("2 jam yang lalu", "2026-11-28T10:00", "id"),
        ("2時間前", "2026-11-28T10:00", "ja"),
        ("2小时前", "2026-11-28T10:00", "zh"),
        ("3天前", "2026-11-25T12:00", "zh"),
        ("2시간 전", "2026-11-28T10:00", "ko"),
        ("2h ago", "2026-11-28T10:00", "en"),
        ("5 mins ago", "2026-11-28T11:55", "en"),
        ("Gestern, 10:15", "2026-11-27T10:15", "de"),
        ("Heute, 09:15", "2026-11-28T09:15", "de"),
        ("heute um 09:15 Uhr", "2026-11-28T09:15", "de"),
        ("Vorgestern, 10:15", "2026-11-26T10:15", "de"),
        ("Hier, 10:15", "2026-11-27T10:15", "fr"),
        ("Hier à 10h15", "2026-11-27T10:15", "fr"),
        ("Aujourd’hui, 09:15", "2026-11-28T09:15", "fr"),
        ("Ayer a las 10:15", "2026-11-27T10:15", "es"),
        ("Hoje às 10:15", "2026-11-28T10:15", "pt"),
        ("Ontem, 10:15", "2026-11-27T10:15", "pt"),
        ("Ieri alle 10:15", "2026-11-27T10:15", "it"),
        ("Gisteren om 10:15", "2026-11-27T10:15", "nl"),
        ("Igår kl. 10:15", "2026-11-27T10:15", "sv"),
        ("Wczoraj, 10:15", "2026-11-27T10:15", "pl"),
        ("Dzisiaj o 10:15", "2026-11-28T10:15", "pl"),
        ("Včera 10:15", "2026-11-27T10:15", "cs"),
        ("Вчера, 10:15", "2026-11-27T10:15", "ru"),
        ("Сегодня в 10:15", "2026-11-28T10:15", "ru"),
        ("Dün 10:15", "2026-11-27T10:15", "tr"),
        ("昨日 10:15", "2026-11-27T10:15", "ja"),
        ("昨天 10:15", "2026-11-27T10:15", "zh"),
        ("어제 10:15", "2026-11-27T10:15", "ko"),
        ("Yesterday, 10:15 PM", "2026-11-27T22:15", "en"),
        ("Wednesday at 10:15 AM", "2026-11-25T10:15", "en"),
        ("Mittwoch um 10:15", "2026-11-25T10:15", "de"),
        ("Saturday at 10:15 PM", "2026-11-21T22:15", "en"),
        ("just now", "2026-11-28T12:00", "en"),
    ],
)
def test_relative_words_count_from_the_fetch(said: str, expected: str, lang: str) -> None:
    assert read(said, lang) == expected
    assert read(said, lang, relative=False) is None


@pytest.mark.parametrize(
    "said",
    [
        "24 Nov 2026 25:61",
        "2026-13-45",
        "2026-11-24T99:00:00Z",
        "31.02.2026",
        "Nov 2026",
        "2026",
        "2026-11",
        "Wed, 30 Nov -0001 00:00:00 +0000",
        "-0001-11-30T00:00:00+00:00",
        "2 órája",
        "Joined: March",
        "posts 120",
        "March",
        "12:30",
        "0000-00-00 00:00:00",
        "1 Jan 1970",
        "2031-01-01",
        "",
        "9" * 100,
        "24 Nov 2026 10:00:00 +9900",
        "24 Nov to 26 Nov 2026",
        "192.168.12.2020",
        True,
        None,
        -62135596800,
        0,
        float("nan"),
        float("inf"),
    ],
)
def test_nonsense_gives_no_date(said: object) -> None:
    assert read(said) is None


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("CET", "2026-11-24T09:00"),
        ("NZST", "2026-11-23T22:00"),
        ("HKT", "2026-11-24T02:00"),
        ("AKDT", "2026-11-24T18:00"),
        ("SAST", "2026-11-24T08:00"),
        ("WEST", "2026-11-24T09:00"),
        ("NST", "2026-11-24T13:30"),
        ("PT", "2026-11-24T18:00"),
        ("+05:45", "2026-11-24T04:15"),
        ("GMT-3", "2026-11-24T13:00"),
        ("(CET)", "2026-11-24T09:00"),
        ("Europe/Rome", "2026-11-24T09:00"),
        ("QQT", "2026-11-24T10:00"),
    ],
)
@pytest.mark.parametrize("before", ["Tue, 24 Nov 2026 10:00:00", "2026-11-24 10:00", "24.11.2026, 10:00"])
def test_a_zone_is_read_by_its_name(before: str, zone: str, expected: str) -> None:
    assert read(f"{before} {zone}") == expected


def test_a_name_that_two_zones_share_is_that_of_the_place() -> None:
    assert read("2026-11-24 10:00 CST") == "2026-11-24T16:00"
    assert read("2026-11-24 10:00 CST", "zh") == "2026-11-24T02:00"
    assert read("2026-11-24 10:00 IST", host="news.example.il") == "2026-11-24T08:00"


def test_the_offset_that_was_written_stays() -> None:
    at = parse_date("Tue, 24 Nov 2026 00:30:00 +0900", now=NOW)
    assert at is not None
    assert (at.date().isoformat(), at.utcoffset()) == ("2026-11-24", timedelta(hours=9))


@pytest.mark.parametrize(
    ("lang", "host", "month"),
    [
        ("", "", 5),
        ("en", "news.example", 5),
        ("en-US", "news.example.co.uk", 5),
        ("en-GB", "", 11),
        ("en_AU", "", 11),
        ("de", "", 11),
        ("fr-CA", "", 11),
        ("zh-Hans-CN", "", 11),
        ("", "news.example.co.uk", 11),
        ("en", "news.example.ie", 11),
        ("en", "news.example.us", 5),
        ("en", "news.example.io", 5),
    ],
)
def test_the_order_of_day_and_month_is_that_of_language_and_domain(lang: str, host: str, month: int) -> None:
    for said in ("05/11/2026", "05-11-2026 10:15", "05/11/26"):
        at = parse_date(said, now=NOW, origin=Origin(lang=lang, host=host))
        assert at is not None
        assert at.month == month, said


def test_other_dates_of_the_same_place_tell_the_order() -> None:
    assert order_in(["05/11/2026 and 13/11/2026"]) is True
    assert order_in(["05/11/2026", "11/13/2026"]) is False
    assert order_in(["13/11/2026", "11/13/2026"]) is None
    assert order_in(["05/11/2026", "99/11/2026", "no date"]) is None
    at = parse_date("05/11/2026", now=NOW, origin=origin_at("https://n.example/a", lang="en", day_first=True))
    assert at is not None
    assert at.month == 11


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (1795514400, "2026-11-24T10:00"),
        (1795514400.0, "2026-11-24T10:00"),
        ("1795514400", "2026-11-24T10:00"),
        ("1795514400000", "2026-11-24T10:00"),
        (1795514400000000, "2026-11-24T10:00"),
        (1795514400000000000, "2026-11-24T10:00"),
        (20261124, "2026-11-24T00:00"),
        ("20261124", "2026-11-24T00:00"),
        ("20261124T1000Z", "2026-11-24T10:00"),
        ("46350.4166", None),
        ("120", None),
    ],
)
def test_numbers_are_days_or_counted_from_1970(said: object, expected: str | None) -> None:
    assert read(said) == expected


def test_days_of_a_spreadsheet_count_where_they_are_expected() -> None:
    assert read("46350.4166", serial=True) == "2026-11-24T09:59"
    assert read(46350, serial=True) == "2026-11-24T00:00"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Veröffentlicht am 19. Mai 2010 um 23:03 Uhr", "2010-05-19T23:03"),
        ("31 Okt, 2023", "2023-10-31T00:00"),
        ("Mar 05, 2026", "2026-03-05T00:00"),
        ("1er février 2020", "2020-02-01T00:00"),
        ("12 de mayo de 2022", "2022-05-12T00:00"),
        ("5 września 2021", "2021-09-05T00:00"),
        ("14 июня 2022", "2022-06-14T00:00"),
        ("2024年5月3日", "2024-05-03T00:00"),
        ("17/02/2022", "2022-02-17T00:00"),
        ("03/04/2022", "2022-04-03T00:00"),
        ("by ida » Fr 20. Nov 2026, 10:15", "2026-11-20T10:15"),
        ("31.02.2022", None),
        ("192.168.12.2020", None),
        ("in May of 2022", None),
        ("version 2.10.2026.4", None),
        ("the fair of 2031: 12 December 2031", None),
    ],
)
def test_dates_are_found_in_running_text(said: str, expected: str | None) -> None:
    found = printed_dates(said, now=NOW, origin=Origin(lang="de"))
    assert [each.at.strftime("%Y-%m-%dT%H:%M") for each in found] == ([expected] if expected else [])


def test_the_tables_of_words_hold_what_is_asked_of_them() -> None:
    for code in LANGUAGES:
        words = words_of(code)
        assert set(words.months.values()) == set(range(1, 13)), code
        assert set(words.weekdays.values()) == set(range(7)), code
        assert set(words.near.values()) >= {0, 1}, code
        if code != "fil":
            assert words.ago, code
        for name, number in words.months.items():
            assert month_of(name, code) == number, (code, name)


@given(st.text(max_size=200))
@settings(max_examples=300)
def test_no_text_breaks_the_reader(text: str) -> None:
    at = parse_date(text, now=NOW, serial=True)
    assert at is None or at <= NOW + timedelta(days=2)
    for found in printed_dates(text, now=NOW):
        assert found.start < found.end


@given(st.one_of(st.integers(), st.floats()))
def test_no_number_breaks_the_reader(number: float) -> None:
    at = parse_date(number, now=NOW, serial=True)
    assert at is None or at <= NOW + timedelta(days=2)


@given(st.datetimes(min_value=datetime(1991, 1, 1), max_value=datetime(2026, 11, 27)))
def test_what_programs_write_comes_back(at: datetime) -> None:
    at = at.replace(microsecond=0, tzinfo=UTC)
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%a, %d %b %Y %H:%M:%S +0000", "%a %b %d %H:%M:%S UTC %Y", "%Y%m%dT%H%M%SZ"):
        assert parse_date(at.strftime(form), now=NOW) == at


@pytest.mark.parametrize("sign", ["1", " ", "a", "1 a", "2026 ", "/", ":", "10:", "a.", "-", "年", "1.1."])
def test_a_long_text_costs_no_more_than_its_length(sign: str) -> None:
    def cost(size: int) -> float:
        began = time.perf_counter()
        for _ in printed_dates((sign * size)[:size] + "1", now=NOW):
            pass
        return time.perf_counter() - began

    cost(2000)
    assert min(cost(40_000) for _ in range(2)) < 6 * min(cost(10_000) for _ in range(3)) + 0.05
