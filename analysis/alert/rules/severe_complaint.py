"""One complaint that tells of danger or lost data is enough."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.alert.model import Facts, Finding, Rule
from analysis.model import Mention
from analysis.model.times import written_minute

HARM = {"safety": "safety", "data_loss": "lost data"}


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each story of the last week in which a complaint about our brand tells of such harm."""
    found = []
    for brand, mentions in sorted(facts.severe.items()):
        stories: dict[str, list[Mention]] = {}
        for mention in sorted(mentions, key=lambda one: (one.published_at, one.id)):
            stories.setdefault(mention.story or mention.post_id, []).append(mention)
        found += [_finding(facts, rule, brand, story, told) for story, told in stories.items()]
    return found


def _finding(facts: Facts, rule: Rule, brand: str, story: str, told: Sequence[Mention]) -> Finding:
    first = told[0]
    reach = sum(one.engagement.likes + one.engagement.replies + one.engagement.shares for one in told)
    copies = f", {len(told)} copies" if len(told) > 1 else ""
    views = sum(one.engagement.views for one in told)
    seen = f", {views} views" if views else ""
    return Finding(
        rule=rule.id,
        labels={"brand": brand, "harm": first.severity.level, "story": story[:16]},
        severity=rule.severity,
        headline=f"{facts.name(brand)}: a complaint tells of {HARM[first.severity.level]}",
        now=f"Published {written_minute(first.published_at)}; {reach} reactions{seen}{copies}.",
        why="one such complaint is enough; it is not tested against chance",
        fires=len(told) >= rule.least,
        holds=True,
        volume=len(told),
        numbers={"reactions": reach, "views": views, "copies": len(told)},
        ids=tuple(one.id for one in told),
    )


RULE = Rule(
    id="severe_complaint",
    title="A single complaint about safety or lost data",
    needs=("severe",),
    judge=judge,
    severity="urgent",
    least=1,
    cooldown_h=720.0,
    event=True,
)
