"""Complaints and praise that no topic names: they stand behind the themes, so that no judged mention is left untold."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.scope import Terms
from analysis.model import NO_VALUE
from analysis.track import questions
from analysis.track.parts import Topicless


def topicless(
    asking: Asking, intent: str, field: str, *, brands: Sequence[str], quotes: int, shown: Collection[str] = ()
) -> tuple[Topicless, ...]:
    """Return what has ``intent`` and no topic of ``field`` in each of ``brands`` that has any, in their order.

    There is none where the filters in force ask for other intents or for topics: an address cannot say both.
    """
    scope = asking.scope
    terms: Terms = {"intents": [intent], field: [NO_VALUE]}
    if any(not set(values) & set(scope.where.terms.get(path, values)) for path, values in terms.items()):
        return ()
    body = {"brands": questions.top("brand.id", max(1, len(scope.brands)))}
    found = answers.aggregate(scope, scope.period, body, {**terms, "brand.id": brands})
    counts = questions.counts(found, "brands")
    made = []
    for brand in (one for one in brands if counts.get(one)):
        proof, words = look(scope, counts[brand], {"brand.id": [brand], **terms}, quotes=quotes, shown=shown)
        mentions = asking.of(answers.mentions).get(brand, 0)
        made.append(Topicless(brand=brand, count=counts[brand], mentions=mentions, quotes=words, evidence=proof))
    return tuple(made)
