"""Rates of the last minutes: what is older does not count, and a young actor is not taken for a slow one."""

from __future__ import annotations

from crawler.cluster.recent import WINDOW_S, Recent


def test_a_rate_is_of_the_last_five_minutes() -> None:
    recent = Recent(began=1000.0)
    recent.add(1000.0, pages=600, mentions=3)
    recent.add(1000.0 + WINDOW_S, pages=10, mentions=0)
    assert recent.a_minute(1000.0 + WINDOW_S) == {"pages": 122.0, "mentions": 0.6}
    assert recent.a_minute(1001.0 + WINDOW_S) == {"pages": 2.0, "mentions": 0.0}
    assert recent.a_minute(2000.0 + WINDOW_S) == {}


def test_one_that_just_began_is_measured_by_the_time_that_it_had() -> None:
    recent = Recent(began=0.0)
    recent.add(30.0, pages=60)
    assert recent.a_minute(30.0) == {"pages": 120.0}
    assert Recent(began=5.0).a_minute(5.0) == {}
