"""A site names one of our brands for the first time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from analysis.alert.model import Facts, Finding, Rule, Where

BASELINE_DAYS = 28
DAYS = 7


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each site that is new in the last week, for brands with four weeks of history."""
    findings = []
    for (brand, site), count in sorted(facts.newcomers.items()):
        first = facts.history.get(brand)
        if first is None or (facts.now.date() - first).days < BASELINE_DAYS:
            continue
        findings.append(
            Finding(
                rule=rule.id,
                labels={"brand": brand, "site": site},
                severity=rule.severity,
                headline=f"{facts.name(brand)}: first named by a new site",
                now=f"{count} mentions in {DAYS} days, none before.",
                why=f"never seen since {first}; it is not tested against chance",
                fires=count >= rule.least,
                holds=True,
                volume=count,
                thing=site,
                numbers={"mentions": count},
                where=Where(
                    since=facts.now - timedelta(days=DAYS),
                    until=facts.now,
                    terms={"brand.id": [brand], "domain": [site]},
                ),
            )
        )
    return findings


RULE = Rule(
    id="first_mention",
    title="A site names our brand for the first time",
    needs=("newcomers",),
    judge=judge,
    severity="info",
    least=1,
    cooldown_h=2160.0,
    event=True,
)
