"""What people wish for in our brands, and who is praised for it already."""

from __future__ import annotations

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.store.base import Document
from analysis.track import ledger, questions, topics
from analysis.track.ledger import Fix
from analysis.track.sections.praise import praised_at
from analysis.track.sections.wishes import Wish

FIELD: topics.Topic = "wish_topics"
PHRASES = "wish_phrases"
MOST = 8


def section(asking: Asking) -> tuple[Wish, ...]:
    """Return what is wished for most in our brands."""
    scope = asking.scope
    table = topics.table(answers.aggregate(scope, scope.period, topics.question(FIELD, phrases=PHRASES)), FIELD)
    own = [(brand, topic) for brand, topic in table if brand in scope.own]
    return tuple(_wish(asking, brand, topic, table[brand, topic]) for brand, topic in own[:MOST])


def _written(asking: Asking) -> tuple[Fix, ...]:
    return answers.entries(asking.scope, "wish")


def _wish(asking: Asking, brand: str, topic: str, answer: Document) -> Wish:
    count = int(answer["doc_count"])
    proof, words = look(asking.scope, count, {"brand.id": [brand], FIELD: [topic]}, quotes=2)
    said = (ledger.status(topic, brand, asking.of(entries)) for entries in (_written, answers.fixes_written))
    return Wish(
        brand=brand,
        theme=topic,
        name=topics.readable(topic, asking.names),
        count=count,
        authors=min(questions.value(answer, "authors"), count),
        phrases=topics.phrases(questions.counts(answer, "phrases"), topic, count, field=PHRASES),
        praised_at=praised_at(topic, asking.scope.names("competitor"), asking.of(answers.praise)),
        ledger=next(filter(None, said), ""),
        quotes=words,
        evidence=proof,
    )
