"""Did the fix work: hand-made streams with one right answer, and properties."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.track.statistics.counts_model import autocorrelation, fit, inflation
from analysis.track.statistics.fix_effect import Control, Verdict, judge_fix

MONDAY = datetime(2026, 1, 5)
DAY = 86_400


def judge(
    ours: Sequence[float | None],
    *controls: Sequence[float | None],
    shipped: int = 70,
    outages: tuple[tuple[int, int], ...] = (),
) -> Verdict:
    market = [Control(counts=counts) for counts in controls]
    return judge_fix(ours, [], market, shipped_row=shipped, outages=outages, start=MONDAY, step_s=DAY)


def poisson(seed: int, *parts: tuple[int, float]) -> list[float | None]:
    rng = np.random.default_rng(seed)
    return [float(count) for days, mean in parts for count in rng.poisson(mean, days)]


def test_the_effect_is_the_ratio_of_ratios() -> None:
    # Ours 10 -> 5 while the market goes 10 -> 8: (5 / 10) / (8 / 10) - 1 = -0.375
    found = judge([10.0] * 70 + [5.0] * 70, [10.0] * 70 + [8.0] * 70)
    assert found.word == "worked"
    assert found.effect == pytest.approx(-0.375, abs=0.005)
    assert found.low is not None
    assert found.high is not None
    assert found.low < -0.375 < found.high < 0.0


def test_the_interval_is_chance_alone_where_nothing_else_moves() -> None:
    # 700 and 315 of ours (the first 7 days after shipping left out), 700 and 630 of theirs, with half a mention each.
    found = judge([10.0] * 70 + [5.0] * 70, [10.0] * 140)
    error = math.sqrt(1 / 700.5 + 1 / 315.5 + 1 / 700.5 + 1 / 630.5)
    assert found.low is not None
    assert found.high is not None
    width = math.log((1 + found.high) / (1 + found.low))
    assert width == pytest.approx(2 * 2.1 * error, rel=0.1)


def test_what_the_whole_market_does_is_not_our_doing() -> None:
    ours, theirs = poisson(1, (70, 10), (70, 5)), poisson(2, (70, 20), (70, 10))
    assert judge(ours, theirs).word == "no effect seen"
    assert judge(ours, poisson(2, (140, 20))).word == "worked"


def test_worse_and_came_back() -> None:
    theirs = poisson(3, (140, 10))
    assert judge(poisson(4, (70, 10), (70, 20)), theirs).word == "worse"
    back = judge(poisson(5, (70, 10), (35, 3), (35, 10)), theirs)
    assert back.word == "came back"
    assert back.turned is not None
    assert abs(back.turned - 35) <= 7
    assert judge(poisson(4, (70, 10), (70, 20)), theirs).turned is None


def test_no_complaint_left_is_a_fix_that_worked() -> None:
    found = judge([4.0] * 70 + [0.0] * 70, [4.0] * 140)
    assert found.word == "worked"
    assert found.effect == pytest.approx(-1.0, abs=0.01)


def test_an_outage_is_not_an_improvement() -> None:
    ours, theirs = poisson(6, (140, 10)), poisson(7, (140, 10))
    for row in range(80, 140):
        ours[row] = 0.0
    assert judge(ours, theirs).word == "worked"
    found = judge(ours, theirs, outages=((80, 139),))
    assert found.word not in ("worked", "came back")
    assert any("60 rows left out" in note for note in found.notes)


def test_rows_without_exposure_or_count_are_left_out() -> None:
    ours, theirs = poisson(8, (140, 10)), poisson(9, (140, 10))
    exposure: list[float | None] = [0.0 if 80 <= row < 130 else 1.0 for row in range(140)]
    gone = [None if 80 <= row < 130 else count for row, count in enumerate(ours)]
    by_exposure = judge_fix(ours, exposure, [Control(counts=theirs)], shipped_row=70, start=MONDAY, step_s=DAY)
    by_count = judge(gone, theirs)
    by_outage = judge(ours, theirs, outages=((80, 129),))
    assert by_exposure == by_count == by_outage


def test_exposure_turns_counts_into_rates() -> None:
    ours = poisson(10, (70, 10), (70, 20))
    exposure = [1.0] * 70 + [2.0] * 70
    found = judge_fix(
        ours, exposure, [Control(counts=poisson(11, (140, 10)))], shipped_row=70, start=MONDAY, step_s=DAY
    )
    assert found.word == "no effect seen"


def test_few_data_are_said_to_be_few_with_what_is_missing() -> None:
    none = judge([0.0] * 140, [1.0] * 140)
    assert (none.word, none.effect, none.needed) == ("too little data", None, None)
    early = judge(poisson(12, (70, 1), (5, 1)), poisson(13, (75, 1)))
    assert early.word == "too little data"
    assert early.needed is not None
    assert 5 <= early.needed <= 200
    sparse = judge(poisson(14, (70, 0.3), (30, 0.3)), poisson(15, (100, 2)))
    assert sparse.word == "too little data"


def test_more_rows_as_asked_for_are_enough() -> None:
    ours, theirs = poisson(16, (70, 2), (12, 2)), poisson(17, (82, 6))
    first = judge(ours, theirs)
    assert first.word == "too little data"
    assert first.needed is not None
    more = judge(ours + poisson(18, (2 * first.needed, 2)), theirs + poisson(19, (2 * first.needed, 6)))
    assert more.word == "no effect seen"


def test_without_a_competitor_our_own_trend_is_taken_out_and_said() -> None:
    rng = np.random.default_rng(20)
    falling: list[float | None] = [float(rng.poisson(40 * math.exp(-row / 80))) for row in range(140)]
    found = judge(falling)
    assert found.word != "worked"
    assert any("no competitor" in note for note in found.notes)


def test_trends_that_were_not_parallel_are_seen() -> None:
    rng = np.random.default_rng(21)
    falling: list[float | None] = [float(rng.poisson(60 * math.exp(-row / 60))) for row in range(140)]
    found = judge(falling, poisson(22, (140, 60)))
    assert found.word != "worked"
    assert any("not parallel" in note for note in found.notes)


def test_a_competitor_that_was_hardly_watched_is_left_out() -> None:
    ours, theirs = poisson(23, (70, 10), (70, 4)), poisson(24, (140, 10))
    hardly: list[float | None] = [None] * 120 + [5.0] * 20
    found = judge(ours, theirs, hardly)
    assert found.word == "worked"
    assert any("1 competitors left out" in note for note in found.notes)


def test_weekly_and_hourly_rows_are_judged_too() -> None:
    weekly = judge_fix(
        [40.0] * 10 + [15.0] * 10, [], [Control(counts=[50.0] * 20)], shipped_row=10, start=MONDAY, step_s=7 * DAY
    )
    hourly = judge_fix(
        poisson(25, (1000, 1.0), (1000, 0.4)), [], [Control(counts=poisson(26, (2000, 1.0)))],
        shipped_row=1000, start=MONDAY, step_s=3600,
    )  # fmt: skip
    assert (weekly.word, hourly.word) == ("worked", "worked")


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_shifting_all_dates_by_a_week_changes_nothing(seed: int) -> None:
    ours, market = poisson(seed, (140, 5)), [Control(counts=poisson(seed + 1, (140, 9)))]
    one, other = (
        judge_fix(ours, [], market, shipped_row=70, start=MONDAY + timedelta(days=shift), step_s=DAY)
        for shift in (0, 7)
    )
    assert one == other


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 1000.0))
def test_the_unit_of_exposure_does_not_matter(unit: float) -> None:
    ours, theirs = poisson(27, (70, 10), (70, 6)), poisson(28, (140, 10))
    found = [
        judge_fix(
            ours, [scale] * 140, [Control(counts=theirs, exposure=[scale * 3] * 140)],
            shipped_row=70, start=MONDAY, step_s=DAY,
        )
        for scale in (1.0, unit)
    ]  # fmt: skip
    assert found[0].word == found[1].word
    assert found[0].effect == pytest.approx(found[1].effect, abs=1e-6)


def test_ten_times_the_mentions_narrow_the_interval() -> None:
    few, many = (judge([10.0 * k] * 70 + [8.0 * k] * 70, [10.0 * k] * 140) for k in (1, 10))
    assert few.low is not None
    assert few.high is not None
    assert many.low is not None
    assert many.high is not None
    assert many.high - many.low < few.high - few.low


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="control 0 has 3 rows and ours has 140"):
        judge([1.0] * 140, [1.0] * 3)
    with pytest.raises(ValueError, match="shipped_row is 140"):
        judge([1.0] * 140, [1.0] * 140, shipped=140)


def test_the_model_gives_the_log_of_the_ratio_of_sums() -> None:
    counts = np.array([4.0, 6.0, 1.0, 3.0])
    design = np.column_stack([np.ones(4), [0.0, 0.0, 1.0, 1.0]])
    alone = fit(counts, None, np.zeros(4), design)
    assert alone.coefficients[1] == pytest.approx(math.log(4 / 10), abs=1e-4)
    shared = fit(counts, counts + 5.0, np.zeros(4), design)
    assert shared.coefficients[1] == pytest.approx(math.log((4 / 10) / (10 / 10)), abs=1e-4)


def test_inflation_is_the_variance_of_a_mean_of_correlated_rows() -> None:
    r, n = 0.5, 6
    corr = np.array([[r ** abs(i - j) for j in range(n)] for i in range(n)])
    assert inflation(r, n) == pytest.approx(float(corr.sum()) / n)
    assert inflation(0.0, 10) == 1.0


def test_autocorrelation_is_seen_where_there_is_some() -> None:
    rng = np.random.default_rng(5)
    steps = rng.normal(size=200)
    slow = np.zeros(200)
    for at in range(1, 200):
        slow[at] = 0.7 * slow[at - 1] + steps[at]
    block = np.arange(200)
    assert autocorrelation(3 * slow, np.ones(200), block, np.zeros(200))[1] > 0.6
    assert autocorrelation(3 * steps, np.ones(200), block, np.zeros(200))[1] < 0.25
