"""How often the statistics of tracking are right: small, seeded runs of the simulation bench, and the NAB set."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from analysis.track.bursts.spikes import score
from bench import bursts, held_out, peers, simulate, streams
from tests.support.eval import nab
from tests.support.shared import DATA, lines, needs_shared


def test_noise_seldom_alerts() -> None:
    rows = list(simulate.spikes_on_noise(np.random.default_rng(11), streams_each=1, means=(0.3, 10.0)))
    weeks = sum(row.weeks for row in rows)
    assert sum(row.alerts * row.weeks for row in rows) / weeks <= 0.04
    assert sum(row.high * row.weeks for row in rows) / weeks <= 0.04


def test_bursts_are_found_and_soon() -> None:
    rows = list(simulate.spikes_on_bursts(np.random.default_rng(12), streams_each=4))
    tenfold = [row for row in rows if row.times == 10.0]
    fivefold = [row for row in rows if row.times == 5.0 and row.shape == "plateau"]
    assert sum(row.found for row in tenfold) / len(tenfold) >= 0.8
    assert sum(row.found for row in fivefold) / len(fivefold) >= 0.7
    assert all(row.hours <= 3 for row in tenfold if row.step_s == 300 and row.shape == "plateau")


def test_bursts_of_each_scale_are_told_within_their_delay() -> None:
    who = {name: dict.fromkeys((bursts.MINUTES_S, streams.DAY_S), ours) for name, ours in peers.OURS.items()}

    def told(setting: bursts.Setting, shape: str, times: float, trials: int) -> bursts.Found:
        return bursts.found(np.random.default_rng(22), who, setting, shape=shape, times=times, trials=trials)

    step = told(bursts.by_day(10.0), "step", 3.0, bursts.TRIALS_DAYS)
    assert step.power["Candor"] >= 0.75
    assert step.hours["Candor"] <= 48, "told when the second day ends"
    spike = told(bursts.by_day(10.0), "spike", 5.0, 40)
    assert spike.power["Candor"] >= 0.5 > spike.power["Candor before"]
    for mean in (0.3, 3.0, 30.0):
        minutes = told(bursts.by_minutes(mean), "spike", 10.0, bursts.TRIALS_MINUTES)
        assert minutes.power["Candor"] >= 0.6
        assert minutes.hours["Candor"] <= 0.5


def test_what_stops_is_told_and_noise_is_not() -> None:
    ended = bursts.stopped_found(np.random.default_rng(25), low=1.0, high=10.0, left=0.0, trials=2)
    assert ended.power >= 0.9
    assert ended.days <= 7
    assert bursts.stopped_on_noise(np.random.default_rng(26), deviation=0.3, weeks=26) <= 0.05
    fell = bursts.falls_found(np.random.default_rng(27), bursts.by_day(10.0), left=0.0, trials=10)
    assert fell.power >= 0.9
    assert fell.days <= 4
    assert fell.false_a_year <= 1.0


def test_emerging_complaints_hold_their_error_rate() -> None:
    rows = {row.what: row for row in simulate.emerging_on_noise(np.random.default_rng(13), series=100, weeks=26)}
    honest = [rows[what].false for what in ("plain", "autocorrelated", "outages", "backfill", "first crawl")]
    assert sum(honest) / len(honest) <= 0.05
    assert max(honest) <= 0.12


def test_surges_are_found() -> None:
    rows = list(simulate.emerging_on_surges(np.random.default_rng(14), trials=2))
    found = {(row.mean, row.times): row.found for row in rows}
    assert found["2 to 10", 5.0] >= 0.8
    assert found["0.3 to 2", 10.0] >= 0.8
    assert sum(row.false for row in rows) / len(rows) <= 0.1


@pytest.mark.parametrize("what", ["no effect", "no effect, outages and shift", "no effect, short"])
def test_a_fix_without_effect_is_not_said_to_work(what: str) -> None:
    found = simulate.fixes_on(np.random.default_rng(15), what, trials=150)
    assert found.covered >= 0.92
    assert found.worked <= 0.05


def test_fixes_that_worked_and_came_back_are_told() -> None:
    assert simulate.fixes_on(np.random.default_rng(16), "50% fewer", trials=60).worked >= 0.6
    assert simulate.fixes_on(np.random.default_rng(17), "50% fewer, outages and shift", trials=60).worked >= 0.6
    assert simulate.fixes_on(np.random.default_rng(18), "60% fewer, then back", trials=60).back >= 0.6


def test_nab_score_of_what_is_known() -> None:
    """No detection scores 0; the first row of each window and nothing else scores 100."""
    windows = ((300, 399), (700, 799))
    silent = nab.Series("a", [0.0] * 1000, windows)
    assert nab.at_threshold([silent], 0.5) == 0.0
    perfect = nab.Series("a", [1.0 if row in (300, 700) else 0.0 for row in range(1000)], windows)
    assert nab.at_threshold([perfect], 0.5) == pytest.approx(100.0, abs=0.1)
    top, threshold = nab.best([perfect])
    assert (round(top), threshold) == (100, 1.0)
    one_false = nab.Series("a", [1.0 if row in (200, 300, 700) else 0.0 for row in range(1000)], windows)
    assert nab.at_threshold([one_false], 0.5) == pytest.approx(100.0 - 100 * 0.11 / 4, abs=0.1)
    early = nab.Series("a", [1.0 if row in (100, 300, 700) else 0.0 for row in range(1000)], windows)
    assert nab.at_threshold([early], 0.5) == pytest.approx(100.0, abs=0.1)


@needs_shared("data/nab_realtweets")
@pytest.mark.shared
def test_brand_mentions_on_twitter_reach_the_nab_floor() -> None:
    judged, alerts, hit, weeks = [], 0, 0, 0.0
    for row in lines(DATA / "nab_realtweets" / "dev.jsonl"):
        start = datetime.fromisoformat(row["start"])
        at = [
            [int((datetime.fromisoformat(t) - start).total_seconds() // row["step_s"]) for t in w]
            for w in row["windows"]
        ]
        windows = tuple((first, last) for first, last in at)
        found = score(row["values"], start=start, step_s=row["step_s"])
        judged.append(nab.Series(row["brand"], found.scores, windows))
        brand_weeks = row["n"] * row["step_s"] / simulate.WEEK_S
        assert len(found.alerts) <= brand_weeks + 3
        alerts, weeks = alerts + len(found.alerts), weeks + brand_weeks
        hit += sum(any(first <= one <= last for one in found.alerts) for first, last in windows)
        assert any(first <= one <= last for one in found.alerts for first, last in windows), row["brand"]
    best, threshold = nab.best(judged)
    told = nab.at_threshold(judged, 0.5)
    print(f"NAB dev {told:.1f} by alerts, {best:.1f} at {threshold:.3f}; {hit} of 16 windows by {alerts} alerts")
    assert told >= 82.0, "a score of 0.5 is an alert: no threshold is chosen on these brands"
    assert hit >= 15
    assert alerts <= 0.7 * weeks
    assert nab.at_threshold(judged, threshold) == pytest.approx(best)


@needs_shared("data/nab_realtweets")
@pytest.mark.shared
def test_a_brand_that_was_held_out_is_scored_as_well() -> None:
    brands = held_out.brands()
    folds = list(held_out.folds(brands, {one.name: dict(held_out.candor_tunings(one)) for one in brands}))
    mean = sum(fold.score for fold in folds) / len(folds)
    print(f"NAB dev, each brand held out: mean {mean:.1f}; {sum(fold.hit for fold in folds)} of 16 windows")
    assert mean >= 80.0
    assert sum(fold.hit for fold in folds) >= 14
    assert sum(len(fold.alerts) for fold in folds) <= 0.7 * sum(one.weeks for one in brands)
