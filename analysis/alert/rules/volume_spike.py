"""More is said about a brand than its own hours and weekdays lead one to expect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from analysis.alert.model import Arrivals, Facts, Finding, Rule, Where
from analysis.track.bursts.latest import Burst, latest
from analysis.track.bursts.nulls import NullWeeks, null_weeks, stacked
from analysis.track.bursts.spikes import Tuning

BASELINE_DAYS = 14.0
DAY_S = 86_400
HOLDS = 0.05
TIMES = 1.5  # as much as is expected, at least


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each brand with two weeks of history."""
    findings = []
    for brand in facts.brands:
        arrivals = facts.arrivals.get(brand.id)
        if arrivals is None or not _known(arrivals):
            continue
        burst = latest(arrivals.values, start=arrivals.start, step_s=arrivals.step_s)
        span = burst.window * timedelta(seconds=arrivals.step_s)
        enough = burst.seen >= rule.least
        findings.append(
            Finding(
                rule=rule.id,
                labels={"brand": brand.id},
                severity=rule.severity if brand.role == "own" else "info",
                headline=f"{brand.name}: far more is said than usual",
                now=f"{burst.seen:.0f} stories in {_words(span)}, {burst.expected:.1f} expected.",
                why="negative-binomial baseline of its own hours and weekdays, copies counted once",
                fires=enough and _large(burst) and burst.begins,
                holds=enough and burst.p <= HOLDS,
                p=burst.p if enough else 1.0,
                volume=int(burst.seen),
                numbers={
                    "seen": int(burst.seen),
                    "expected": round(burst.expected, 2),
                    "hours": span / timedelta(hours=1),
                },
                where=Where(since=facts.now - span, until=facts.now, terms={"brand.id": [brand.id]}),
            )
        )
    return findings


def _known(arrivals: Arrivals) -> bool:
    return arrivals.history_days >= BASELINE_DAYS and len(arrivals.values) * arrivals.step_s > BASELINE_DAYS * DAY_S


def _large(burst: Burst) -> bool:
    return burst.seen > TIMES * burst.expected


def _words(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{hours * 60:.0f} minutes" if hours < 1 else "an hour" if hours == 1 else f"{hours:.0f} hours"


def null(facts: Facts, rule: Rule, rng: np.random.Generator, weeks: int) -> NullWeeks:
    """Return what chance makes of the arrivals of each brand with two weeks of history."""
    parts = [
        null_weeks(
            rng,
            one.values[-int(one.history_days * DAY_S / one.step_s) :],
            start=facts.now - timedelta(days=one.history_days),
            step_s=one.step_s,
            weeks=weeks,
            least=rule.least,
            times=TIMES,
            begins=Tuning().own_blocks,
        )
        for brand in facts.brands
        if (one := facts.arrivals.get(brand.id)) is not None and _known(one)
    ]
    return stacked(parts, weeks)


RULE = Rule(
    id="volume_spike",
    title="Far more is said about a brand than usual",
    needs=("arrivals",),
    judge=judge,
    severity="warning",
    least=8,
    cooldown_h=12.0,
    hold_h=6.0,
    looks_a_week=168.0,
    unit="stories",
    burst=True,
    null=null,
)
