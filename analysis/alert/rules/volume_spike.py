"""More is said about a brand than its own hours and weekdays lead one to expect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from analysis.alert.model import Facts, Finding, Rule, Where
from analysis.track.statistics.surprise import more_than_usual

WINDOWS = (6, 24)  # hours
BASELINE_DAYS = 14.0
HOLDS = 0.05


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each brand with two weeks of history."""
    findings = []
    for brand in facts.brands:
        hours = facts.arrivals.get(brand.id)
        if hours is None or hours.history_days < BASELINE_DAYS or len(hours.values) <= 24 * BASELINE_DAYS:
            continue
        p, window, seen, mean = more_than_usual(hours.values, start=hours.start, step_s=3600, windows=WINDOWS)
        enough = seen >= rule.least
        findings.append(
            Finding(
                rule=rule.id,
                labels={"brand": brand.id},
                severity=rule.severity if brand.role == "own" else "info",
                headline=f"{brand.name}: far more is said than usual",
                now=f"{seen:.0f} stories in {window} hours, {mean:.1f} expected.",
                why="negative-binomial baseline of its own hours and weekdays, copies counted once",
                fires=enough and seen > 1.5 * mean,
                holds=enough and p <= HOLDS,
                p=p if enough else 1.0,
                volume=int(seen),
                numbers={"seen": int(seen), "expected": round(mean, 2), "hours": window},
                where=Where(since=facts.now - timedelta(hours=window), until=facts.now, terms={"brand.id": [brand.id]}),
            )
        )
    return findings


RULE = Rule(
    id="volume_spike",
    title="Far more is said about a brand than usual",
    needs=("arrivals",),
    judge=judge,
    severity="warning",
    least=8,
    cooldown_h=12.0,
    hold_h=6.0,
    looks_a_week=28.0,
    unit="stories",
)
