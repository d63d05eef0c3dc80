"""Complaints that end, praise that stops: told at one error rate, with who else has it, and not of silent days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import numpy as np

from analysis.track.statistics.complaint_days import ComplaintSeries
from analysis.track.statistics.stopping import Fallen, Gone, fallen
from bench import streams

START = date(2026, 1, 5)
DAYS = 127


def one(
    counts: list[int], *, brand: str = "ours", topic: str = "battery", exposure: tuple[float, ...] = ()
) -> ComplaintSeries:
    return ComplaintSeries(brand=brand, topic=topic, phrase="", counts=counts, exposure=exposure)


def judged(*series: ComplaintSeries, of: Gone = "complaint", more: int = 0) -> Fallen:
    return fallen({of: series}, start=START, period_days=7, q=0.05, more=more)


def steady(mean: float, *, quiet_days: int = 0, seed: int = 1) -> list[int]:
    counts = np.random.default_rng(seed).poisson(mean, DAYS)
    counts[DAYS - quiet_days :] = 0
    return list(counts.tolist())


def test_a_complaint_that_ended_is_told_with_its_last_day() -> None:
    (told,) = judged(one(steady(5.0, quiet_days=7))).falls
    assert (told.of, told.brand, told.topic, told.count) == ("complaint", "ours", "battery", 0)
    assert told.last_seen == START + timedelta(days=DAYS - 8)
    assert told.growth.high < 0.2
    assert told.q <= 0.05


def test_praise_and_sources_are_judged_alike() -> None:
    for of in get_args(Gone):
        assert [told.of for told in judged(one(steady(5.0, quiet_days=7)), of=of).falls] == [of]


def test_complaints_praise_and_sources_share_one_rate() -> None:
    gone, going = (
        one(steady(5.0, quiet_days=7)),
        [one(steady(5.0, seed=seed), topic=str(seed)) for seed in range(2, 12)],
    )
    (alone,) = judged(gone).falls
    by_kind: dict[Gone, list[ComplaintSeries]] = {"complaint": [gone], "praise": going, "source": going}
    (among,) = fallen(by_kind, start=START, period_days=7, q=0.05).falls
    assert among.p == alone.p
    assert among.q == 21 * alone.q


def test_one_that_goes_on_is_none_and_every_series_is_counted() -> None:
    found = judged(one(steady(5.0)), one(steady(2.0, seed=2), topic="app"), more=10)
    assert (found.falls, found.tested) == ((), 12)
    assert judged().tested == 0


def test_a_rare_one_needs_four_weeks_and_a_very_rare_one_is_never_told() -> None:
    assert judged(one(steady(0.7, quiet_days=5))).falls == ()
    (told,) = judged(one(steady(0.7, quiet_days=28))).falls
    assert told.window_days == 28
    assert judged(one(steady(0.05, quiet_days=40))).falls == ()


def test_days_on_which_sources_were_silent_are_no_fall() -> None:
    away = tuple(0.0 if day >= DAYS - 7 else 1.0 for day in range(DAYS))
    assert judged(one(steady(5.0, quiet_days=7), exposure=away)).falls == ()


def test_one_loud_day_in_the_past_is_not_what_is_expected() -> None:
    counts = [0] * DAYS
    counts[100] = 60
    assert judged(one(counts)).falls == ()


def test_the_whole_market_that_falls_is_said_to() -> None:
    alone = judged(one(steady(5.0, quiet_days=7)), one(steady(5.0, seed=3), brand="theirs")).falls
    assert [told.market for told in alone] == ["ours only"]
    both = judged(one(steady(5.0, quiet_days=7)), one(steady(5.0, quiet_days=7, seed=3), brand="theirs")).falls
    assert {told.market for told in both} == {"whole market"}
    assert judged(one(steady(5.0, quiet_days=7))).falls[0].market == "nothing to compare with"


def test_noise_seldom_falls() -> None:
    counts, _ = streams.complaint_matrix(np.random.default_rng(3), 100, 120 + 7 * 26, deviation=0.3)
    weeks = [
        judged(*(one(row, topic=str(at)) for at, row in enumerate(counts[:, 7 * week : 7 * week + DAYS].tolist())))
        for week in range(25)
    ]
    assert sum(bool(week.falls) for week in weeks) <= 1
