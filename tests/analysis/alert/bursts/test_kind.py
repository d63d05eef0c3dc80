"""The first line of an alert says what kind of burst it is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from analysis.alert.bursts.kind import burst_kind, kind_words
from analysis.alert.message import Limits, message
from analysis.alert.model import Where, alert_from, body_of
from analysis.alert.watchlist import Watchlist
from analysis.flow import watch
from analysis.model import Mention
from analysis.store.embedded.store import EmbeddedStore
from tests.analysis.track.bursts.test_kinds import NOW, said
from tests.support import seeded
from tests.support.chat import made_alerts

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OURS = seeded.BRANDS[0]


def calm(brand: Any = OURS, first: int = 1000) -> list[Mention]:
    """Two a day for two months."""
    return [
        said(first + n, f"{brand.name} number {n} does what it should", brand=brand, at=NOW - DAY - n * DAY / 2)
        for n in range(110)
    ]


def kind_in(folder: Path, mentions: list[Mention], burst: list[Mention]) -> Any:
    with EmbeddedStore(folder, write=True) as store:
        store.write([*mentions, *burst])
        store.refresh()
        where = Where(since=NOW - 3 * HOUR, until=NOW + HOUR, terms={"brand.id": [OURS.id]})
        return burst_kind(store, where, burst, brand=OURS.id, brands=seeded.BRANDS)


def test_a_rise_that_others_have_too_is_the_whole_markets(tmp_path: Path) -> None:
    other = seeded.BRANDS[1]
    ours = [said(n, intents=("complaint",)) for n in range(12)]
    theirs = [said(200 + n, brand=other, at=NOW - timedelta(minutes=n)) for n in range(14)]
    alone = kind_in(tmp_path / "a", [*calm(), *calm(other, 3000)], ours)
    assert (alone.market, alone.who, alone.what) == ("ours only", "people", "complaints")
    shared = kind_in(tmp_path / "b", [*calm(), *calm(other, 3000), *theirs], ours)
    assert shared.market == "whole market"
    assert kind_in(tmp_path / "c", calm(), ours).market == "nothing to compare with"


def test_accounts_that_wrote_before_are_known(tmp_path: Path) -> None:
    swarm = [said(n, f"avoid this scam of a kettle at all costs, friends {n}") for n in range(10)]
    earlier = [said(500 + n, f"early post {n}", author=f"{n:032x}", at=NOW - 9 * DAY) for n in range(10)]
    assert kind_in(tmp_path / "a", calm(), swarm).who == "new accounts"
    assert kind_in(tmp_path / "b", [*calm(), *earlier], swarm).who == "copies"


def test_a_strangers_words_are_dead_in_the_first_line(tmp_path: Path) -> None:
    burst = [said(n, f"<!channel> scam{n % 2} @everyone", version="[x](http://evil.example)") for n in range(12)]
    before = [said(900 + n, f"talk {n}", version="2.2", at=NOW - DAY - n * HOUR) for n in range(60)]
    words = kind_words(kind_in(tmp_path / "a", before, burst))
    assert "version" in words
    assert not set("<>@[]") & set(words)


def test_the_first_line_of_a_volume_alert_names_the_kind(tmp_path: Path) -> None:
    burst = [said(n, intents=("complaint",), version="2.3") for n in range(24)]
    burst = [said(n, f"{one.text} {n}", intents=("complaint",), version="2.3") for n, one in enumerate(burst)]
    with EmbeddedStore(tmp_path / "s", write=True) as store:
        store.write([*calm(), *calm(seeded.BRANDS[1], 3000), *burst])
        store.refresh()
        done = watch(store, Watchlist(brands=seeded.BRANDS, sources=seeded.SOURCES), [], now=NOW + timedelta(minutes=2))
        (told,) = [alert for _, alert in done.alerts if alert.rule == "volume_spike"]
    assert told.kind["who"] == "people"
    title = message([told], "firing", brand=OURS.name, limits=Limits()).title
    assert title.startswith(
        "Tessaro: far more is said than usual – complaints by 24 people; this brand only; version 2.3"
    )
    assert alert_from(body_of(told)) == told


def test_copies_and_robots_are_told_with_what_they_say(tmp_path: Path) -> None:
    text = "Tessaro recalls its second kettle after three reports of burns, the company said on Friday"
    wire = [said(n, text, author="", kind="article", story="wire") for n in range(9)]
    robots = [said(n, f"tessaro is a total scam, avoid at all costs, {n}", intents=("complaint",)) for n in range(9)]
    fan = [said(n, author="a" * 32, intents=("praise",)) for n in range(8)]
    first_lines = [
        kind_words(kind_in(tmp_path / name, [*calm(), *calm(seeded.BRANDS[1], 3000)], burst))
        for name, burst in (("wire", wire), ("robots", robots), ("fan", fan))
    ]
    assert first_lines[0].startswith("news, 9 of 9 are copies of one text; this brand only")
    assert first_lines[1].startswith("complaints in the same words by 9 new accounts; this brand only")
    assert first_lines[2].startswith("praise, 8 of 8 by one author")


def test_words_that_the_headline_has_and_words_that_only_ask_are_not_told_as_its_cause(tmp_path: Path) -> None:
    burst = [said(n, f"where is the delivery that the driver lost, number {n}") for n in range(12)]
    with EmbeddedStore(tmp_path / "s", write=True) as store:
        store.write([*calm(), *burst])
        store.refresh()
        where = Where(since=NOW - 3 * HOUR, until=NOW + HOUR, terms={"brand.id": [OURS.id]})
        headline = "Tessaro: new complaint about delivery"
        kind = burst_kind(store, where, burst, brand=OURS.id, brands=seeded.BRANDS, said=headline)
    assert kind is not None
    assert {one.value for one in kind.carried if one.by == "word"} == {"driver", "lost"}


def test_an_alert_that_is_no_burst_has_no_kind() -> None:
    plain = made_alerts.alert()
    assert "–" not in message([plain], "firing", brand="Tessaro", limits=Limits()).title
