"""The core of alerts and new complaints: tails worked by hand, windows judged together, spreads that look back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.track.bursts.baseline import Expected
from analysis.track.bursts.windows import at_least, at_most, beside, excess, past_spread, together, trailing


def test_tails_worked_by_hand() -> None:
    # With spread 1 a negative binomial of mean 1 is geometric with p = 1/2: P(X >= 3) = 1/8, P(X <= 1) = 3/4.
    ones = np.ones(3)
    assert at_least(np.array([3.0, 1.0, 0.0]), ones, ones) == pytest.approx([1 / 8, 1 / 2, 1.0])
    assert at_most(np.array([1.0, 0.0, 2.0]), ones, ones) == pytest.approx([3 / 4, 1 / 2, 7 / 8])


def test_tails_of_hardly_any_spread_are_poisson() -> None:
    nothing = at_most(np.array([0.0]), np.array([5.0]), np.array([0.0]))
    assert nothing == pytest.approx([math.exp(-5)], rel=1e-3)


def test_trailing_sums_start_with_what_there_is() -> None:
    assert trailing(np.array([1.0, 2.0, 3.0, 4.0]), 2).tolist() == [1.0, 3.0, 5.0, 7.0]
    assert trailing(np.array([1.0, 2.0]), 5).tolist() == [1.0, 3.0]


def test_an_excess_is_in_standard_errors_and_never_negative() -> None:
    found = excess(np.array([13.0, 2.0]), np.array([4.0, 4.0]), np.array([0.3, 0.3]))
    assert found == pytest.approx([9 / math.sqrt(4 + 0.3 * 16 + 0.25), 0.0])


def test_windows_together_lose_nothing_where_they_agree_and_pay_where_one_is_alone() -> None:
    small, large = np.array([1e-4]), np.array([0.6])
    assert together([small, small, small]) == pytest.approx([1e-4])
    assert together([small, large, large]) == pytest.approx([3e-4], rel=0.01)
    assert together([np.array([0.0]), large]) < 1e-200
    assert together([np.ones(1), small]) == pytest.approx([2e-4], rel=0.01)


def test_windows_together_keep_their_level_however_they_depend() -> None:
    """Sums of overlapping windows of noise: a joint probability of x or less in at most about x of the cases."""
    rng = np.random.default_rng(5)
    days = rng.normal(size=(40_000, 28))
    sums = [days[:, -width:].sum(axis=1) / math.sqrt(width) for width in (1, 3, 7, 28)]
    tails = [np.array([0.5 * math.erfc(value / math.sqrt(2)) for value in one.tolist()]) for one in sums]
    joint = together(tails)
    for level in (0.05, 0.01, 0.001):
        assert float((joint <= level).mean()) <= level * 1.15 + 2 * math.sqrt(level / 40_000)


def test_a_spread_is_that_of_the_rows_before_and_is_found_again() -> None:
    rng = np.random.default_rng(3)
    means = np.full(20_000, 10.0)
    sums = rng.poisson(means * rng.gamma(1 / 0.4, 0.4, 20_000)).astype(float)
    found = past_spread(sums, means, width=1, keep=0.5 ** (1 / 4000))
    assert found[0] == pytest.approx(0.3)
    assert found[-1] == pytest.approx(0.4, rel=0.15)
    later = sums.copy()
    later[10_000:] = 10_000.0
    assert past_spread(later, means, width=1, keep=0.5 ** (1 / 4000))[:10_001].tolist() == found[:10_001].tolist()


def test_a_fading_memory_is_exact_over_many_half_lives() -> None:
    sums, means, keep = np.array([12.0, 3.0, 7.0] * 400), np.full(1200, 5.0), 0.5 ** (1 / 3)
    squares = errors = 0.0
    for row, value in enumerate(sums.tolist()):
        if row == 1199:
            break
        errors = errors * keep + (value - 5.0) ** 2 - 5.0
        squares = squares * keep + 25.0
    expect = (errors + 0.3 * 125.0) / (squares + 125.0)
    assert past_spread(sums, means, width=1, keep=keep)[-1] == pytest.approx(expect)


def test_a_window_beside_the_rows_before_it_expects_what_they_held_and_never_less_than_usual() -> None:
    flat = Expected(np.full(9, 5.0), np.full(9, 50.0), np.full(9, 5.0))
    values = np.array([5.0, 5.0, 0.0, 0.0, 15.0, 15.0, math.nan, 20.0, 20.0])
    found = beside(values, flat, width=1, before=2)
    # Two rows of 15 where 5 are usual: with ten mentions believed, (30 + 10) / (10 + 10) of 5; after none at all 5.
    assert found.mean[[4, 6, 7, 8]] == pytest.approx([5.0, 1e-6 * 2, 5.0 * 25 / 15, 5.0 * 30 / 15])
    assert found.seen.tolist() == [5.0, 5.0, 0.0, 0.0, 15.0, 15.0, 0.0, 20.0, 20.0]
    assert found.information[[0, 6]].tolist() == [10.0, 40.0]
