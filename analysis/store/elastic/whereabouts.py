"""Where mentions lie: which index of which year an id goes to, and which others still hold it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence

from analysis.store.base import Document
from analysis.store.elastic.encoding import ElasticMention
from analysis.store.elastic.records import refreshed
from analysis.store.elastic.server.client import Connection
from analysis.store.elastic.server.setup import Setup

MOST_RECENT = 100_000
# Twice as many hits may come back, and a server gives at most 10,000.
_LOOKED_UP = 5_000
Places = dict[str, list[tuple[str, int]]]
"""Where ids are indexed: (index, version), of the indices that were looked at."""


class Whereabouts:
    """What is known of one server's indices: their names, and what this process wrote to which of late.

    Threads may share it.
    """

    def __init__(self, connection: Connection, setup: Setup) -> None:
        self._connection, self._setup = connection, setup
        self._recent: dict[str, str] = {}
        self._seen_soon: dict[str, str] = {}
        self._noting, self._refreshing = threading.Lock(), threading.Lock()
        self._generation = 0
        self._made: set[str] = set()

    def index(self, year: str) -> str:
        """Return the index of a year."""
        generation = self._generation
        if not generation:
            # Another thread may forget it at any time.
            generation = self._setup.generation()
            self._made = set(self._setup.indices())
            self._generation = generation
        return self._setup.names.mentions(generation, year)

    def made(self, year: str) -> str:
        """Return the index of a year, made where it was not there."""
        index = self.index(year)
        if index not in self._made:
            self._setup.create(index)
            self._made.add(index)
        return index

    def forget(self) -> None:
        """Ask for the names of the indices anew: an upgrade may have put others in place."""
        self._generation = 0
        self._made = set()

    def lookup(self, ids: Sequence[str], *, besides: Mapping[str, str] | None = None, retry: bool = True) -> Places:
        """Return for each id that is indexed where: (index, version). Sees what was refreshed; an id is not looked for
        in the index that ``besides`` names for it. Without ``retry`` it is asked once.
        """
        places: Places = {}
        params = {"allow_partial_search_results": "false"}
        for first in range(0, len(ids), _LOOKED_UP):
            some = list(ids[first : first + _LOOKED_UP])
            query = _any_of(some, besides or {})
            body = {"size": 2 * len(some), "query": query, "_source": False, "version": True, "track_total_hits": False}
            path = f"/{self._setup.names.alias}/_search"
            answer = self._connection.ask("POST", path, body, params=params, retry=retry)
            for hit in answer["hits"]["hits"]:
                places.setdefault(hit["_id"], []).append((hit["_index"], hit["_version"]))
        return places

    def elsewhere(self, targets: Mapping[str, str]) -> Places:
        """Return where ids lie besides the index that each goes to, and where this process wrote them of late.

        The index that they go to knows by itself what is older; looking there would cost a tenth of the rate.
        """
        # Before the question: a refresh in between may forget them, and would have come too late for the answer.
        recent = self._written_of_late(targets)
        return _and(self.lookup(list(targets), besides=targets), recent)

    def of(self, mentions: Sequence[ElasticMention], known: Places | None) -> Places:
        """Return where mentions lie besides their own index; ``known`` is what was looked up before."""
        if known is None:
            return self.elsewhere({mention.id: self.index(mention.year) for mention in mentions})
        places = {mention.id: known[mention.id] for mention in mentions if mention.id in known}
        return _and(places, self._written_of_late(mention.id for mention in mentions))

    def note(self, written: Mapping[str, str]) -> None:
        """Remember where ids were written just now: a question that is asked soon may not see it yet."""
        with self._noting:
            self._recent.update(written)

    def relieve(self) -> None:
        """Refresh where there is much to remember."""
        if len(self._recent) > MOST_RECENT:
            self.refresh()

    def refresh(self) -> None:
        """Let searches see every write that was acknowledged before the call, where our rights allow it."""
        with self._refreshing:
            with self._noting:
                # What other threads write meanwhile may miss this refresh, and must not be forgotten with the rest.
                self._seen_soon, self._recent = self._seen_soon | self._recent, {}
            refreshed(self._connection, self._setup.names.alias)
            self._seen_soon = {}

    def _written_of_late(self, ids: Iterable[str]) -> dict[str, str]:
        with self._noting:
            recent, seen_soon = self._recent, self._seen_soon
        places = ((name, recent.get(name) or seen_soon.get(name)) for name in ids)
        return {name: index for name, index in places if index}


def _and(places: Places, recent: Mapping[str, str]) -> Places:
    """Return ``places`` with the indices that ``recent`` names; the version there is not known: 0."""
    added = {
        name: [*places.get(name, ()), (index, 0)]
        for name, index in recent.items()
        if index not in {place for place, _ in places.get(name, ())}
    }
    return places | added


def _any_of(ids: Sequence[str], besides: Mapping[str, str]) -> Document:
    """Return the query that finds each id in every index but the one that ``besides`` names for it."""
    groups: dict[str, list[str]] = {}
    for id_ in ids:
        groups.setdefault(besides.get(id_, ""), []).append(id_)
    each = []
    for index, some in groups.items():
        part: Document = {"filter": [{"ids": {"values": some}}]}
        # Where the index is this one, nothing is looked up: that is most of what it would cost.
        part |= {"must_not": [{"term": {"_index": index}}]} if index else {}
        each.append({"bool": part})
    return {"bool": {"should": each}}
