"""More posts than usual could not be stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from analysis.alert.model import Facts, Finding, Rule

BASELINE_DAYS = 14


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each source: posts refused in the last day against the two weeks before."""
    day = facts.now - timedelta(days=1)
    findings = []
    for source, runs in sorted(facts.runs.items()):
        now = sum(run.refused for run in runs if run.started_at >= day)
        before = [run for run in runs if run.started_at < day]
        if not before:
            continue
        span = min(BASELINE_DAYS, max(1.0, (day - before[0].started_at) / timedelta(days=1)))
        usual = sum(run.refused for run in before) / span
        findings.append(
            Finding(
                rule=rule.id,
                labels={"source": source},
                severity=rule.severity,
                headline=f"Posts from {source} could not be stored",
                now=f"{now} refused in the last day, {usual:.1f} a day before.",
                why="refusals counted run by run; it is not tested against chance",
                fires=now >= rule.least and now > 2 * usual,
                holds=now > usual,
                volume=now,
                numbers={"refused": now, "usual": round(usual, 2)},
            )
        )
    return findings


RULE = Rule(
    id="dead_letters",
    title="Posts could not be stored",
    needs=("runs",),
    judge=judge,
    severity="warning",
    least=5,
    cooldown_h=24.0,
    hold_h=6.0,
    unit="posts refused",
)
