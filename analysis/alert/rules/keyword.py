"""Words that the configuration asks to be told of."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.alert.model import Facts, Finding, Rule


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each watched query and brand with mentions in the last day."""
    watches = {watch.id: watch for watch in facts.options.keywords}
    findings = []
    for (watch, brand), mentions in sorted(facts.keywords.items()):
        stories = {mention.story or mention.post_id for mention in mentions}
        findings.append(
            Finding(
                rule=rule.id,
                labels={"brand": brand, "watch": watch},
                severity=watches[watch].severity,
                headline=f"{facts.name(brand)}: watched words “{watch}”",
                now=f"{len(stories)} stories match in the last day.",
                why=f"[[alerts.keywords]] {watch}; it is not tested against chance",
                fires=len(stories) >= rule.least,
                holds=bool(stories),
                volume=len(stories),
                numbers={"stories": len(stories)},
                ids=tuple(mention.id for mention in mentions),
            )
        )
    return findings


RULE = Rule(
    id="keyword",
    title="Watched words were found",
    needs=("keywords",),
    judge=judge,
    severity="info",
    least=1,
    cooldown_h=24.0,
    event=True,
    recurs=True,
    unit="stories",
)
