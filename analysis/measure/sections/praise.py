"""What people praise in us and in competitors."""

from __future__ import annotations

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.track import topics
from analysis.track.sections.praise import Praise

OURS, THEIRS = 5, 3  # topics shown of one brand


def section(asking: Asking) -> tuple[Praise, ...]:
    """Return what is praised most in each brand, in the order of the brands."""
    table = asking.of(answers.praise)
    return tuple(
        _praise(asking, brand.id, topic, int(table[brand.id, topic]["doc_count"]))
        for brand in asking.scope.brands
        for topic in [topic for name, topic in table if name == brand.id][: OURS if brand.role == "own" else THEIRS]
    )


def _praise(asking: Asking, brand: str, topic: str, count: int) -> Praise:
    proof, words = look(asking.scope, count, {"brand.id": [brand], "praise_topics": [topic]}, quotes=1)
    return Praise(
        brand=brand,
        theme=topic,
        name=topics.readable(topic, asking.names),
        count=count,
        mentions=asking.of(answers.mentions)[brand],
        quotes=words,
        evidence=proof,
    )
