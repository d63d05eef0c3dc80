"""A competitor did something that people report: a launch, a price, an outage, a recall."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.alert.model import Facts, Finding, Rule

WORDS = {"end_of_product": "end of a product", "price": "price change", "terms": "new terms"}


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each move of the last week that was not reported just before it."""
    return [
        Finding(
            rule=rule.id,
            labels={"brand": move.brand, "move": move.what},
            severity=rule.severity,
            headline=f"{facts.name(move.brand)}: {WORDS.get(move.what, move.what)}",
            now=f"{move.stories} stories ({move.reports} reports) since {move.first}.",
            why="reports of one kind by different stories; it is not tested against chance",
            fires=move.stories >= rule.least,
            holds=True,
            volume=move.stories,
            context=(f"How people took it: {move.reaction}.",),
            numbers={"stories": move.stories, "reports": move.reports, "first": move.first.isoformat()},
            ids=move.evidence.ids,
        )
        for move in facts.moves
        if (move.brand, move.what) not in facts.earlier_moves
    ]


RULE = Rule(
    id="competitor_move",
    title="A competitor made a move",
    needs=("moves",),
    judge=judge,
    severity="info",
    least=2,
    cooldown_h=336.0,
    event=True,
    unit="stories",
)
