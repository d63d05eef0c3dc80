"""Intervals, worked by hand, and what must hold of all of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.track.statistics import rates
from analysis.track.statistics.intervals import Interval, net_sentiment, rate, rate_ratio, share

COUNT = st.integers(min_value=0, max_value=500)


def near(interval: Interval, value: float, low: float, high: float, *, within: float = 5e-4) -> None:
    assert (interval.value, interval.low, interval.high) == pytest.approx((value, low, high), abs=within)


def test_share_is_wilsons_worked_by_hand() -> None:
    # 8 of 10: z2 = 3.8415; (0.8 + 0.19207) / 1.38415 = 0.71674; half = sqrt(0.061464 + 0.036892) / 1.38415 = 0.22657
    near(share(8, 10), 0.8, 0.49016, 0.94331)


def test_rate_of_nothing_seen_ends_near_jeffreys_limit() -> None:
    # Gamma(1/2, 1) has its 97.5% point at half the square of the normal's 98.75% point: 2.2414^2 / 2 = 2.5119
    near(rate(0, 10), 0.0, 0.0, 0.25119)


def test_net_sentiment_mean_is_the_dirichlet_mean() -> None:
    # (7 + 1 - 2 - 1) / (10 + 3) = 5 / 13
    assert net_sentiment(2, 1, 7).value == pytest.approx(5 / 13)
    nothing = net_sentiment(0, 0, 0)
    assert nothing.value == 0.0
    assert nothing.low == pytest.approx(-nothing.high)


def test_three_mentions_do_not_look_like_three_hundred() -> None:
    few, many = net_sentiment(0, 0, 3), net_sentiment(0, 0, 300)
    assert few.low < 0.0 < many.low
    assert few.width > 5 * many.width


def test_rate_ratio_worked_by_hand() -> None:
    # 20.5 / 10.5 * (50 / 100) = 0.976; the share's limits are those of Beta(20.5, 10.5)
    found = rate_ratio(20, 100, 10, 50)
    assert found.value == pytest.approx(20.5 / 10.5 / 2)
    assert found.low < 1.0 < found.high
    assert rate_ratio(0, 1, 5, 1).low == 0.0
    assert rate_ratio(5, 1, 0, 1).high == math.inf


def test_the_difference_of_two_shares_is_newcombes_published_example() -> None:
    # Newcombe 1998, table II: 56/70 - 48/80, method 10 gives 0.0524 to 0.3339
    gap = rates.difference(rates.share(56, 70), rates.share(48, 80))
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-4)


@given(COUNT, COUNT, COUNT)
def test_doubling_every_count_narrows_sentiment(negative: int, neutral: int, positive: int) -> None:
    once, twice = net_sentiment(negative, neutral, positive), net_sentiment(2 * negative, 2 * neutral, 2 * positive)
    assert -1.0 <= once.low <= once.value <= once.high <= 1.0
    if negative + neutral + positive >= 10:
        assert twice.width < once.width


@given(COUNT, st.integers(min_value=1, max_value=500))
def test_doubling_every_count_narrows_shares_and_rates(part: int, rest: int) -> None:
    assert share(2 * part, 2 * (part + rest)).width < share(part, part + rest).width
    assert rate(2 * part, 2 * rest).width < rate(part, rest).width
    if part:
        assert math.log(
            rate_ratio(2 * part, 2, 2 * rest, 2).high / rate_ratio(2 * part, 2, 2 * rest, 2).low
        ) < math.log(rate_ratio(part, 1, rest, 1).high / rate_ratio(part, 1, rest, 1).low)


@given(COUNT, COUNT, COUNT)
def test_swapping_praise_and_blame_mirrors_sentiment(negative: int, neutral: int, positive: int) -> None:
    one, other = net_sentiment(negative, neutral, positive), net_sentiment(positive, neutral, negative)
    assert one.low == pytest.approx(-other.high, abs=1e-9)


def test_intervals_cover_what_they_promise() -> None:
    rng = np.random.default_rng(7)
    truth = np.array([0.3, 0.5, 0.2])
    hits = sum(
        (found := net_sentiment(*draw)).low <= -0.1 <= found.high for draw in rng.multinomial(25, truth, 2000).tolist()
    )
    assert 0.93 <= hits / 2000 <= 0.975
    ratio = sum(
        (found := rate_ratio(a, 1, b, 1)).low <= 2.0 <= found.high
        for a, b in zip(rng.poisson(16, 2000).tolist(), rng.poisson(8, 2000).tolist(), strict=True)
    )
    assert 0.93 <= ratio / 2000 <= 0.975


def test_wrong_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="part no more than its whole"):
        share(3, 2)
    with pytest.raises(ValueError, match="exposure"):
        rate(1, 0)
