"""More people than usual say that they have left, or think of leaving, one of our brands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from analysis.alert.model import Facts, Finding, Rule, Where
from analysis.track.bursts.latest import latest
from analysis.track.bursts.nulls import NullWeeks, null_weeks, stacked

DAYS = 7
BASELINE_DAYS = 28
HOLDS = 0.05
TIMES = 1.5


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each of our brands with four weeks of history."""
    findings = []
    for brand in facts.own:
        days = facts.departures.get(brand.id, ())
        if len(days) < BASELINE_DAYS + DAYS:
            continue
        burst = latest(days, start=_first(facts, days), step_s=86400)
        enough = burst.seen >= rule.least
        findings.append(
            Finding(
                rule=rule.id,
                labels={"brand": brand.id},
                severity=rule.severity,
                headline=f"{brand.name}: more customers leave than usual",
                now=f"{burst.seen:.0f} tell of leaving in {_days(burst.window)}, {burst.expected:.1f} expected.",
                why=f"negative-binomial baseline of {len(days)} days",
                fires=enough and burst.seen > TIMES * burst.expected,
                holds=enough and burst.p <= HOLDS,
                p=burst.p if enough else 1.0,
                volume=int(burst.seen),
                context=_targets(facts, brand.id),
                numbers={"seen": int(burst.seen), "expected": round(burst.expected, 2), "days": burst.window},
                where=Where(
                    since=_midnight(facts.now) - timedelta(days=burst.window - 1),
                    until=facts.now,
                    terms={"switching.origin": [brand.id]},
                ),
            )
        )
    return findings


def _first(facts: Facts, days: Sequence[int]) -> datetime:
    return _midnight(facts.now) - timedelta(days=len(days) - 1)


def _midnight(at: datetime) -> datetime:
    return datetime(at.year, at.month, at.day, tzinfo=UTC)


def _days(count: int) -> str:
    return f"{count} days" if count > 1 else "a day"


def _targets(facts: Facts, brand: str) -> tuple[str, ...]:
    ways = [
        f"{flow.done + flow.considered} to {facts.name(flow.target)}"
        for flow in facts.switching
        if flow.origin == brand
    ]
    return (f"Where they go: {', '.join(ways[:3])}.",) if ways else ()


def null(facts: Facts, rule: Rule, rng: np.random.Generator, weeks: int) -> NullWeeks:
    """Return what chance makes of those who leave each of our brands."""
    parts = [
        null_weeks(
            rng, days, start=_first(facts, days), step_s=86400, weeks=weeks, least=rule.least, times=TIMES, begins=0.0
        )
        for brand in facts.own
        if len(days := facts.departures.get(brand.id, ())) >= BASELINE_DAYS + DAYS
    ]
    return stacked(parts, weeks)


RULE = Rule(
    id="switching_surge",
    title="More customers than usual leave our brand",
    needs=("departures", "switching"),
    judge=judge,
    severity="warning",
    least=4,
    cooldown_h=72.0,
    hold_h=24.0,
    looks_a_week=4.0,
    unit="mentions of leaving",
    burst=True,
    null=null,
)
