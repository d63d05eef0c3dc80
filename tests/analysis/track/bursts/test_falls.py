"""Series that go quiet are told, soon where much was expected and later where little was; noise and outages are not."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from analysis.track.bursts.falls import falls
from bench import streams

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY_S = 86_400


def quiet_from(first: int, *, mean: float, left: float = 0.0, rows: int = 300, seed: int = 1) -> list[float | None]:
    rng = np.random.default_rng(seed)
    values = rng.poisson(streams.usual(rows, DAY_S, mean))
    values[first:] = rng.binomial(values[first:], left)
    return list(values.tolist())


@pytest.mark.parametrize(("mean", "within"), [(100.0, 2), (10.0, 5), (3.0, 10), (1.0, 28)])
def test_a_series_that_stops_is_told_once_and_soon(mean: float, within: int) -> None:
    (told,) = [one for one in falls(quiet_from(250, mean=mean), start=START, step_s=DAY_S) if one.row >= 250]
    assert 250 <= told.row < 250 + within
    assert told.seen <= told.expected / 2
    assert told.p <= 0.005


def test_a_fifth_that_is_left_is_a_fall_and_four_fifths_are_none() -> None:
    assert falls(quiet_from(250, mean=10.0, left=0.2), start=START, step_s=DAY_S)
    assert falls(quiet_from(250, mean=10.0, left=0.8), start=START, step_s=DAY_S) == ()


def test_a_row_is_judged_from_the_rows_before_it_only() -> None:
    values = quiet_from(250, mean=10.0)
    whole = falls(values, start=START, step_s=DAY_S)
    assert falls(values[: whole[0].row + 1], start=START, step_s=DAY_S) == whole
    assert falls(values[: whole[0].row], start=START, step_s=DAY_S) == ()


def test_days_of_which_nothing_is_known_are_no_fall() -> None:
    values: list[float | None] = [None if row >= 250 else value for row, value in enumerate(quiet_from(300, mean=10.0))]
    assert falls(values, start=START, step_s=DAY_S) == ()
    assert falls([math.nan] * 60, start=START, step_s=DAY_S) == ()
    assert falls([], start=START, step_s=DAY_S) == ()


def test_one_that_comes_back_can_fall_again() -> None:
    values = quiet_from(300, mean=20.0)
    for first in (120, 240):
        values[first : first + 20] = [0.0] * 20
    assert [told.row // 120 for told in falls(values, start=START, step_s=DAY_S)] == [1, 2]


def test_noise_seldom_falls() -> None:
    rng = np.random.default_rng(5)
    told = [
        falls(streams.noise(rng, 364, DAY_S, mean, deviation=0.2).tolist(), start=START, step_s=DAY_S)
        for mean in (0.3, 1.0, 3.0, 10.0, 100.0)
        for _ in range(8)
    ]
    assert sum(map(len, told)) <= 0.5 * len(told), "one a series and year is allowed"


def test_nights_and_weekends_are_no_falls() -> None:
    hours = np.random.default_rng(4).poisson(streams.usual(24 * 60, 3_600, 10.0))
    assert falls(hours.tolist(), start=START, step_s=3_600) == ()
    hours[24 * 50 :] = 0
    (told,) = falls(hours.tolist(), start=START, step_s=3_600)
    assert 24 * 50 <= told.row < 24 * 51
