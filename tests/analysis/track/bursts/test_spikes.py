"""Spikes: strictly from the past, known surges found, quiet series left alone."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.track.bursts.baseline import expected, places
from analysis.track.bursts.clocks import clock_of
from analysis.track.bursts.spikes import Tuning, noise_evidence, score, sudden
from bench import streams

MONDAY = datetime(2026, 1, 5)
DAY = 86_400


def daily(seed: int, days: int = 200, mean: float = 10.0) -> list[float | None]:
    counts = np.random.default_rng(seed).negative_binomial(5, 5 / (5 + mean), days)
    return [float(count) for count in counts]


def test_places_follow_the_clock_and_the_calendar() -> None:
    hour, day = places(datetime(2026, 1, 9, 23, 30), 3600, 3)
    assert hour.tolist() == [23, 0, 1]
    assert day.tolist() == [4, 5, 5]
    assert places(MONDAY, DAY, 8)[1].tolist() == [0, 1, 2, 3, 4, 5, 6, 0]


def test_windows_are_a_row_three_hours_and_a_day_or_days() -> None:
    assert clock_of(300).windows == (1, 36, 288)
    assert clock_of(3600).windows == (1, 3, 24)
    assert clock_of(DAY).windows == (1, 2, 5)
    assert [clock_of(step).short for step in (300, 3600, DAY)] == [(1, 2, 3, 6), (1,), (1,)]
    assert [clock_of(step).begins for step in (60, 300, 900, 1800)] == [(1, 15, 60), (1, 3, 12), (1, 4), (1, 2)]
    assert [clock_of(step).block for step in (300, 3600, DAY)] == [72, 6, 3]


def test_the_weekly_pattern_is_learned() -> None:
    week = [20.0, 20, 20, 20, 20, 4, 4]
    values = np.array(week * 40)
    found = expected(values, places(MONDAY, DAY, len(values)), step_s=DAY, memory_days=10)
    assert found.mean[-7:] == pytest.approx(week, rel=0.35)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(40, 199))
def test_no_row_sees_what_comes_after_it(seed: int, cut: int) -> None:
    values = daily(seed)
    changed = values[:cut] + [1000.0] * (len(values) - cut)
    whole, other = score(values, start=MONDAY, step_s=DAY), score(changed, start=MONDAY, step_s=DAY)
    assert whole.scores[:cut] == other.scores[:cut]
    assert [row for row in whole.alerts if row < cut] == [row for row in other.alerts if row < cut]
    assert all(0.0 <= value <= 1.0 for value in whole.scores)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_shifting_all_dates_by_a_week_changes_nothing(seed: int) -> None:
    values = daily(seed)
    assert score(values, start=MONDAY, step_s=DAY) == score(values, start=MONDAY + timedelta(days=7), step_s=DAY)


def test_a_burst_alerts_on_its_first_days_and_only_once() -> None:
    values = daily(3)
    burst = [60.0, 70.0, 60.0, 50.0]
    found = score(values[:150] + burst + values[154:], start=MONDAY, step_s=DAY)
    assert len([row for row in found.alerts if row in (150, 151)]) == 1
    assert not [row for row in found.alerts if 152 <= row < 160]
    assert max(found.scores[150:152]) > 0.9


def test_the_first_burst_does_not_hide_the_next() -> None:
    values = daily(4)
    for first in (100, 160):
        values[first : first + 3] = [60.0, 70.0, 60.0]
    found = score(values, start=MONDAY, step_s=DAY)
    assert any(100 <= row <= 102 for row in found.alerts)
    assert any(160 <= row <= 162 for row in found.alerts)


@pytest.mark.parametrize("seed", range(12))
def test_a_lasting_new_level_is_told_and_then_learned(seed: int) -> None:
    usual = daily(seed, days=300)
    higher: list[float | None] = [3.0 * (value or 0.0) for value in usual]
    found = score(usual[:150] + higher[150:], start=MONDAY, step_s=DAY)
    assert any(150 <= row <= 153 for row in found.alerts)
    always = score(higher, start=MONDAY, step_s=DAY)
    late = {row for row in found.alerts if row > 200}
    assert late <= set(always.alerts), "later it is as if the level had always been so"


def test_a_storm_does_not_make_the_next_months_deaf() -> None:
    values = daily(3, days=320)
    values[150:154] = [500.0] * 4
    values[280] = 70.0
    assert 280 in score(values, start=MONDAY, step_s=DAY).alerts


@pytest.mark.parametrize("mean", [1.0, 3.0, 6.0])
def test_a_level_that_swings_from_day_to_day_is_no_burst(mean: float) -> None:
    rng = np.random.default_rng(5)
    swings = [streams.noise(rng, 10_080, 300, mean, deviation=0.3).tolist() for _ in range(4)]
    assert sum(len(score(one, start=MONDAY, step_s=300).alerts) for one in swings) <= 1, "in twenty weeks"


def test_a_climb_within_an_hour_is_sudden_and_one_over_days_is_not() -> None:
    flat = np.tile(np.array([2.0, 4.0, 3.0]), 3_000)
    slow, steep = flat.copy(), flat.copy()
    slow[6_000:] *= np.minimum(1.0 + np.arange(3_000) / 1_500, 1.5)
    steep[6_000:] *= np.minimum(1.0 + np.arange(3_000) / 6, 5.0)

    def begins(values: np.ndarray) -> list[int]:
        expect = expected(values, places(MONDAY, 300, len(values)), step_s=300, memory_days=14)
        return np.flatnonzero(sudden(values, expect, step_s=300)).tolist()

    assert begins(flat) == begins(slow) == []
    assert 6_000 <= begins(steep)[0] < 6_024, "within two hours"


def test_a_sparse_series_is_not_alarmed_by_one_mention_but_by_several() -> None:
    values: list[float | None] = [0.0] * 300
    for row in range(5, 300, 23):
        values[row] = 1.0
    assert score(values, start=MONDAY, step_s=DAY).alerts == ()
    values[250:253] = [3.0, 4.0, 4.0]
    assert any(250 <= row <= 252 for row in score(values, start=MONDAY, step_s=DAY).alerts)


def test_missing_rows_are_neither_quiet_nor_loud() -> None:
    values = daily(6)
    holes = [None if 60 <= row < 75 else value for row, value in enumerate(values)]
    found = score(holes, start=MONDAY, step_s=DAY)
    assert set(found.scores[60:75]) == {0.0}
    assert not [row for row in found.alerts if 60 <= row < 90]
    assert score([None] * 50, start=MONDAY, step_s=DAY).scores == (0.0,) * 50
    assert score([], start=MONDAY, step_s=DAY).scores == ()


def test_never_more_alerts_than_weeks_begun_and_three() -> None:
    rng = np.random.default_rng(8)
    wild = rng.poisson(5, 8000) + (rng.random(8000) < 0.004) * rng.integers(50, 3000, 8000)
    found = score(wild.tolist(), start=MONDAY, step_s=300)
    assert 0 < len(found.alerts) <= math.ceil(8000 * 300 / (7 * DAY)) + 3


def test_a_score_of_a_half_is_where_an_episode_begins_and_nowhere_else() -> None:
    for seed in range(5):
        values = daily(seed, 300)
        values[200:204] = [70.0, 60.0, 50.0, 40.0]
        found = score(values, start=MONDAY, step_s=DAY)
        assert found.alerts
        assert tuple(row for row, value in enumerate(found.scores) if value >= 0.5) == found.alerts


def test_more_patience_tells_less() -> None:
    rng = np.random.default_rng(9)
    values = streams.noise(rng, 16_000, 300, 3.0, deviation=0.3)
    for first in range(700, 16_000, 900):
        values[first : first + 12] += rng.poisson(6.0, 12)
    few = score(values.tolist(), start=MONDAY, step_s=300, tuning=Tuning(own_blocks=2.0))
    strict = score(values.tolist(), start=MONDAY, step_s=300, tuning=Tuning(own_blocks=100.0))
    assert len(strict.alerts) < len(few.alerts)


def test_short_rows_of_few_mentions_need_more_evidence() -> None:
    means = [0.05, 0.5, 5.0]
    flat = [np.full(600, mean) for mean in means]
    need = [
        noise_evidence(expected(one, places(MONDAY, 300, 600), step_s=300, memory_days=14), 300)[-1] for one in flat
    ]
    assert need[0] > need[1] > need[2] == pytest.approx(1.22)


def test_few_mentions_in_five_minutes_are_found_within_the_hour() -> None:
    """0.3 a row, then ten times as many: no single row is surprising, half an hour is."""
    waits = []
    for seed in range(9):
        rng = np.random.default_rng(seed)
        values = streams.noise(rng, 8_000, 300, 0.3)
        values[6_000:6_072] += rng.poisson(2.7, 72)
        alerts = score(values.tolist(), start=MONDAY, step_s=300).alerts
        waits.append(next((row - 6_000 + 1 for row in alerts if 6_000 <= row < 6_072), 99))
    assert sorted(waits)[4] * 5 <= 40


@pytest.mark.parametrize("values", [[], [None], [0.0] * 3000, [None] * 3000, [5.0] * 3000, [1e7] * 3000])
@pytest.mark.parametrize("step_s", [300, 3600, DAY])
def test_a_series_without_news_never_alerts(values: list[float | None], step_s: int) -> None:
    found = score(values, start=MONDAY, step_s=step_s)
    assert found.alerts == ()
    assert len(found.scores) == len(values)
    assert all(0.0 <= one < 0.5 for one in found.scores)


def test_fifty_five_days_of_five_minutes_take_under_two_seconds() -> None:
    values = np.random.default_rng(1).poisson(20, 16_000).tolist()
    begun = time.process_time()
    score(values, start=MONDAY, step_s=300)
    assert time.process_time() - begun < 2.0
