"""How often a source is asked, judged from its last runs alone."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.model import Source
from analysis.model.records.run import RUNS, Run, RunState
from analysis.store.open import open_store
from candor.schedule.history import last_runs
from candor.schedule.interval import bounds, change_rate, changed, interval_s

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = 3600.0


def source(*, fastest: float | None = None, slowest: float | None = None) -> Source:
    url = "http://news.example/"
    return Source(id="news", kind="feed", url=url, every_s=3600, fastest_s=fastest, slowest_s=slowest)


def run(started_at: datetime = START, *, changed: bool = False, state: RunState = "ok", **more: Any) -> Run:
    values = {"source": "news", "kind": "feed", "ended_at": started_at, "unchanged": 1, "posts": int(changed)}
    return Run(started_at=started_at, state=state, **{**values, **more})


def runs(*changes: bool | None, gap_s: float = HOUR) -> list[Run]:
    return [
        run(
            START + timedelta(seconds=gap_s * number),
            changed=bool(change),
            state="ok" if change is not None else "failing",
        )
        for number, change in enumerate(changes)
    ]


def test_without_bounds_the_interval_is_what_the_person_wrote() -> None:
    assert bounds(source()) is None
    assert interval_s(source(), runs(*[False] * 30)) == HOUR


def test_before_anything_is_known_the_interval_is_what_the_person_wrote() -> None:
    both = source(fastest=60.0, slowest=86400.0)
    assert interval_s(both, []) == HOUR
    assert interval_s(both, runs(True)) == HOUR


def test_a_source_that_never_changes_is_asked_less_and_less_down_to_the_slowest() -> None:
    both = source(fastest=60.0, slowest=86400.0)
    waits = [interval_s(both, runs(*[False] * number)) for number in (2, 5, 10, 20)]
    assert waits == sorted(waits)
    assert 1.5 * HOUR < waits[0] < 4 * HOUR
    assert interval_s(both, runs(*[False] * 20, gap_s=12 * HOUR)) == 86400.0


def test_a_source_that_always_changes_is_asked_more_and_more_down_to_the_fastest() -> None:
    both = source(fastest=600.0, slowest=86400.0)
    waits = [interval_s(both, runs(*[True] * number)) for number in (2, 5, 10, 20)]
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] < HOUR / 3
    assert interval_s(both, runs(*[True] * 20, gap_s=600.0)) == 600.0


def test_failed_runs_show_nothing() -> None:
    both = source(fastest=60.0, slowest=86400.0)
    assert interval_s(both, runs(None, None, None, None)) == HOUR
    assert interval_s(both, runs(False, None, False)) == interval_s(both, runs(False, False, gap_s=2 * HOUR))


def test_one_bound_leaves_the_other_at_every() -> None:
    assert bounds(source(fastest=60.0)) == (60.0, HOUR)
    assert bounds(source(slowest=86400.0)) == (HOUR, 86400.0)
    assert bounds(source(fastest=2 * HOUR)) == (2 * HOUR, 2 * HOUR)


@given(st.lists(st.tuples(st.floats(1, 1e7), st.booleans()), max_size=40), st.floats(1, 1e6))
def test_the_estimate_is_where_the_likelihood_is_highest(gaps: list[tuple[float, bool]], prior_s: float) -> None:
    import math

    found = change_rate(gaps, prior_s=prior_s)

    def loglike(rate: float) -> float:
        rows = [(gap, float(yes), float(not yes)) for gap, yes in gaps] + [(prior_s, 0.5, 0.5)]
        return sum(y * math.log(-math.expm1(-rate * g)) - n * rate * g for g, y, n in rows)

    assert loglike(found) >= max(loglike(found * 1.01), loglike(found / 1.01)) - 1e-9


@pytest.mark.parametrize("mean_s", [1800.0, 4 * HOUR, 24 * HOUR])
def test_a_simulated_feed_is_found_changed_about_every_second_time(mean_s: float) -> None:
    both, draw = source(fastest=60.0, slowest=30 * 86400.0), random.Random(7)
    seen: list[Run] = []
    at, next_change, hits = 0.0, draw.expovariate(1 / mean_s), []
    for _ in range(400):
        new = next_change <= at
        while next_change <= at:
            next_change += draw.expovariate(1 / mean_s)
        seen.append(run(START + timedelta(seconds=at), changed=new))
        hits.append(new)
        at += interval_s(both, seen)
    assert 0.38 < sum(hits[50:]) / 350 < 0.62


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, False),
        ({"posts": 3}, True),
        ({"posts": 3, "kind": "pages"}, False),
        ({"posts": 3, "kind": "pages", "mentions_updated": 1}, True),
        ({"state": "silent"}, False),
        ({"state": "failing", "posts": 3}, None),
        ({"state": "stopped", "posts": 3}, None),
    ],
)
def test_what_a_run_shows(changes: dict[str, Any], shown: bool | None) -> None:
    assert changed(run(**changes)) is shown


def test_the_last_runs_are_read_from_the_store_across_months(tmp_path: Path) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    with open_store(str(tmp_path / "store"), write=True) as store:
        for name in ("news", "news2"):
            for day in range(60):
                at = now - timedelta(days=day)
                RUNS.put(store.records, run(at, source=name))
        found = last_runs(store.records, source(), now=now)
    starts = [run.started_at for run in found]
    assert starts == sorted(starts)
    assert starts[-1] == now
    assert 21 <= len(found) <= 40
