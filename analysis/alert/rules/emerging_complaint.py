"""A complaint about one of our brands is more than its own past explains (``analysis.track.statistics.emergence``)."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.alert.defuse import dead
from analysis.alert.model import Facts, Finding, Rule, Where
from analysis.track.sections.emerging import EmergingSeries

MARKET = {
    "ours only": "Competitors do not have it.",
    "whole market": "Competitors have it too: the whole market complains.",
    "nothing to compare with": "No competitor has mentions to compare with.",
}


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each emerging complaint about our brands; what was found at a looser rate only holds.

    The search gives q within its own tests. To put them under the common error rate, p is set to q * place / tests,
    which gives the very same q among these tests alone and is never looser than Benjamini and Hochberg's steps.
    """
    if facts.emerging is None:
        return []
    own = {brand.id for brand in facts.own}
    ranked = sorted(facts.emerging.emerging, key=lambda one: one.q_value)
    tested = facts.emerging.series_tested
    tests = max(tested, len(ranked), 1)
    return [
        _finding(facts, rule, one, p=one.q_value * place / tests, tested=tested)
        for place, one in enumerate(ranked, start=1)
        if one.brand in own
    ]


def _finding(facts: Facts, rule: Rule, one: EmergingSeries, *, p: float, tested: int) -> Finding:
    theme = next((theme for theme in facts.themes if (theme.brand, theme.id) == (one.brand, one.theme)), None)
    severity = "urgent" if theme is not None and theme.severity in ("safety", "data_loss") else rule.severity
    drives = [MARKET[one.market]]
    if theme is not None and theme.versions:
        version = dead(theme.versions[0].version, 30)  # A stranger's page names it.
        drives.append(f"Version {version} stands out: {theme.versions[0].ratio.value:.1f} times.")
    labels = {"brand": one.brand, "theme": one.theme}
    where = {"brand.id": [one.brand], "complaint_topics": [one.theme]}
    if one.phrase:
        labels["phrase"] = one.phrase
        where = {"brand.id": [one.brand], "complaint_phrases": [f"{one.theme}/{one.phrase}"]}
    enough = one.stories >= rule.least
    return Finding(
        rule=rule.id,
        labels=labels,
        severity=severity,
        headline=f"{facts.name(one.brand)}: new complaint about {one.name.lower()}",
        now=f"{one.observed} stories by {one.authors} people in {one.window_days} days, {one.expected:.1f} expected.",
        why=f"negative-binomial baseline of 26 weeks, {tested} series tested",
        fires=enough,
        holds=True,
        p=p,
        volume=one.stories,
        thing=one.phrase,
        context=tuple(drives),
        numbers={
            "seen": one.observed,
            "expected": round(one.expected, 2),
            "days": one.window_days,
            "growth": round(one.growth.value, 2),
            "growth_low": round(one.growth.low, 2),
            "growth_high": round(one.growth.high, 2),
        },
        ids=one.evidence.ids,
        where=Where(since=one.evidence.since, until=one.evidence.until, terms=where),
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
    looks_a_week=1.0,
    unit="stories",
)
