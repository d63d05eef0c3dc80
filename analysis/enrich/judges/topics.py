"""Topics by the words and phrases of the taxonomy."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from analysis.enrich.find.stems import StemTable, plain
from analysis.enrich.find.wordings import Table
from analysis.enrich.reading import READ_BY_RULES, Clause, TopicHit, reading_of
from analysis.enrich.slots import Material, TopicJudge
from analysis.enrich.taxonomy import EVERYDAY, Taxonomy


class TopicRules:
    """The judge of topics. Where a text names a topic to which another yields, "late" is a parcel's, not a flight's."""

    version = "rules-1"

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._table: Table[str] = Table()
        self._yields = {topic.id: frozenset(topic.yields) for topic in taxonomy.topics.values() if topic.yields}
        for topic in taxonomy.topics.values():
            for source in (*topic.words, *topic.phrases):
                self._table.add(source, topic.id)
        for source in taxonomy.everyday:
            self._table.add(source, "")
        self._abroad: dict[str, StemTable[str]] = {}
        for language, wordings in taxonomy.abroad.items():
            self._abroad[language] = StemTable()
            for named, said in wordings.items():
                self._abroad[language].add(said, "" if named == EVERYDAY else named)

    def judge(self, doc: Doc) -> list[TopicHit]:
        """Return the topics named, clause by clause, in order of place; the more often one is named, the surer.

        Words are those of the window's language; of one that the taxonomy does not know nothing is said.
        """
        reading = reading_of(doc)
        language = reading.window.lang
        if language == READ_BY_RULES:
            table: Table[str] | StemTable[str] = self._table
            words: Sequence[str] = reading.lowers
        elif language in self._abroad:
            table, words = self._abroad[language], [plain(word) for word in reading.lowers]
        else:
            return []
        hits = [hit for clause in reading.clauses for hit in _hits(table, words, clause)]
        named = {hit.topic for hit in hits} | set(reading.window.subject)
        return [hit for hit in hits if named.isdisjoint(self._yields.get(hit.topic, ()))]


def _hits(table: Table[str] | StemTable[str], words: Sequence[str], clause: Clause) -> list[TopicHit]:
    """Return the topics of a clause. What lies inside a longer wording of something else names nothing."""
    found = table.every(words, clause.start, clause.end)
    return [
        TopicHit(topic, first, last)
        for first, last, topic in found
        if topic
        and not any(
            start <= first and last <= end and end - start > last - first and other != topic
            for start, end, other in found
        )
    ]


def make(material: Material) -> TopicJudge:
    """Return the judge for the taxonomy."""
    return TopicRules(material.taxonomy)
