"""One post that tells of danger, lost data or money taken is enough, whatever its mood."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.alert.model import Facts, Finding, Rule
from analysis.model import Mention
from analysis.model.times import written_minute

HARM = {"safety": "safety", "data_loss": "lost data", "money": "money taken"}


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each story of the last week in which a post about our brand tells of such harm."""
    findings = []
    for brand, mentions in sorted(facts.severe.items()):
        stories: dict[str, list[Mention]] = {}
        for mention in sorted(mentions, key=lambda mention: (mention.published_at, mention.id)):
            stories.setdefault(mention.story or mention.post_id, []).append(mention)
        findings += [_finding(facts, rule, brand, story, copies) for story, copies in stories.items()]
    return findings


def _finding(facts: Facts, rule: Rule, brand: str, story: str, copies: Sequence[Mention]) -> Finding:
    first = copies[0]
    reach = sum(mention.engagement.likes + mention.engagement.replies + mention.engagement.shares for mention in copies)
    copied = f", {len(copies)} copies" if len(copies) > 1 else ""
    views = sum(mention.engagement.views for mention in copies)
    seen = f", {views} views" if views else ""
    return Finding(
        rule=rule.id,
        labels={"brand": brand, "harm": first.severity.level, "story": story[:16]},
        severity=rule.severity,
        headline=f"{facts.name(brand)}: a complaint tells of {HARM[first.severity.level]}",
        now=f"Published {written_minute(first.published_at)}; {reach} reactions{seen}{copied}.",
        why="one such complaint is enough; it is not tested against chance",
        fires=len(copies) >= rule.least,
        holds=True,
        volume=len(copies),
        numbers={"reactions": reach, "views": views, "copies": len(copies)},
        ids=tuple(mention.id for mention in copies),
    )


RULE = Rule(
    id="severe_complaint",
    title="A single complaint about safety, lost data or money taken",
    needs=("severe",),
    judge=judge,
    severity="urgent",
    least=1,
    cooldown_h=720.0,
    event=True,
)
