"""A complaint about our brand has ended, its praise has stopped, or a source gives far less than it used to.

The mirror of new complaints (``analysis.track.statistics.stopping``): told once, as an event.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.alert.bursts.kind import fall_kind
from analysis.alert.model import Facts, Finding, Rule, Where
from analysis.track.bursts.null_complaints import null_complaints
from analysis.track.bursts.nulls import NullWeeks, stacked
from analysis.track.sections.emerging import StoppedSeries
from analysis.track.statistics.complaint_days import JudgedDays
from analysis.track.statistics.stopping import MOST_LEFT, judge_table

MARKET = {
    "ours only": "It goes on with competitors.",
    "whole market": "It has stopped with competitors too.",
    "nothing to compare with": "Too few of the competitors' stories tell of it to compare.",
}


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each complaint and praise of our brands, and each source, that has stopped.

    As for new complaints, p is set to q * place / tests, so that the search's own rate goes into the common one.
    """
    if facts.stopped is None:
        return []
    own = {brand.id for brand in facts.own}
    ranked = sorted(facts.stopped.stopped, key=lambda one: one.q_value)
    tests = max(facts.stopped.stopped_tested, len(ranked), 1)
    return [
        _finding(facts, rule, one, p=one.q_value * place / tests, tests=tests)
        for place, one in enumerate(ranked, start=1)
        if one.of == "source" or one.brand in own
    ]


def _finding(facts: Facts, rule: Rule, one: StoppedSeries, *, p: float, tests: int) -> Finding:
    labels = {
        "of": one.of,
        **({"source": one.theme} if one.of == "source" else {"brand": one.brand, "theme": one.theme}),
    }
    if one.phrase:
        labels["phrase"] = one.phrase
    left = "nothing" if not one.observed else f"{one.observed} stories"
    since = f" Last seen {one.last_seen:%Y-%m-%d}." if one.last_seen else ""
    return Finding(
        rule=rule.id,
        labels=labels,
        severity="info" if one.of == "complaint" else rule.severity,
        headline=_headline(facts, one),
        now=f"{left} in {one.window_days} days, {one.expected:.1f} expected.{since}",
        why=f"negative-binomial baseline of 26 weeks, {tests} series tested",
        fires=one.expected >= rule.least,
        p=p,
        volume=round(one.expected - one.observed),
        thing=one.phrase,
        context=() if one.of == "source" else (MARKET[one.market],),
        numbers={
            "seen": one.observed,
            "expected": round(one.expected, 2),
            "days": one.window_days,
            "change": round(one.growth.value, 2),
            "change_low": round(one.growth.low, 2),
            "change_high": round(one.growth.high, 2),
        },
        ids=one.evidence.ids,
        where=Where(
            since=one.evidence.since,
            until=one.evidence.until,
            terms={part.field: list(part.values) for part in one.evidence.where},
        ),
        kind={} if one.of == "source" else fall_kind(one.market),
    )


def _headline(facts: Facts, one: StoppedSeries) -> str:
    if one.of == "source":
        return f"Source {one.theme} has gone quiet though it is read"
    word = {"complaint": "complaints about", "praise": "praise for"}[one.of]
    end = "stopped" if not one.observed else "nearly stopped"
    return f"{facts.name(one.brand)}: {word} {one.name.lower()} {'has' if one.of == 'praise' else 'have'} {end}"


def null(facts: Facts, rule: Rule, rng: np.random.Generator, weeks: int) -> NullWeeks:
    """Return what chance makes of all series that may stop; those of competitors are tested and never told."""
    if facts.talk is None:
        return stacked([], weeks)
    own = {brand.id for brand in facts.own}
    parts = []
    for name, series in facts.talk.series.items():
        if series:
            ours = np.array([name == "source" or one.brand in own for one in series])
            parts.append(
                null_complaints(
                    rng,
                    series,
                    start=facts.talk.start,
                    period_days=facts.talk.period_days,
                    weeks=weeks,
                    judge=judge_table,
                    tells=partial(_tells, rule, ours),
                )
            )
    return stacked(parts, weeks)


def _tells(rule: Rule, ours: NDArray[np.bool_], judged: JudgedDays) -> NDArray[np.bool_]:
    """Return which of the judged series the rule would tell of, where chance alone made them fall."""
    return ours & (judged.expected >= rule.least) & (judged.count <= MOST_LEFT * judged.expected)


RULE = Rule(
    id="gone_quiet",
    title="A complaint ended, praise stopped, or a source went quiet",
    needs=("stopped",),
    judge=judge,
    severity="warning",
    least=4,
    cooldown_h=336.0,
    event=True,
    looks_a_week=4.0,
    unit="expected stories",
    null=null,
)
