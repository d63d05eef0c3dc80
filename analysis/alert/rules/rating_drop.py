"""The stars that one of our brands gets are lower than before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from analysis.alert.model import Facts, Finding, Rule, Where
from analysis.track.bursts.nulls import NullWeeks, stacked
from analysis.track.statistics.surprise import lower_values

DAYS, DAYS_BEFORE = 7, 90
FEWEST_BEFORE = 20
HOLDS = 0.1
LOWER = 0.3  # stars


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each of our brands with twenty ratings before."""
    findings = []
    for brand in facts.own:
        stars = facts.stars.get(brand.id)
        if stars is None or sum(stars.before.values()) < FEWEST_BEFORE:
            continue
        count, enough = sum(stars.now.values()), sum(stars.now.values()) >= rule.least
        p = lower_values(stars.now, stars.before)
        now, before = _mean(stars.now), _mean(stars.before)
        findings.append(
            Finding(
                rule=rule.id,
                labels={"brand": brand.id},
                severity=rule.severity,
                headline=f"{brand.name}: ratings dropped",
                now=f"{now:.1f} stars on average of {count} in {DAYS} days, {before:.1f} before.",
                why=f"Mann and Whitney's test against {sum(stars.before.values())} ratings of the 90 days before",
                fires=enough and before - now >= LOWER,
                holds=enough and p <= HOLDS,
                p=p if enough else 1.0,
                volume=count,
                numbers={
                    "stars": round(now, 3),
                    "stars_before": round(before, 3),
                    "ratings": count,
                    "silent_share": round(stars.silent_share, 4),
                },
                where=Where(
                    since=facts.now - timedelta(days=DAYS),
                    until=facts.now,
                    terms={"brand.id": [brand.id], "sentiment.label": ["negative"]},
                ),
            )
        )
    return findings


def _mean(stars: Mapping[float, int]) -> float:
    total = sum(stars.values())
    return sum(value * count for value, count in stars.items()) / total if total else 0.0


def null(facts: Facts, rule: Rule, rng: np.random.Generator, weeks: int) -> NullWeeks:
    """Return what chance makes of the ratings of each of our brands: a week of them drawn from all that there are."""
    parts = []
    for brand in facts.own:
        stars = facts.stars.get(brand.id)
        if stars is None or sum(stars.before.values()) < FEWEST_BEFORE:
            continue
        counts = Counter(stars.before) + Counter(stars.now)
        values, pool = list(counts), np.array(list(counts.values()))
        least, usual = np.ones(weeks), pool.sum() * DAYS / (DAYS + DAYS_BEFORE)
        for week in range(weeks):
            now = rng.multinomial(rng.poisson(usual), pool / pool.sum())
            before = rng.multinomial(pool.sum(), pool / pool.sum())
            recent, past = (dict(zip(values, part.tolist(), strict=True)) for part in (now, before))
            if now.sum() >= rule.least and _mean(past) - _mean(recent) >= LOWER:
                least[week] = lower_values(recent, past)
        parts.append(NullWeeks(least[None], least[None] < 1.0))
    return stacked(parts, weeks)


RULE = Rule(
    id="rating_drop",
    title="Our ratings dropped",
    needs=("stars",),
    judge=judge,
    severity="warning",
    least=8,
    cooldown_h=72.0,
    hold_h=24.0,
    looks_a_week=1.0,
    unit="ratings",
    null=null,
)
