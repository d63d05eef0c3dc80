"""Series put together anew from their own calm days: what must stay does, what must go does."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from analysis.track.bursts.null_complaints import null_complaints
from analysis.track.bursts.nulls import calm, chosen_days, habits, made, null_weeks
from analysis.track.statistics.complaint_days import ComplaintSeries, judge_days
from bench import streams

MONDAY = datetime(2026, 1, 5)
DAY = 86_400


def test_each_day_stands_in_for_its_own_weekday() -> None:
    for days, wanted in ((56, 700), (30, 33), (20, 7)):
        chosen = chosen_days(np.random.default_rng(1), days, wanted)
        assert len(chosen) == wanted
        assert all((day - days) % 7 == (at - wanted) % 7 for at, day in enumerate(chosen.tolist()))
        assert len(set(chosen.tolist())) > min(days, wanted) / 3


def test_a_past_shorter_than_a_week_still_serves() -> None:
    assert set(chosen_days(np.random.default_rng(1), 3, 40).tolist()) <= {0, 1, 2}


def test_bursts_go_and_weekdays_hours_level_and_dependence_stay() -> None:
    rng = np.random.default_rng(2)
    values = streams.noise(rng, 20 * 7 * 24, 3600, 4.0, deviation=0.4).astype(float)
    values[700:712] += 200.0
    table = calm(values.tolist(), step_s=3600)
    assert table.shape == (140, 24)
    assert table.max() < 80
    rows = made(rng, habits(values.tolist(), step_s=3600), 7 * 200).reshape(-1, 24)
    assert rows.mean() == pytest.approx(4.2, rel=0.15)
    by_day = rows.mean(axis=1).reshape(-1, 7).mean(axis=0)
    assert by_day[5:].mean() < 0.75 * by_day[:5].mean()
    by_hour = rows.mean(axis=0)
    assert by_hour[2:10].mean() > 1.8 * by_hour[14:22].mean()
    daily = rows.sum(axis=1) - np.tile(rows.sum(axis=1).reshape(-1, 7).mean(axis=0), 200)
    assert float(np.corrcoef(daily[:-1], daily[1:])[0, 1]) > 0.05


def test_swings_and_the_spread_of_single_rows_are_told_apart() -> None:
    rng = np.random.default_rng(8)
    still, swinging = (
        habits(streams.noise(rng, 56 * 96, 900, 5.0, deviation=deviation).tolist(), step_s=900)
        for deviation in (0.0, 0.3)
    )
    assert still.swing < 0.02 < 0.05 < swinging.swing < 0.13
    assert 0.3 <= swinging.memory / 96 <= 2.5, "a day"
    assert still.spread == pytest.approx(0.2, abs=0.06)
    assert swinging.spread == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize("values", [[0.0] * 2000, [3.0] * 2000, [0.0] * 1999 + [500.0], [1.0] * 96])
def test_a_series_of_next_to_nothing_makes_one(values: list[float]) -> None:
    rows = made(np.random.default_rng(1), habits(values, step_s=900), 70)
    assert rows.shape == (70 * 96,)
    assert abs(rows.mean() - np.mean(values)) <= 0.3 + 0.1 * np.mean(values)


def test_extremes_that_the_past_did_not_happen_to_hold_are_made() -> None:
    """Two years of a level that swings, made of eight weeks of it, go as high as two fresh ones."""
    past = streams.noise(np.random.default_rng([9, 1]), 56 * 96, 900, 2.0, deviation=0.3)
    fresh = streams.noise(np.random.default_rng([9, 2]), 104 * 7 * 96, 900, 2.0, deviation=0.3)
    found = made(np.random.default_rng(3), habits(past.tolist(), step_s=900), 104 * 7)
    most, real = (
        np.quantile(one.reshape(-1, 672 * 2).reshape(52, -1, 12).sum(axis=2).max(axis=1), 0.9) for one in (found, fresh)
    )
    assert most == pytest.approx(real, rel=0.15)


def test_a_level_that_rises_tenfold_is_evened_out() -> None:
    rng = np.random.default_rng(3)
    values = rng.poisson(np.repeat(np.geomspace(1.0, 10.0, 56), 24) / 4)
    table = calm(values.tolist(), step_s=3600)
    assert 0.6 < table[:14].mean() / table[-14:].mean() < 1.6


@pytest.mark.parametrize("step_s", [900, DAY])
def test_weeks_without_news_hold_their_probabilities(step_s: int) -> None:
    values = streams.noise(np.random.default_rng(4), 90 * DAY // step_s, step_s, 12.0 * step_s / DAY).tolist()
    found = null_weeks(
        np.random.default_rng(5), values, start=MONDAY, step_s=step_s, weeks=60, least=3, times=1.0, begins=0.0
    )
    assert found.p.shape == found.fires.shape == (1, 60)
    looks = 168 if step_s == 900 else 4
    assert float((found.p * looks <= 0.05).mean()) <= 0.1
    assert float(found.p.min()) < 0.05, "chance does make small probabilities"


def test_complaint_series_without_news_hold_the_error_rate_though_their_past_had_a_surge() -> None:
    counts, _ = streams.complaint_matrix(np.random.default_rng(6), 60, 140)
    counts[:6, -40:-33] += 20
    series = [
        ComplaintSeries(brand="ours", topic="t", phrase=str(at), counts=row) for at, row in enumerate(counts.tolist())
    ]
    found = null_complaints(
        np.random.default_rng(7),
        series,
        start=MONDAY.date(),
        period_days=7,
        weeks=30,
        judge=judge_days,
        tells=lambda judged: (np.arange(60) < 30) & (judged.count >= 3),
    )
    assert found.p.shape == (60, 30)
    assert not found.fires[30:].any()
    assert float((found.p.min(axis=0) * 60 <= 0.05).mean()) <= 0.2
