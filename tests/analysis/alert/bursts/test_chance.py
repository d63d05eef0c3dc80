"""What `candor rules` expects by chance, of a store's own series."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from analysis.alert.bursts.chance import chance
from analysis.alert.model import Arrivals, Facts
from analysis.alert.passes import by_chance
from analysis.alert.rules import RULES
from analysis.alert.watchlist import Watchlist
from analysis.settings.tables import AlertOptions
from tests.support import seeded

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
BY_ID = {rule.id: rule for rule in RULES}


def facts(rate: float, q: float) -> Facts:
    values = np.random.default_rng(1).poisson(rate, 56 * 96).tolist()
    arrivals = Arrivals(start=NOW - timedelta(days=56), step_s=900, values=values, history_days=56)
    return Facts(now=NOW, brands=seeded.BRANDS[:1], arrivals={"tessaro": arrivals}, options=AlertOptions(q=q))


def test_every_tested_rule_says_what_chance_makes_of_it() -> None:
    assert {rule.id for rule in RULES if rule.null is not None} == {rule.id for rule in RULES if rule.statistical}


def test_more_is_told_by_chance_where_a_higher_rate_is_accepted() -> None:
    loose = replace(BY_ID["volume_spike"], least=1)
    assert chance(facts(0.4, 0.05), [loose]).a_week <= 0.1
    assert chance(facts(0.4, 0.05), [loose]).a_week <= chance(facts(0.4, 0.99), [loose]).a_week
    assert chance(facts(0.4, 0.99), [loose]).a_week > 0.1


def test_a_store_without_a_past_has_no_series_to_simulate() -> None:
    empty = chance(Facts(now=NOW, brands=seeded.BRANDS), [rule for rule in RULES if rule.null])
    assert (empty.series, empty.a_week) == (0, 0.0)


def test_a_stores_own_series_keep_the_rate(tmp_path: Path) -> None:
    with seeded.seeded_store(tmp_path / "store") as store:
        found = by_chance(store, Watchlist(brands=seeded.BRANDS, sources=seeded.SOURCES), now=NOW)
    assert found.series > 10
    assert set(found.by_rule) == {rule.id for rule in RULES if rule.statistical}
    assert found.a_week <= 0.1
