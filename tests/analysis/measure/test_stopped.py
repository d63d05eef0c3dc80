"""What has stopped is told, in the report and once as an alert; what is only not read yet is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analysis.alert.passes import by_chance, judged
from analysis.alert.watchlist import Watchlist
from analysis.model.records.run import RUNS, Run
from analysis.report.html import render
from analysis.report.json import to_json
from analysis.store.embedded.store import EmbeddedStore
from tests.analysis.measure.sections.test_emerging import ARCHIVE, DAY, FORUM, NOW, OURS, Writer, report, stored

PAST = 120


def written(*, quiet_days: int, last_read: int = 0) -> Writer:
    """Four months of steady talk, of which the complaint about the lid ended ``quiet_days`` ago."""
    writer = Writer()
    for age in range(PAST, last_read - 1, -1):
        writer.day(age, 8.0, seen_after=timedelta(hours=1), topic="battery")
        if age >= quiet_days:
            writer.day(age, 4.0, seen_after=timedelta(hours=1), topic="lid")
    return writer


def read(store: EmbeddedStore, *ages: int) -> None:
    for age in ages:
        RUNS.put(store.records, Run(source=FORUM.id, started_at=NOW - age * DAY, state="ok", posts=9))


def test_a_complaint_that_ended_is_told_with_what_was_said_before(tmp_path: Path) -> None:
    with stored(tmp_path / "s", written(quiet_days=8).made) as store:
        read(store, *range(PAST, -1, -1))
        found = report(store, days=7)
    (theme, phrase) = sorted(found.stopped, key=lambda one: one.phrase)
    assert (theme.of, theme.theme, theme.observed, theme.phrase) == ("complaint", "lid", 0, "")
    assert phrase.phrase == "is bad"
    assert theme.expected > 10
    assert theme.evidence.total > 0
    assert "What has stopped" in render(found)
    assert [one["theme"] for one in to_json(found)["stopped"]] == ["lid", "lid"]


def test_praise_that_stopped_is_told_too(tmp_path: Path) -> None:
    praised = [
        replace(one, complaint_topics=(), complaint_phrases=(), praise_topics=("lid",), intents=("praise",))
        if "lid" in one.topics
        else one
        for one in written(quiet_days=8).made
    ]
    with stored(tmp_path / "s", praised) as store:
        read(store, *range(PAST, -1, -1))
        (told,) = report(store, days=7).stopped
        assert (told.of, told.theme) == ("praise", "lid")
        verdict, _ = judged(store, Watchlist(brands=(OURS,), sources=(FORUM,)), now=NOW)
        (alert,) = [one.finding for one in verdict.judged if one.finding.rule == "gone_quiet"]
        assert alert.headline == "Tessaro: praise for lid has stopped"
        assert alert.severity == "warning"


def test_it_is_one_alert_that_holds_its_place_under_the_common_rate(tmp_path: Path) -> None:
    watched = Watchlist(brands=(OURS,), sources=(FORUM,))
    with stored(tmp_path / "s", written(quiet_days=8).made) as store:
        read(store, *range(PAST, -1, -1))
        verdict, _ = judged(store, watched, now=NOW)
        told = [one.finding for one in verdict.judged if one.finding.rule == "gone_quiet" and one.fires]
        assert {one.labels["theme"] for one in told} == {"lid"}
        assert told[0].headline == "Tessaro: complaints about lid have stopped"
        assert told[0].severity == "info"
        assert by_chance(store, watched, now=NOW).by_rule["gone_quiet"] <= 0.05


@pytest.mark.parametrize("last_read", [3, 8])
def test_days_that_are_not_read_yet_have_not_stopped(tmp_path: Path, last_read: int) -> None:
    with stored(tmp_path / "s", written(quiet_days=0, last_read=last_read).made) as store:
        read(store, *range(PAST, last_read - 1, -1))
        assert report(store, days=7).stopped == ()


def test_what_was_handed_over_once_has_not_stopped_since(tmp_path: Path) -> None:
    with stored(tmp_path / "s", written(quiet_days=0, last_read=20).made) as store:
        assert report(store, days=7).stopped == ()


def test_a_source_that_is_read_and_gives_next_to_nothing_is_told(tmp_path: Path) -> None:
    writer = Writer()
    for age in range(PAST, -1, -1):
        writer.day(age, 6.0 if age > 6 else 0.0, seen_after=timedelta(hours=1))
    with stored(tmp_path / "s", writer.made) as store:
        read(store, *range(PAST, -1, -1))
        (told,) = [one for one in report(store, days=7).stopped if one.of == "source"]
        assert (told.name, told.brand, told.observed) == (FORUM.id, "", 0)


def test_a_source_that_has_gone_quiet_is_one_alert_and_one_that_fails_is_none(tmp_path: Path) -> None:
    watched = Watchlist(brands=(OURS,), sources=(FORUM, ARCHIVE))
    writer = Writer()
    for age in range(PAST, -1, -1):
        writer.day(age, 6.0 if age > 6 else 0.0, seen_after=timedelta(hours=1), source=ARCHIVE)
        writer.day(age, 6.0, seen_after=timedelta(hours=1))
    for until, told in ((-1, ["Source archive has gone quiet though it is read"]), (6, [])):
        with stored(tmp_path / f"{until}", writer.made) as store:
            read(store, *range(PAST, -1, -1))
            for age in range(PAST, until, -1):
                RUNS.put(store.records, Run(source=ARCHIVE.id, started_at=NOW - age * DAY, state="ok", posts=9))
            verdict, _ = judged(store, watched, now=NOW)
        found = [one.finding for one in verdict.judged if one.finding.rule == "gone_quiet" and one.fires]
        assert [one.headline for one in found if one.labels["of"] == "source"] == told
        assert all(one.severity == "warning" for one in found if one.labels["of"] == "source")
