"""A fix that we shipped has got its verdict, or the complaint came back."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.alert.model import Facts, Finding, Rule, Severity

SAID = {
    "worked": ("the fix worked", "info"),
    "no effect seen": ("no effect of the fix is seen", "warning"),
    "worse": ("complaints are worse after the fix", "warning"),
    "came back": ("the complaint came back after the fix", "warning"),
}


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each fix with a verdict other than too little data."""
    findings = []
    for fix in facts.fixes:
        if fix.verdict not in SAID:
            continue
        words, level = SAID[fix.verdict]
        effect = (
            f", {fix.effect.value:+.0%} (95% {fix.effect.low:+.0%} to {fix.effect.high:+.0%})" if fix.effect else ""
        )
        severity: Severity = "warning" if level == "warning" and rule.severity != "urgent" else rule.severity
        findings.append(
            Finding(
                rule=rule.id,
                labels={"brand": fix.brand, "theme": fix.theme, "fix": fix.key, "verdict": fix.verdict},
                severity=severity,
                headline=f"{facts.name(fix.brand)}, {fix.theme_name.lower()}: {words}",
                now=f"{fix.before} of {fix.before_of} mentions before, {fix.after} of {fix.after_of} after{effect}.",
                why="difference in differences against the competitors' same theme",
                fires=fix.after_of + fix.before_of >= rule.least,
                holds=True,
                volume=fix.after_of + fix.before_of,
                context=(f"Shipped {fix.shipped}.", *([f"Up again since about {fix.turned}."] if fix.turned else [])),
                numbers={
                    "verdict": fix.verdict,
                    "before": fix.before,
                    "before_of": fix.before_of,
                    "after": fix.after,
                    "after_of": fix.after_of,
                    "effect": round(fix.effect.value, 4) if fix.effect else None,
                },
                ids=fix.evidence.ids,
            )
        )
    return findings


RULE = Rule(
    id="fix_verdict",
    title="A fix got its verdict, or a complaint came back",
    needs=("fixes",),
    judge=judge,
    severity="info",
    least=10,
    cooldown_h=2160.0,
    event=True,
)
