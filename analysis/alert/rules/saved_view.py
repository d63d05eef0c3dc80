"""Mentions that are new in a saved view which somebody made an alert."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.alert.model import Facts, Finding, Rule, ViewNews, stamp
from analysis.model.times import written_minute


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each view with something new: exactly the mentions that are."""
    return [_finding(rule, one) for one in facts.views if one.new]


def _finding(rule: Rule, found: ViewNews) -> Finding:
    count = len(found.new) + found.more
    unnamed = f"; the newest {len(found.new)} are named" if found.more else ""
    return Finding(
        rule=rule.id,
        # Each time that it tells is an alert of its own: what is new since then is another.
        labels={"view": found.key, "from": stamp(found.since), **({"brand": found.brand} if found.brand else {})},
        severity=found.severity,
        headline="New in the saved view",
        thing=found.name,
        now=f"{count} new since {written_minute(found.since)}{unnamed}.",
        why="somebody made this view an alert; it is not tested against chance",
        fires=found.due and count >= rule.least,
        volume=count,
        numbers={"new": count, "unnamed": found.more},
        ids=tuple(mention.id for mention in found.new),
    )


RULE = Rule(
    id="saved_view",
    title="A saved view has new mentions",
    needs=("views",),
    judge=judge,
    severity="info",
    least=1,
    cooldown_h=24.0,
    event=True,
)
