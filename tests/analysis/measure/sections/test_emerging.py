"""History that is read back late is no surge, in the report and in the alerts; a true surge after it still is one."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from math import exp
from pathlib import Path
from typing import Any

import pytest

from analysis.alert.passes import judged
from analysis.alert.watchlist import Watchlist
from analysis.flow import measure
from analysis.model import Brand, Mention, Source
from analysis.model.records.run import RUNS, Run
from analysis.store.embedded.store import EmbeddedStore
from analysis.track import backfill
from analysis.track.results import Measures
from analysis.track.sections.emerging import EmergingSeries
from analysis.track.statistics.complaint_days import ComplaintSeries
from analysis.track.statistics.emergence import emerging
from tests.support import seeded

DAY = timedelta(days=1)
NOW = datetime(2026, 10, 30, 18, tzinfo=UTC)
END = datetime(2026, 10, 31, tzinfo=UTC)
OURS = Brand(id="tessaro", name="Tessaro", role="own")
FORUM = Source(id="forum", kind="pages", url="https://forum.example/")
ARCHIVE = Source(id="archive", kind="pages", url="https://archive.example/")
TOPICS = ("battery", "app", "lid", "price")


class Writer:
    """Makes mentions, each with an address, an author and a text of its own."""

    def __init__(self, seed: int = 3) -> None:
        self.made: list[Mention] = []
        self._rng = random.Random(seed)

    def day(
        self, age: int, rate: float, *, seen_after: timedelta | None, source: Source = FORUM, topic: str = ""
    ) -> None:
        """Add about ``rate`` mentions published ``age`` days ago; ``seen_after`` None means all read today."""
        rng = self._rng
        for _ in range(int(rate) + (rng.random() < rate % 1)):
            at = NOW - age * DAY - timedelta(minutes=rng.randrange(16 * 60))
            chosen = topic or (rng.choice(TOPICS) if rng.random() < 0.5 else "")
            more: dict[str, Any] = {"label": "neutral"}
            if chosen:
                more = {
                    "label": "negative",
                    "intents": ("complaint",),
                    "topics": (chosen,),
                    "complaint_topics": (chosen,),
                    "complaint_phrases": (f"{chosen}/is bad",),
                }
            number = len(self.made)
            seen = NOW if seen_after is None else min(at + seen_after, NOW)
            self.made.append(
                seeded.make(
                    number,
                    brand=OURS,
                    at=at,
                    source=source,
                    author=f"{number:032x}",
                    text=f"Tessaro {chosen or 'kettle'} number {number}",
                    first_seen_at=seen,
                    last_seen_at=seen,
                    **more,
                )
            )


@contextmanager
def stored(folder: Path, mentions: Sequence[Mention], *, crawled: bool = False) -> Iterator[EmbeddedStore]:
    with EmbeddedStore(folder, write=True) as store:
        store.write(mentions)
        store.refresh()
        if crawled:
            RUNS.put(store.records, Run(source=FORUM.id, started_at=NOW, state="ok", posts=len(mentions)))
        yield store


def report(store: EmbeddedStore, *, days: int) -> Measures:
    return measure(store, brands=(OURS,), sources=(FORUM,), since=END - days * DAY, until=END, now=NOW)


def surges(found: Measures) -> list[EmergingSeries]:
    return [one for one in found.emerging if one.theme == "battery"]


def volume_alerts(store: EmbeddedStore) -> list[str]:
    verdict, _ = judged(store, Watchlist(brands=(OURS,), sources=(FORUM,)), now=NOW)
    loud = {"volume_spike", "emerging_complaint", "negative_shift"}
    return [one.finding.headline for one in verdict.judged if one.finding.rule in loud and one.finding.fires]


@pytest.mark.parametrize("shape", ["even", "thinning"])
def test_three_months_of_a_brand_read_back_in_one_run_are_no_surge(tmp_path: Path, shape: str) -> None:
    writer = Writer()
    for age in range(90):
        # The second archive keeps what is new and drops what is old, as most feeds and forums do.
        writer.day(age, 10 if shape == "even" else 1 + 30 * exp(-age / 12), seen_after=None)
    with stored(tmp_path, writer.made, crawled=True) as store:
        for days in (7, 30):
            found = report(store, days=days)
            assert found.emerging == ()
            assert found.series_tested >= len(TOPICS)
        assert [one.kind for one in found.caveats if one.kind == "late"] == ["late"]
        assert volume_alerts(store) == []


def test_an_archive_that_is_added_to_a_watched_brand_is_no_surge(tmp_path: Path) -> None:
    writer = Writer()
    for age in range(120):
        writer.day(age, 6, seen_after=timedelta(hours=2))
    for age in range(4, 25):
        writer.day(age, 6, seen_after=None, source=ARCHIVE, topic="battery")
    with stored(tmp_path, writer.made) as store:
        assert surges(report(store, days=7)) == []
        assert surges(report(store, days=30)) == []
        assert volume_alerts(store) == []


def test_a_true_surge_after_history_was_read_back_is_seen(tmp_path: Path) -> None:
    writer = Writer()
    for age in range(40, 130):
        writer.day(age, 8, seen_after=(age - 39) * DAY)
    for age in range(40):
        writer.day(age, 8, seen_after=timedelta(hours=2))
    with stored(tmp_path / "calm", writer.made) as store:
        assert report(store, days=7).emerging == ()
    for age in range(6):
        writer.day(age, 7, seen_after=timedelta(hours=2), topic="battery")
    with stored(tmp_path / "surge", writer.made) as store:
        found = surges(report(store, days=7))
    assert {one.phrase for one in found} == {"", "is bad"}
    assert all(one.first_seen and one.first_seen < date(2026, 9, 1) for one in found), "history is part of the past"
    assert found[0].p_value <= found[0].q_value <= 0.05


def test_a_complaint_that_takes_a_larger_share_of_history_read_back_is_seen(tmp_path: Path) -> None:
    writer = Writer()
    for age in range(90):
        writer.day(age, 10, seen_after=None)
    for age in range(10):
        writer.day(age, 8, seen_after=None, topic="battery")
    with stored(tmp_path, writer.made) as store:
        assert surges(report(store, days=30))


def test_late_exposure_stands_in_the_past_only() -> None:
    days = 60
    # A third of the past was read back at three times the usual rate: with its exposure that is no calm to rise from.
    series = ComplaintSeries(
        brand="b",
        topic="t",
        phrase="",
        counts=[0] * 20 + [2] * 40,
        late=[6] * 20 + [0] * 40,
        exposure=[0.0] * 20 + [1.0] * 40,
        late_exposure=[3.0] * 20 + [0.0] * 40,
        authors=9,
        stories=9,
    )
    (one,) = emerging([series], start=date(2026, 5, 4), period_days=7).series
    assert (one.count, one.p > 0.3) == (14, True)
    assert one.expected == pytest.approx(14, rel=0.1)
    assert len(series.counts) == days


def test_mentions_are_split_by_when_they_were_collected() -> None:
    first = int(datetime(2026, 5, 4, tzinfo=UTC).timestamp() * 1000)

    def bucket(day: int, *collected: tuple[int, int]) -> dict[str, Any]:
        inner = [{"key": first + lag * 86_400_000, "doc_count": count} for lag, count in collected]
        return {
            "key": first + day * 86_400_000,
            "doc_count": sum(count for _, count in collected),
            "collected": {"buckets": inner},
        }

    answer = {
        "brand.id": {
            "buckets": [
                {"key": "b", "doc_count": 9, "day": {"buckets": [bucket(0, (0, 2), (3, 1), (4, 5)), bucket(1, (9, 4))]}}
            ]
        }
    }
    in_time, late = backfill.read([answer], "brand.id")
    assert in_time == {("b",): {date(2026, 5, 4): 3}}
    assert late == {("b",): {date(2026, 5, 4): 5, date(2026, 5, 5): 4}}


def test_exposures_by_hand() -> None:
    days = [date(2026, 5, 1) + step * DAY for step in range(30)]
    in_time = dict.fromkeys(days[10:], 4)
    late = dict.fromkeys(days[:10], 8)
    found = backfill.seen(days, 5, in_time, late, watched=(1.0,) * 30)
    assert found.split
    assert found.live == (0.0,) * 10 + (1.0,) * 20
    assert found.late == (2.0,) * 10 + (0.0,) * 20
    young = backfill.seen(days, 10, in_time, late, watched=(1.0,) * 30)
    assert not young.split
    assert young.usual == pytest.approx(160 / 30)
    # Four of the eight mentions of an early day are the complaint itself, and four of the four of a late one.
    others = young.without([4] * 30)
    assert others[0] == pytest.approx(4 / young.usual)
    assert others[-1] == backfill.LEAST
    never = backfill.seen(days, 5, {}, late, watched=(0.0,) * 30)
    assert not never.split
    assert sum(never.without([0] * 30)) == pytest.approx(30.0)
