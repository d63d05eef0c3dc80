"""Series put together anew from their own calm days: what must stay does, what must go does."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from analysis.track.bursts.null_complaints import null_complaints
from analysis.track.bursts.nulls import calm, chosen_days, null_weeks, rebuilt
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
    made = rebuilt(rng, table, 7 * 200).reshape(-1, 24)
    assert made.mean() == pytest.approx(4.2, rel=0.15)
    by_day = made.mean(axis=1).reshape(-1, 7).mean(axis=0)
    assert by_day[5:].mean() < 0.75 * by_day[:5].mean()
    by_hour = made.mean(axis=0)
    assert by_hour[2:10].mean() > 1.8 * by_hour[14:22].mean()
    daily = made.sum(axis=1) - np.tile(made.sum(axis=1).reshape(-1, 7).mean(axis=0), 200)
    assert float(np.corrcoef(daily[:-1], daily[1:])[0, 1]) > 0.05


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
