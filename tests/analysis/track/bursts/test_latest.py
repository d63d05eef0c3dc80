"""The last rows of one series, as alerts judge them."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from analysis.track.bursts.latest import every, latest, windows_of
from bench import streams

MONDAY = datetime(2026, 1, 5)
DAY = 86_400
QUARTER = 900


def test_windows_follow_the_clock_and_weeks_serve_sparse_series() -> None:
    assert windows_of(QUARTER) == (1, 12, 96)
    assert windows_of(3600) == (1, 3, 24)
    assert windows_of(DAY) == (1, 3, 7, 28)


def test_a_burst_is_told_by_the_window_that_shows_it_best() -> None:
    calm = np.random.default_rng(1).poisson(0.2, 40 * 96).tolist()
    sudden = latest([*calm, 9], start=MONDAY, step_s=QUARTER)
    assert sudden.p < 1e-6
    assert (sudden.window, sudden.seen) == (1, 9.0)
    assert sudden.begins
    slow = latest([*calm, *([1, 0, 1, 1] * 24)], start=MONDAY, step_s=QUARTER)
    assert slow.p < 1e-3
    assert slow.window == 96


def test_quiet_rows_and_a_short_past_tell_nothing() -> None:
    calm = np.random.default_rng(2).poisson(3.0, 60).tolist()
    assert latest(calm, start=MONDAY, step_s=DAY).p > 0.05
    assert latest([0.0, 50.0], start=MONDAY, step_s=DAY).own == 0.0


def test_a_series_that_bursts_every_few_days_is_not_news_to_itself() -> None:
    rng = np.random.default_rng(4)
    often = rng.poisson(2.0, 28 * 96)
    for first in range(100, len(often) - 50, 150):
        often[first : first + 12] += 8
    once = rng.poisson(2.0, 28 * 96)
    last = [10] * 12
    assert latest([*once.tolist(), *last], start=MONDAY, step_s=QUARTER).begins
    assert not latest([*often.tolist(), *last], start=MONDAY, step_s=QUARTER).begins


def test_weeks_are_judged_of_sparse_days_only() -> None:
    sparse = [1.0 if day % 20 == 0 else 0.0 for day in range(150)]
    month = [*sparse, *([0.0, 0.0, 1.0, 0.0] * 7)]
    assert latest(month, start=MONDAY, step_s=DAY).window == 28
    dense = np.random.default_rng(5).poisson(8.0, 200).tolist()
    assert latest(dense, start=MONDAY, step_s=DAY).window <= 7


@pytest.mark.parametrize("step_s", [QUARTER, DAY])
def test_every_row_is_what_it_was_when_it_was_the_last(step_s: int) -> None:
    values = streams.noise(np.random.default_rng(6), 400, step_s, 1.0).tolist()
    p, _, own = every(values, start=MONDAY, step_s=step_s)
    for end in (40, 233, 400):
        found = latest(values[:end], start=MONDAY, step_s=step_s)
        assert found.p == pytest.approx(float(p[end - 1]))
        assert found.own == pytest.approx(float(own[end - 1]))
