"""Emerging complaints: known surges, held-back claims, outages, backfill, the market, versions."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from analysis.track.statistics.complaint_days import ComplaintSeries
from analysis.track.statistics.emergence import emerging, timely
from analysis.track.statistics.enrichment import VersionCount, concentrated, hypergeometric_tail
from analysis.track.statistics.false_discovery import benjamini_hochberg

MONDAY = date(2026, 1, 5)
DAYS = 120


def quiet(seed: int, phrase: str, *, brand: str = "ours", mean: float = 1.0) -> ComplaintSeries:
    counts = np.random.default_rng(seed).poisson(mean, DAYS).tolist()
    return ComplaintSeries(
        brand=brand, topic="battery", phrase=phrase, counts=counts, authors=8, stories=6, evidence=("m1", "m2")
    )


def risen(series: ComplaintSeries, by: int = 6) -> ComplaintSeries:
    return replace(series, counts=[*series.counts[:-7], *(count + by for count in series.counts[-7:])])


CROWD = [quiet(seed, f"phrase {seed}") for seed in range(40)]


def test_a_surge_among_quiet_series_is_found_with_what_it_rests_on() -> None:
    found = emerging([*CROWD, risen(quiet(99, "drains overnight"))], start=MONDAY)
    assert [one.phrase for one in found.risen] == ["drains overnight"]
    one = found.risen[0]
    assert (found.tested, found.q) == (41, 0.05)
    assert one.count == sum(risen(quiet(99, "")).counts[-7:])
    assert one.expected == pytest.approx(7.0, abs=3.0)
    assert one.growth.low > 2.0
    assert one.q <= 0.05
    assert one.evidence == ("m1", "m2")
    assert one.first_seen is not None


def test_too_few_authors_or_stories_hold_a_claim_back_and_say_so() -> None:
    lonely = replace(risen(quiet(99, "one angry voice")), authors=2)
    wire = replace(risen(quiet(98, "one wire story")), stories=1)
    found = emerging([*CROWD, lonely, wire], start=MONDAY)
    assert found.risen == ()
    assert [reason for _, reason in found.held_back] == [
        "2 authors, and 3 are the least",
        "1 stories, and 2 are the least",
    ]


def test_days_of_silent_sources_do_not_lower_the_past() -> None:
    series = quiet(5, "steady", mean=3.0)
    silent = [0 if 20 <= day < 110 else count for day, count in enumerate(series.counts)]
    alive = [0.0 if 20 <= day < 110 else 1.0 for day in range(DAYS)]
    taken_for_quiet = emerging([replace(series, counts=silent)], start=MONDAY)
    assert len(taken_for_quiet.risen) == 1
    assert emerging([replace(series, counts=silent, exposure=alive)], start=MONDAY).risen == ()


def test_a_backfill_is_not_a_surge() -> None:
    series = quiet(6, "old news", mean=0.5)
    arrived = [0] * (DAYS - 7) + [9] * 7
    together = [count + late for count, late in zip(series.counts, arrived, strict=True)]
    assert len(emerging([replace(series, counts=together)], start=MONDAY).risen) == 1
    assert emerging([replace(series, late=arrived)], start=MONDAY).risen == ()


def test_a_backfilled_past_raises_what_is_expected() -> None:
    fresh = replace(quiet(7, "source read since a week"), counts=[0] * (DAYS - 7) + [4] * 7)
    assert len(emerging([fresh], start=MONDAY).risen) == 1
    known = replace(fresh, late=[4] * (DAYS - 7) + [0] * 7)
    assert emerging([known], start=MONDAY).risen == ()


def test_what_the_whole_market_has_is_not_our_bug() -> None:
    ours, theirs = risen(quiet(1, "login")), quiet(2, "login", brand="theirs")
    assert emerging([*CROWD, ours, theirs], start=MONDAY).risen[0].market == "ours only"
    both = emerging([*CROWD, ours, risen(theirs)], start=MONDAY)
    assert {one.market for one in both.risen} == {"whole market"}
    assert emerging([*CROWD, ours], start=MONDAY).risen[0].market == "nothing to compare with"


def test_a_sparse_complaint_is_told_by_its_longer_window() -> None:
    counts = [0] * DAYS
    for day in (10, 40, 70):
        counts[day] = 1
    for day in range(92, 120, 2):
        counts[day] = 1
    found = emerging([*CROWD, replace(CROWD[0], phrase="sparse", counts=counts)], start=MONDAY)
    assert [(one.phrase, one.window_days) for one in found.risen] == [("sparse", 28)]


def test_a_busy_weekday_is_not_a_surge() -> None:
    weekly = [30 if day % 7 == 6 else 2 for day in range(DAYS)]
    series = [replace(one, counts=weekly) for one in CROWD[:5]]
    found = emerging(series, start=MONDAY + timedelta(days=1), period_days=1)
    assert weekly[-1] == 2
    busy = [30 if (day - DAYS + 1) % 7 == 0 else 2 for day in range(DAYS)]
    assert busy[-1] == 30
    assert (
        found.risen == emerging([replace(one, counts=busy) for one in series], start=MONDAY, period_days=1).risen == ()
    )


def test_shifting_all_dates_by_a_week_changes_only_dates() -> None:
    series = [*CROWD, risen(quiet(99, "drains"))]
    one, other = (emerging(series, start=MONDAY + timedelta(days=shift)) for shift in (0, 7))
    assert [replace(found, first_seen=None) for found in one.risen] == [
        replace(found, first_seen=None) for found in other.risen
    ]


def test_another_brand_without_news_leaves_counts_and_chances_alone() -> None:
    series = [*CROWD, risen(quiet(99, "drains"))]
    alone = emerging(series, start=MONDAY).risen[0]
    beside = emerging([*series, quiet(3, "other", brand="unrelated")], start=MONDAY).risen[0]
    assert (alone.count, alone.growth) == (beside.count, beside.growth)
    assert (alone.p, alone.expected) == pytest.approx((beside.p, beside.expected))


def test_benjamini_hochberg_worked_by_hand() -> None:
    # 0.01 * 4 / 1; 0.03 * 4 / 2 = 0.06 but the next is 0.04 * 4 / 3 = 0.0533; 0.5 * 4 / 4
    found = benjamini_hochberg(np.array([0.03, 0.01, 0.5, 0.04]))
    assert found.tolist() == pytest.approx([0.16 / 3, 0.04, 0.5, 0.16 / 3])


def test_versions_by_fishers_exact_test_worked_by_hand() -> None:
    # The lady tasting tea: 4 of 4 right by chance in 1 of 70; 3 or more in 17 of 70
    assert hypergeometric_tail(4, 4, 4, 8) == pytest.approx(1 / 70)
    assert hypergeometric_tail(3, 4, 4, 8) == pytest.approx(17 / 70)
    found = concentrated(
        [
            VersionCount(version="2.3", complaint=12, all=40),
            VersionCount(version="2.2", complaint=3, all=60),
            VersionCount(version="2.1", complaint=2, all=60),
        ]
    )
    assert [one.version for one in found] == ["2.3"]
    assert found[0].lift == pytest.approx((12 / 17) / (40 / 160))
    with pytest.raises(ValueError, match="2 complaints among 1"):
        concentrated([VersionCount(version="1", complaint=2, all=1)])


def test_late_posts_are_told_from_timely_ones() -> None:
    assert timely({0: 5, 3: 2, 4: 1, 400: 9}) == (7, 10)


def test_series_of_other_lengths_and_short_ones_are_refused() -> None:
    with pytest.raises(ValueError, match="another number of days"):
        emerging([CROWD[0], replace(CROWD[1], counts=[1] * 100)], start=MONDAY)
    with pytest.raises(ValueError, match="give more days"):
        emerging([replace(CROWD[0], counts=[1] * 20)], start=MONDAY)
    assert emerging([], start=MONDAY).tested == 0


def test_two_thousand_series_take_well_under_two_seconds() -> None:
    rng = np.random.default_rng(1)
    series = [
        ComplaintSeries(brand=str(at % 5), topic="t", phrase=str(at // 5), counts=row, authors=5, stories=5)
        for at, row in enumerate(rng.poisson(0.5, (2000, DAYS)).tolist())
    ]
    begun = time.process_time()
    assert emerging(series, start=MONDAY).tested == 2000
    assert time.process_time() - begun < 1.5
