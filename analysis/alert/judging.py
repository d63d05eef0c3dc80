"""All rules of a pass together: one false-discovery rate over what a week of passes tests, then inhibition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.alert.model import Facts, Finding, Rule
from analysis.track.statistics.false_discovery import benjamini_hochberg

UNSAFE_SHARE = 1 / 7  # as in the report: silent sources that took away so much make a share say nothing
MOOD = ("negative_shift", "rating_drop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A finding with its adjusted probability. ``fires``: it opens an alert. ``inhibited`` says why it may not."""

    finding: Finding
    q: float | None
    fires: bool
    inhibited: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """What a pass found: all findings judged, and over how many tests the error rate holds."""

    judged: tuple[Judged, ...]
    tested: int
    error_rate: float


def judge(facts: Facts, rules: Sequence[Rule]) -> Judgements:
    """Run the rules over the facts; hold one error rate over all that were tested; inhibit what an outage explains."""
    findings = [finding for rule in rules for finding in rule.judge(facts, rule)]
    tests = [finding for finding in findings if finding.p is not None]
    extra = _tested_elsewhere(facts, rules)
    looks = {rule.id: max(1.0, rule.looks_a_week) for rule in rules}
    # A rule that looks often gets as many chances: Bonferroni over a week's looks, so that the rate is one a week.
    weekly = [min(1.0, finding.p * looks[finding.rule]) for finding in tests if finding.p is not None]
    adjusted = benjamini_hochberg(weekly, tested=len(tests) + extra)
    q_of = {id(finding): float(q) for finding, q in zip(tests, adjusted, strict=True)}
    limit = facts.options.q
    judged = [_judged(finding, q_of.get(id(finding)), limit) for finding in findings]
    return Judgements(judged=tuple(inhibit(judged)), tested=len(tests) + extra, error_rate=limit)


def _judged(finding: Finding, q: float | None, limit: float) -> Judged:
    return Judged(finding=finding, q=q, fires=finding.fires and (q is None or q <= limit))


def _tested_elsewhere(facts: Facts, rules: Sequence[Rule]) -> int:
    """Series that were tested for being new or having stopped, and found neither: they count among the tests."""
    judging, extra = {rule.id for rule in rules}, 0
    if facts.emerging is not None and "emerging_complaint" in judging:
        extra += max(0, facts.emerging.series_tested - len(facts.emerging.emerging))
    if facts.stopped is not None and "gone_quiet" in judging:
        extra += max(0, facts.stopped.stopped_tested - len(facts.stopped.stopped))
    return extra


def inhibit(judged: Iterable[Judged]) -> list[Judged]:
    """Hold back what another finding explains.

    A change of mood while silent sources take away a seventh or more of what is usual; an overdue crawl of a source
    that is already told to be failing.
    """
    every = list(judged)
    failing = {
        each.finding.labels.get("source") for each in every if each.finding.rule == "source_failing" and each.fires
    }
    result = []
    for each in every:
        silent = each.finding.numbers.get("silent_share")
        reason = ""
        if each.finding.rule in MOOD and isinstance(silent, float) and silent >= UNSAFE_SHARE:
            reason = f"sources silent for {silent:.0%} of the usual mentions"
        elif each.finding.rule == "crawl_overdue" and each.finding.labels.get("source") in failing:
            reason = "the source is already told to be failing"
        held = Judged(finding=each.finding, q=each.q, fires=False, inhibited=reason)
        result.append(held if reason and each.fires else each)
    return result
