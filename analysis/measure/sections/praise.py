"""What people praise in us and in competitors."""

from __future__ import annotations

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.topicless import topicless
from analysis.track import topics
from analysis.track.sections.praise import Praise, Praised

OURS, THEIRS = 5, 3  # topics shown of one brand


def section(asking: Asking) -> Praised:
    """Return what is praised most in each brand, in the order of the brands, and what no topic names."""
    brands = [brand.id for brand in asking.scope.brands]
    praise = _most(asking)
    shown = {quote.mention_id for one in praise for quote in one.quotes}
    rest = topicless(asking, "praise", "praise_topics", brands=brands, quotes=1, shown=shown)
    return Praised(praise=praise, topicless_praise=rest)


def _most(asking: Asking) -> tuple[Praise, ...]:
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
