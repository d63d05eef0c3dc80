"""A complaint about one of our brands is more than its own past explains (``analysis.track.statistics.emergence``)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from analysis.alert.defuse import dead
from analysis.alert.model import Facts, Finding, Rule, Where
from analysis.track.bursts.null_complaints import null_complaints
from analysis.track.bursts.nulls import NullWeeks, stacked
from analysis.track.sections.emerging import EmergingSeries
from analysis.track.statistics.complaint_days import Days, JudgedDays, judge_days
from analysis.track.statistics.newness import by_chance

MARKET = {
    "ours only": "Competitors do not have it.",
    "whole market": "Competitors have it too: the whole market complains.",
    "nothing to compare with": "Too few of the competitors' stories tell of it to compare.",
}


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each emerging complaint about our brands; what was found at a looser rate only holds.

    The search gives q within its own tests. To put them under the common error rate, p is set to q * place / tests,
    which gives the very same q among these tests alone and is never looser than Benjamini and Hochberg's steps.
    """
    if facts.emerging is None:
        return []
    own = {brand.id for brand in facts.own}
    ranked = sorted(facts.emerging.emerging, key=lambda series: series.q_value)
    tested = facts.emerging.series_tested
    tests = max(tested, len(ranked), 1)
    return [
        _finding(facts, rule, series, p=series.q_value * place / tests, tested=tested)
        for place, series in enumerate(ranked, start=1)
        if series.brand in own
    ]


def _finding(facts: Facts, rule: Rule, series: EmergingSeries, *, p: float, tested: int) -> Finding:
    theme = next((theme for theme in facts.themes if (theme.brand, theme.id) == (series.brand, series.theme)), None)
    severity = "urgent" if theme is not None and theme.severity in ("safety", "data_loss") else rule.severity
    drives = [MARKET[series.market]]
    if series.new_words:
        drives.append(
            f"New in it: {', '.join(dead(f'word {word}', 29).removeprefix('word ') for word in series.new_words)}."
        )
    if theme is not None and theme.versions:
        # A stranger's page names it; behind a word, because a number that begins a line is dropped as a list's mark.
        version = dead(f"Version {theme.versions[0].version}", 38)
        drives.append(f"{version} stands out: {theme.versions[0].ratio.value:.1f} times.")
    labels = {"brand": series.brand, "theme": series.theme}
    where = {"brand.id": [series.brand], "complaint_topics": [series.theme]}
    if series.phrase:
        labels["phrase"] = series.phrase
        where = {"brand.id": [series.brand], "complaint_phrases": [f"{series.theme}/{series.phrase}"]}
    enough = series.stories >= rule.least
    seen = f"{series.observed} stories by {series.authors} people"
    return Finding(
        rule=rule.id,
        labels=labels,
        severity=severity,
        headline=f"{facts.name(series.brand)}: new complaint about {series.name.lower()}",
        now=f"{seen} in {series.window_days} days, {series.expected:.1f} expected.",
        why=f"negative-binomial baseline of 26 weeks, {tested} series tested",
        fires=enough,
        holds=True,
        p=p,
        volume=series.stories,
        thing=series.phrase,
        context=tuple(drives),
        numbers={
            "seen": series.observed,
            "expected": round(series.expected, 2),
            "days": series.window_days,
            "growth": round(series.growth.value, 2),
            "growth_low": round(series.growth.low, 2),
            "growth_high": round(series.growth.high, 2),
        },
        ids=series.evidence.ids,
        where=Where(since=series.evidence.since, until=series.evidence.until, terms=where),
    )


def null(facts: Facts, rule: Rule, rng: np.random.Generator, weeks: int) -> NullWeeks:
    """Return what chance makes of all complaint series; those that are not ours are tested and never told."""
    looked = facts.complaints
    if looked is None or not looked.series:
        return stacked([], weeks)
    own = np.array([series.brand in {brand.id for brand in facts.own} for series in looked.series])

    def by_counts_and_texts(table: Days, brands: Sequence[str], *, start: date, period_days: int) -> JudgedDays:
        return by_chance(rng, judge_days(table, brands, start=start, period_days=period_days))

    return null_complaints(
        rng,
        looked.series,
        start=looked.start,
        period_days=looked.period_days,
        weeks=weeks,
        judge=by_counts_and_texts,
        tells=lambda judged: own & (judged.count >= rule.least),
    )


RULE = Rule(
    id="emerging_complaint",
    title="A new complaint about our brand",
    needs=("emerging", "themes"),
    judge=judge,
    severity="warning",
    least=3,
    cooldown_h=168.0,
    hold_h=24.0,
    looks_a_week=4.0,
    unit="stories",
    burst=True,
    null=null,
)
