"""Spikes: strictly from the past, known surges found, quiet series left alone."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.track.statistics.baseline import expected, places, surprise
from analysis.track.statistics.spikes import Tuning, alert_evidence, score, window_lengths

MONDAY = datetime(2026, 1, 5)
DAY = 86_400


def daily(seed: int, days: int = 200, mean: float = 10.0) -> list[float | None]:
    counts = np.random.default_rng(seed).negative_binomial(5, 5 / (5 + mean), days)
    return [float(count) for count in counts]


def test_surprise_worked_by_hand() -> None:
    # With spread 1 a negative binomial of mean 1 is geometric with p = 1/2: P(X >= 3) = 1/8
    found = surprise(np.array([3.0, 1.0]), np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    assert found.tolist() == pytest.approx([math.log10(8), 0.0])


def test_surprise_past_the_smallest_float_keeps_growing() -> None:
    found = surprise(np.array([5e3, 5e4, 5e5]), np.ones(3), np.full(3, 0.1))
    assert np.all(np.diff(found) > 0.0)
    assert np.all(np.isfinite(found))


def test_places_follow_the_clock_and_the_calendar() -> None:
    hour, day = places(datetime(2026, 1, 9, 23, 30), 3600, 3)
    assert hour.tolist() == [23, 0, 1]
    assert day.tolist() == [4, 5, 5]
    assert places(MONDAY, DAY, 8)[1].tolist() == [0, 1, 2, 3, 4, 5, 6, 0]


def test_windows_are_an_hour_and_six_or_days_and_a_week() -> None:
    assert window_lengths(300) == (1, 12, 72)
    assert window_lengths(3600) == (1, 6, 24)
    assert window_lengths(DAY) == (1, 3, 7)


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


def test_a_lasting_new_level_is_learned() -> None:
    values = daily(5, days=300)
    higher = values[:150] + [3.0 * (value or 0.0) for value in values[150:]]
    found = score(higher, start=MONDAY, step_s=DAY)
    assert any(150 <= row <= 153 for row in found.alerts)
    assert not [row for row in found.alerts if row > 200]


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


def test_never_more_alerts_than_weeks_begun() -> None:
    rng = np.random.default_rng(8)
    wild = rng.poisson(5, 8000) + (rng.random(8000) < 0.004) * rng.integers(50, 3000, 8000)
    found = score(wild.tolist(), start=MONDAY, step_s=300)
    assert 0 < len(found.alerts) <= math.ceil(8000 * 300 / (7 * DAY)) + 1


def test_more_patience_asks_for_more_evidence() -> None:
    assert alert_evidence(DAY, 100) > alert_evidence(DAY, 20) > 3.0
    few = score(daily(9, 700), start=MONDAY, step_s=DAY, tuning=Tuning(noise_weeks=1.0, own_weeks=1.0))
    strict = score(daily(9, 700), start=MONDAY, step_s=DAY)
    assert len(strict.alerts) < len(few.alerts)


def test_fifty_five_days_of_five_minutes_take_under_two_seconds() -> None:
    values = np.random.default_rng(1).poisson(20, 16_000).tolist()
    begun = time.process_time()
    score(values, start=MONDAY, step_s=300)
    assert time.process_time() - begun < 2.0
