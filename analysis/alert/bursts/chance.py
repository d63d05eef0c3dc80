"""How many false alerts a week the tested rules make of this store's own series, if nothing at all happens.

Each tested rule says what chance makes of its series (``Rule.null``); all of a week's tests stand under the common
false-discovery rate, as in a pass. Beside ``candor rules``, the only caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.alert.model import Facts, Rule
from analysis.track.statistics.false_discovery import benjamini_hochberg

MOST_WEEKS, FEWEST_WEEKS = 104, 26
MOST_TESTS, MOST_BRANDS = 40_000, 420  # complaint series times weeks, brands times weeks: some seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ChanceAlerts:
    """What ``weeks`` simulated weeks without any news made of ``series`` series: false alerts a week, by rule."""

    weeks: int
    series: int
    by_rule: dict[str, float]

    @property
    def a_week(self) -> float:
        """False alerts a week, of all rules together."""
        return sum(self.by_rule.values())


def chance(facts: Facts, rules: Sequence[Rule], *, seed: int = 1) -> ChanceAlerts:
    """Simulate weeks without news for the rules that test; a rule whose series have too little past has none."""
    complaints = facts.complaints
    most = MOST_TESTS // max(1, len(complaints.series) if complaints else 0), MOST_BRANDS // max(1, len(facts.brands))
    weeks = max(FEWEST_WEEKS, min(MOST_WEEKS, *most))
    tables = []
    for number, rule in enumerate(rules):
        if rule.null is not None:
            table = rule.null(facts, rule, np.random.default_rng([seed, number]), weeks)
            tables.append((rule, table))
    tested = sum(len(table.p) for _, table in tables)
    tested += complaints.tested - len(complaints.series) if complaints else 0  # with nothing found
    told = {rule.id: 0 for rule, _ in tables}
    for week in range(weeks if tested else 0):
        p = np.concatenate([table.p[:, week] * max(1.0, rule.looks_a_week) for rule, table in tables])
        fires = np.concatenate([table.fires[:, week] for _, table in tables])
        found = fires & (benjamini_hochberg(np.minimum(p, 1.0), tested=tested) <= facts.options.q)
        at = 0
        for rule, table in tables:
            told[rule.id] += int(found[at : at + len(table.p)].sum())
            at += len(table.p)
    return ChanceAlerts(weeks=weeks, series=tested, by_rule={name: count / weeks for name, count in told.items()})
