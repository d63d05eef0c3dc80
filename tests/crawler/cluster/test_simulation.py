"""The simulation that `make simulate` prints, in small: whatever dies, every source that is due is crawled."""

from __future__ import annotations

import pytest

from bench.placement import Model, Simulation, spread, web

SMALL = web(sources=400, hosts=60)
MODEL = Model(requests=20.0, mtbf_s=300.0, back_s=20.0, horizon_s=3600)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_due_is_begun_though_actors_die(seed: int) -> None:
    found = Simulation(SMALL, 4, MODEL, seed=seed).run()
    assert found.deaths > 10
    assert found.again > 0
    # What was lost is begun again; what fell due in the last minute may not have begun.
    assert found.begun >= 0.95 * found.due
    assert found.p99_s < 120


def test_one_actor_has_everything_and_of_ten_each_has_some() -> None:
    assert spread(SMALL, 1).moved == 1.0
    assert 0 < spread(SMALL, 10).moved < 0.3
