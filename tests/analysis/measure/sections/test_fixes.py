"""Verdicts on fixes from a real store, where the truth is known: generated mentions, runs, an outage, a new source."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from analysis.measure.sections.fixes import read, verdicts
from analysis.model import Brand, Mention, SourceRef
from analysis.model.records.run import RUNS, Run
from analysis.store.base import Filter
from analysis.store.embedded.records import SqliteRecords
from analysis.store.embedded.store import EmbeddedStore
from analysis.track.ledger import Fix
from analysis.track.sections.fixes import FixResult
from analysis.track.statistics.bins import day_of
from tests.support.mentions import make_mention

SHIPPED = date(2026, 9, 1)
DAY = timedelta(days=1)
BRANDS = (
    Brand(id="tessaro", name="Tessaro", role="own"),
    Brand(id="brewvia", name="Brewvia", role="competitor"),
)
FIX = Fix(
    key="00001", theme="battery", brand="tessaro", shipped=SHIPPED, version="2.3", note="", status="shipped", reason=""
)
BEFORE, AFTER = 56, 16
# (source, brand): mentions a day, and the share of them that complain of the battery
USUAL = {
    ("own-forum", "tessaro"): (24, 0.5),
    ("shop", "tessaro"): (12, 0.1),
    ("shop", "brewvia"): (16, 0.3),
}
CUT = {SHIPPED + step * DAY for step in (7, 8, 9)}
# Our own forum holds nearly all complaints, and the shop most mentions: without the forum we seem to do well.
FORUM = {
    ("own-forum", "tessaro"): (30, 0.9),
    ("shop", "tessaro"): (60, 0.02),
    ("shop", "brewvia"): (60, 0.3),
}


def mentions(
    usual: Mapping[tuple[str, str], tuple[int, float]] = USUAL,
    *,
    effect: float = 1.0,
    market: float = 1.0,
    cut: bool = False,
    added: bool = False,
    after: int = AFTER,
) -> Iterator[Mention]:
    """Yield mentions whose complaints change by ``effect`` at us and by ``market`` at all on the day of shipping.

    ``cut``: our forum is silent for three days. ``added``: from shipping on, a new source tells only of praise.
    """
    rng, n = random.Random(5), 0
    for offset in range(-BEFORE, after):
        day = SHIPPED + offset * DAY
        rows = dict(usual)
        if added and offset >= 0:
            rows["fan-club", "tessaro"] = (30, 0.0)
        for (source, brand), (count, share) in rows.items():
            if cut and source == "own-forum" and day in CUT:
                continue
            late = (market if offset >= 0 else 1.0) * (effect if offset >= 0 and brand == "tessaro" else 1.0)
            for _ in range(count + rng.randrange(-3, 4)):
                n += 1
                yield _one(n, day, source, brand, complains=rng.random() < share * late)


def _one(n: int, day: date, source: str, brand: str, *, complains: bool) -> Mention:
    return make_mention(
        n,
        brand=brand,
        id=f"{n:064x}",
        published_at=datetime(day.year, day.month, day.day, n % 24, tzinfo=UTC),
        source=SourceRef(id=source, kind="pages"),
        complaint_topics=("battery",) if complains else ("price",),
    )


def runs(*, cut: bool = False) -> list[Run]:
    """Return four runs a day of both sources; on the days of the cut, the forum's fail."""
    every: list[Run] = []
    for quarter in range(4 * (BEFORE + AFTER)):
        at = datetime(2026, 9, 1, 1, tzinfo=UTC) - BEFORE * DAY + quarter * timedelta(hours=6)
        for source in ("own-forum", "shop"):
            bad = cut and source == "own-forum" and at.date() in CUT
            every.append(Run(source=source, started_at=at, state="failing" if bad else "ok"))
    return every


def judge(folder: Path, made: Iterator[Mention], told: Sequence[Run], *, after: int = AFTER) -> FixResult:
    now = datetime(SHIPPED.year, SHIPPED.month, SHIPPED.day, tzinfo=UTC) + after * DAY
    with EmbeddedStore(folder, write=True) as store:
        assert not store.write(list(made)).refused
        store.refresh()
        RUNS.put_many(store.records, told)
        (found,) = verdicts(store, [FIX], BRANDS, (), now)
        where = Filter(
            terms={one.field: one.values for one in found.evidence.where},
            since=found.evidence.since,
            until=found.evidence.until,
        )
        assert store.count(where) == found.evidence.total == found.before + found.after
    return found


def test_a_fix_that_worked(tmp_path: Path) -> None:
    found = judge(tmp_path, mentions(effect=0.4), runs())
    assert found.verdict == "worked"
    assert found.effect is not None
    assert found.effect.low < -0.6 < found.effect.high < 0


@pytest.mark.parametrize("market", [1.0, 0.4])
def test_a_fix_that_did_nothing_also_where_the_whole_market_complains_less(tmp_path: Path, market: float) -> None:
    found = judge(tmp_path, mentions(market=market), runs())
    assert found.verdict == "no effect seen"
    assert found.effect is not None
    assert found.effect.low < 0 < found.effect.high


def test_a_source_cut_for_three_days_is_no_improvement(tmp_path: Path) -> None:
    last = 10
    found = judge(tmp_path / "told", mentions(FORUM, cut=True, after=last), runs(cut=True), after=last)
    assert found.verdict != "worked"
    assert found.effect is not None
    assert found.effect.low < 0 < found.effect.high
    untold = judge(tmp_path / "untold", mentions(FORUM, cut=True, after=last), runs(), after=last)
    assert untold.verdict == "worked", "the cut is too small: nobody could be misled by it"


def test_a_source_that_came_with_the_fix_is_no_improvement(tmp_path: Path) -> None:
    found = judge(tmp_path, mentions(added=True), runs())
    assert found.verdict == "no effect seen"
    assert "Left out, not watched both before and after: fan-club." in found.needed
    same = judge(tmp_path / "plain", mentions(), runs())
    assert abs(found.before_of / found.after_of - same.before_of / same.after_of) < 0.1


def test_nothing_shipped_nothing_judged_and_other_brands_are_left_alone(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path, write=True) as store:
        store.write(list(mentions()))
        store.refresh()
        now = datetime(2026, 8, 31, 23, tzinfo=UTC)
        assert verdicts(store, [FIX], BRANDS, (), now) == ()
        (few,) = verdicts(store, [FIX], BRANDS, (), now + 2 * DAY)
    assert few.verdict == "too little data"
    assert few.needed


def test_runs_are_read_in_the_form_that_a_crawl_writes(tmp_path: Path) -> None:
    records = SqliteRecords(tmp_path / "records.db")
    RUNS.put_many(records, runs(cut=True))
    found = read(records, "own-forum", [SHIPPED - DAY, SHIPPED])
    assert {day_of(run.started_at) for run in found if not run.good} == CUT
    assert (found[0].started_at.month, found[-1].started_at.month) == (8, 9)
