"""Topics by the words and phrases of the taxonomy."""

from __future__ import annotations

from spacy.tokens import Doc

from analysis.enrich.find.wordings import Table
from analysis.enrich.reading import TopicHit, reading_of
from analysis.enrich.slots import Material, TopicJudge
from analysis.enrich.taxonomy import Taxonomy


class TopicRules:
    """The judge of topics. Where a text names a topic to which another yields, "late" is a parcel's, not a flight's."""

    version = "rules-1"

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._table: Table[str] = Table()
        self._yields = {topic.id: frozenset(topic.yields) for topic in taxonomy.topics.values() if topic.yields}
        for topic in taxonomy.topics.values():
            for source in (*topic.words, *topic.phrases):
                self._table.add(source, topic.id)

    def judge(self, doc: Doc) -> list[TopicHit]:
        """Return the topics named, clause by clause, in order of place; the more often one is named, the surer."""
        reading = reading_of(doc)
        hits = [
            TopicHit(topic, first, last)
            for clause in reading.clauses
            for first, last, topic in self._table.every(reading.lowers, clause.start, clause.end)
        ]
        named = {hit.topic for hit in hits} | set(reading.window.subject)
        return [hit for hit in hits if named.isdisjoint(self._yields.get(hit.topic, ()))]


def make(material: Material) -> TopicJudge:
    """Return the judge for the taxonomy."""
    return TopicRules(material.taxonomy)
