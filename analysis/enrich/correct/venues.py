"""Names that only say where people talk: "Parents of Reddit, what do you use? Mine broke" says nothing of Reddit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.enrich.find.masking import NAME
from analysis.enrich.find.wordings import Table
from analysis.enrich.reading import TextReading


class Venues:
    """The wordings of ``data/standing.yaml`` by language. Finding changes nothing in it."""

    def __init__(self, raw: Mapping[str, Sequence[str]]) -> None:
        self._tables: dict[str, Table[None]] = {}
        for language, wordings in raw.items():
            self._tables[language] = Table()
            for wording in wordings:
                self._tables[language].add(str(wording), None)

    def named(self, reading: TextReading) -> frozenset[str]:
        """Return the targets that the text names as nothing but the place where people talk."""
        table = self._tables.get(reading.window.lang)
        if table is None or NAME not in reading.lowers:
            return frozenset()
        said = {
            next(at for at in range(first, last) if reading.lowers[at] == NAME)
            for clause in reading.clauses
            for first, last, _ in table.every(reading.lowers, clause.start, clause.end)
        }
        return frozenset(
            target
            for target, places in reading.targets.items()
            if places and all(any(first <= at < last for at in said) for first, last in places)
        )
