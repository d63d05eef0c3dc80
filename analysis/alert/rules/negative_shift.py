"""The share of negative opinions about one of our brands is higher than its past days lead one to expect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from analysis.alert.model import Facts, Finding, Opinions, Rule, Where
from analysis.track.bursts.nulls import NullWeeks, chosen_days, stacked
from analysis.track.statistics.surprise import higher_share

DAYS = 3
BASELINE_DAYS = 14
FEWEST_BEFORE = 30
HOLDS = 0.05
HIGHER = 0.1


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each of our brands with two weeks and thirty opinions of history."""
    findings = []
    for brand in facts.own:
        opinions = facts.opinions.get(brand.id)
        if opinions is None or not _enough(opinions):
            continue
        hits, of = sum(opinions.negative[-DAYS:]), sum(opinions.judged[-DAYS:])
        p, usual = higher_share(hits, of, opinions.negative[:-DAYS], opinions.judged[:-DAYS])
        enough = of >= rule.least
        share = hits / of if of else 0.0
        context = (f"Left out because they were silent: {', '.join(opinions.silent)}.",) if opinions.silent else ()
        findings.append(
            Finding(
                rule=rule.id,
                labels={"brand": brand.id},
                severity=rule.severity,
                headline=f"{brand.name}: opinions turned negative",
                now=f"{hits} of {of} opinions in {DAYS} days are negative ({share:.0%}), {usual:.0%} expected.",
                why=f"beta-binomial against the {len(opinions.judged) - DAYS} days before",
                fires=enough and share > usual + HIGHER,
                holds=enough and p <= HOLDS,
                p=p if enough else 1.0,
                volume=of,
                context=context,
                numbers={
                    "negative": hits,
                    "opinions": of,
                    "expected_share": round(usual, 4),
                    "silent_share": round(opinions.silent_share, 4),
                },
                where=Where(
                    since=_midnight(facts.now) - timedelta(days=DAYS - 1),
                    until=facts.now,
                    terms={"brand.id": [brand.id], "sentiment.label": ["negative"]},
                ),
            )
        )
    return findings


def _enough(opinions: Opinions) -> bool:
    return len(opinions.judged) >= DAYS + BASELINE_DAYS and sum(opinions.judged[:-DAYS]) >= FEWEST_BEFORE


def _midnight(at: datetime) -> datetime:
    return datetime(at.year, at.month, at.day, tzinfo=UTC)


def null(facts: Facts, rule: Rule, rng: np.random.Generator, weeks: int) -> NullWeeks:
    """Return what chance makes of the opinions of each of our brands: their days in another order at each look."""
    looks = math.ceil(rule.looks_a_week)
    parts = []
    for brand in facts.own:
        opinions = facts.opinions.get(brand.id)
        if opinions is None or not _enough(opinions):
            continue
        days = len(opinions.judged)
        least = np.ones(weeks)
        for week in range(weeks):
            for _ in range(looks):
                order = chosen_days(rng, days, days)
                hits = [opinions.negative[at] for at in order]
                of = [opinions.judged[at] for at in order]
                p, usual = higher_share(sum(hits[-DAYS:]), sum(of[-DAYS:]), hits[:-DAYS], of[:-DAYS])
                if sum(of[-DAYS:]) >= rule.least and sum(hits[-DAYS:]) > (usual + HIGHER) * sum(of[-DAYS:]):
                    least[week] = min(least[week], p)
        parts.append(NullWeeks(least[None], least[None] < 1.0))
    return stacked(parts, weeks)


RULE = Rule(
    id="negative_shift",
    title="Opinions about our brand turned negative",
    needs=("opinions",),
    judge=judge,
    severity="warning",
    least=10,
    cooldown_h=48.0,
    hold_h=24.0,
    looks_a_week=7 / 3,
    unit="opinions",
    burst=True,
    null=null,
)
