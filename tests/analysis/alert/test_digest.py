"""Digests: once a period and channel, by the calendar of a zone, the report's first page in a chat's limits."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analysis.alert.calendar import last_period
from analysis.alert.channels.configured import LIMITS, Channel
from analysis.alert.digest import preview
from analysis.alert.message import Limits, units
from analysis.alert.passes import send_digests
from analysis.alert.rules import RULES
from analysis.alert.watchlist import Links, Watchlist
from analysis.flow import watch
from analysis.settings.tables import AlertOptions, DigestSection, QuietSection, Rhythm, RuleSection
from analysis.store.embedded.store import EmbeddedStore
from candor.next_steps import next_steps
from tests.support import seeded
from tests.support.chat.alert_chat import ChatServer, chat_server, check
from tests.support.chat.alert_dying import webhook
from tests.support.chat.made_alerts import NOW, alert
from tests.support.hostile_words import BY_KIND

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SILENT = {rule.id: RuleSection(enabled=False) for rule in RULES}


def watched(every: Rhythm = "daily", **options: Any) -> Watchlist:
    given = AlertOptions(rules=SILENT, digest=DigestSection(every=every, **options.pop("digest", {})), **options)
    return Watchlist(
        brands=seeded.BRANDS, sources=seeded.SOURCES, names=seeded.NAMES, options=given, next_steps=next_steps()
    )


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with chat_server() as found:
        yield found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    with seeded.seeded_store(tmp_path_factory.mktemp("digest") / "store", with_fixes=True) as store:
        yield store


def channels(chat: ChatServer, folder: Path) -> list[Channel]:
    return webhook(chat.port, folder / "key")


def titles(chat: ChatServer) -> list[str]:
    return [one.json["title"] for one in chat.accepted]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
@pytest.mark.parametrize("at", [time(0), time(2, 30), time(8), time(23, 59)])
def test_a_year_of_passes_sees_each_day_and_each_week_once_and_in_order(zone: str, at: time) -> None:
    found: dict[Rhythm, list[Any]] = {"daily": [], "weekly": []}
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    while moment < datetime(2027, 1, 1, tzinfo=UTC):
        for every, seen in found.items():
            period = last_period(every, moment, DigestSection(at=at, timezone=zone, day="wednesday"))
            if not seen or seen[-1] != period:
                seen.append(period)
                # It has not come before its time, and is told of within the half hour of a pass.
                told = datetime.combine(period.due, at, ZoneInfo(zone)).astimezone(UTC)
                assert len(seen) == 1 or told <= moment < told + HOUR / 2
        moment += timedelta(minutes=30)
    assert [b.due - a.due for a, b in pairwise(found["daily"])] == [DAY] * (len(found["daily"]) - 1)
    assert len(found["daily"]) in (365, 366)
    assert {b.due - a.due for a, b in pairwise(found["weekly"])} == {7 * DAY}
    assert {period.due.strftime("%A") for period in found["weekly"]} == {"Wednesday"}
    for periods in found.values():
        # Nothing is told of twice or left out, also where a day has 23 or 25 hours.
        assert all(a.until == b.since for a, b in pairwise(periods))
    lengths = {(period.until - period.since) / HOUR for period in found["daily"]}
    assert lengths == ({24.0} if zone in ("UTC", "Asia/Kathmandu") else lengths)
    assert len(lengths) == (1 if zone in ("UTC", "Asia/Kathmandu") else 3)


def test_a_period_in_words() -> None:
    def said(every: Rhythm, day: date, zone: str = "UTC") -> str:
        options = DigestSection(every=every, at=time(8), timezone=zone)
        now = datetime.combine(day, time(12), ZoneInfo(zone))
        return last_period(every, now, options).words(zone)

    assert said("daily", date(2026, 10, 31)) == "Friday 30 October 2026"
    assert said("daily", date(2026, 3, 30), "Europe/Berlin") == "Sunday 29 March 2026"
    assert said("weekly", date(2026, 10, 26)) == "19 to 25 October 2026"
    assert said("weekly", date(2026, 11, 2)) == "26 October to 1 November 2026"
    assert said("weekly", date(2027, 1, 4)) == "28 December 2026 to 3 January 2027"


def test_a_pass_sends_it_once_and_the_next_period_again(
    filled: EmbeddedStore, chat: ChatServer, tmp_path: Path
) -> None:
    ready, told = channels(chat, tmp_path), watched()
    dry = watch(filled, told, ready, now=NOW, dry_run=True)
    assert [one.occasion for one in dry.deliveries] == ["digest"]
    assert chat.taken == []
    first = watch(filled, told, ready, now=NOW)
    assert [(one.occasion, one.state) for one in first.deliveries] == [("digest", "sent")]
    assert first.deliveries[0].message == dry.deliveries[0].message
    for after in (0, 1, 18):
        assert watch(filled, told, ready, now=NOW + after * HOUR).deliveries == ()
    # Whoever sends it, it is the same one.
    assert send_digests(filled, told, ready, now=NOW + HOUR) == ()
    assert [one.state for one in send_digests(filled, told, ready, now=NOW + 21 * HOUR)] == ["sent"]
    # A week in which nothing ran is not made up for; a clock that is set back tells nothing again.
    assert len(watch(filled, told, ready, now=NOW + 8 * DAY).deliveries) == 1
    assert watch(filled, told, ready, now=NOW + 3 * DAY).deliveries == ()
    assert titles(chat) == [
        "Daily digest, Tessaro: Friday 30 October 2026",
        "Daily digest, Tessaro: Saturday 31 October 2026",
        "Daily digest, Tessaro: Saturday 7 November 2026",
    ]
    body = chat.taken[0].json
    assert body["format"] == "candor-digest"
    assert body["period"] == {"every": "daily", "since": "2026-10-30T00:00:00Z", "until": "2026-10-31T00:00:00Z"}
    assert "battery" in {theme["id"] for theme in body["themes"]}
    assert chat.faults == []


def test_passes_at_once_send_one(tmp_path: Path, chat: ChatServer) -> None:
    seeded.seeded_store(tmp_path / "store").close()
    ready, told = channels(chat, tmp_path), watched("weekly")

    def work() -> None:
        with EmbeddedStore(tmp_path / "store", write=False) as own:
            send_digests(own, told, ready, now=NOW)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(chat.taken) == 1


def test_one_that_cannot_be_sent_waits_and_keeps_its_id(tmp_path: Path, chat: ChatServer) -> None:
    with seeded.seeded_store(tmp_path / "store") as store:
        ready, told = channels(chat, tmp_path), watched("weekly")
        chat.script = ["429:600"]
        (waiting,) = watch(store, told, ready, now=NOW).deliveries
        assert waiting.state == "waiting"
        (sent,) = watch(store, told, ready, now=NOW + HOUR).deliveries
        assert (sent.state, sent.message) == ("sent", waiting.message)


def test_a_channel_says_how_often_and_quiet_hours_hold(tmp_path: Path, chat: ChatServer) -> None:
    with seeded.seeded_store(tmp_path / "store") as store:
        (one,) = channels(chat, tmp_path)
        often, never = replace(one, id="often", digest="weekly"), replace(one, id="never", digest="never")
        quiet = QuietSection(start=time(10), end=time(14))
        told = watched("never", quiet=quiet)
        assert watch(store, told, [one, often, never], now=NOW).deliveries == ()
        found = watch(store, told, [one, often, never], now=NOW + 2 * HOUR).deliveries
        assert [(delivery.channel, delivery.state) for delivery in found] == [("often", "sent")]
        found = watch(store, watched("daily"), [one, often, never], now=NOW + 3 * HOUR).deliveries
        assert [delivery.channel for delivery in found] == [one.id]


def test_it_says_what_the_first_page_says(filled: EmbeddedStore) -> None:
    period = last_period("weekly", NOW, DigestSection())
    opened = alert(opened_at="2026-10-20T00:00:00Z", severity="urgent")
    over = alert(2, opened_at="2026-10-01T00:00:00Z", resolved_at="2026-10-21T00:00:00Z", state="resolved")
    links = Links(alert=lambda _: "", period=lambda since, _: f"https://kibana.example/app/dashboards#/{since:%d}")
    told = replace(watched(), links=links)
    text = preview(filled, told, [opened, over], period, now=NOW, limits=Limits())
    assert text.title == "Weekly digest, Tessaro: 19 to 25 October 2026"
    assert text.lines[0].startswith("Tessaro: 55 mentions, 29 before; net sentiment −31")
    assert text.lines[1].startswith("1 Battery life, NEW: 24 of 55 mentions")
    assert "drains overnight, every night” daily-news[.]example https://daily-news.example/p/" in text.body
    assert "Alerts: 1 opened (1 urgent), 1 over" in text.body
    assert "Sources: 4 of 4 are well." in text.body
    assert "See: https://kibana.example/app/dashboards#/19" in text.lines
    assert text.lines[-1] == "Next: candor report --since 2026-10-19 --until 2026-10-26"


@pytest.mark.parametrize("service", sorted(LIMITS))
def test_it_fits_every_channel(filled: EmbeddedStore, service: str) -> None:
    limits = LIMITS[service]
    text = preview(filled, watched(), [], last_period("weekly", NOW, DigestSection()), now=NOW, limits=limits)
    assert units(text.title) + units(text.body) + 1 <= limits.characters
    assert text.body


def test_nothing_to_tell_is_one_line_and_says_what_is_not_well(tmp_path: Path) -> None:
    period = last_period("weekly", NOW, DigestSection())
    with seeded.seeded_store(tmp_path / "runs") as store:
        later = last_period("weekly", NOW + 30 * DAY, DigestSection())
        text = preview(store, watched(), [], later, now=NOW + 30 * DAY, limits=Limits())
        assert len(text.lines) == 1
        assert text.lines[0].startswith(
            "Nothing to tell: no complaint and no alert; 0 mentions of Tessaro. Sources: 0 of"
        )
        assert "not well: " in text.lines[0]
    with EmbeddedStore(tmp_path / "empty", write=True) as store:
        text = preview(store, watched(), [], period, now=NOW, limits=Limits())
        assert text.lines == ("Nothing to tell: no complaint and no alert; 0 mentions of Tessaro.",)


def test_hostile_words_in_it_are_dead(tmp_path: Path) -> None:
    common: dict[str, Any] = {"brand": seeded.BRANDS[0], "label": "negative", "intents": ("complaint",)}
    found = []
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        for n, words in enumerate(one for some in BY_KIND.values() for one in some[:3]):
            text = words[:2000].encode("utf-8", "replace").decode()
            found.append(
                seeded.make(
                    n, source=seeded.SOURCES[0], author=f"a{n}", text=f"Tessaro: {text}", quote=text, at=NOW - DAY,
                    complaint_topics=("battery",), version=text[:40], **common,
                )
            )  # fmt: skip
        store.write(found)
        store.refresh()
        period = last_period("daily", NOW, DigestSection())
        told = preview(store, watched(), [], period, now=NOW, limits=Limits())
    assert "Battery life" in told.body

    assert check("webhook", json.dumps([told.title, told.body]).encode()) == []
