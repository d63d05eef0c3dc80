"""Upserting mentions on the server: each into its year's index and out of any other, unless a newer one is there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from analysis.store.base import Document
from analysis.store.columns import to_json
from analysis.store.elastic.bulk import BulkLine, BulkOutcome, send
from analysis.store.elastic.encoding import ElasticMention
from analysis.store.elastic.server.client import AwayError, Connection
from analysis.store.elastic.whereabouts import Places, Whereabouts
from analysis.store.letters import DeadLetters, letter


@dataclass(slots=True)
class Tally:
    """What has become of one ``write`` so far."""

    created: int = 0
    updated: int = 0
    stale: int = 0
    waiting: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what became of another part too."""
        self.created += other.created
        self.updated += other.updated
        self.stale += other.stale
        self.waiting += other.waiting
        self.refused += other.refused


class Upsert:
    """Sends encoded mentions to one server. Threads may share it."""

    def __init__(self, connection: Connection, whereabouts: Whereabouts, letters: DeadLetters) -> None:
        self._connection, self._whereabouts, self._letters = connection, whereabouts, letters

    def deliver(self, mentions: Sequence[ElasticMention], places: Places | None = None) -> Tally:
        """Send mentions and return what became of them; ``places``: where they lie besides, if that is known."""
        tally = Tally()
        letters: list[Document] = []
        for some in _rounds(mentions):
            self._round(some, self._whereabouts.of(some, places), tally, letters)
        if letters:
            self._letters.add(letters)
        return tally

    def delete(self, places: Iterable[tuple[str, str, int]]) -> list[BulkOutcome]:
        """Delete (id, index, version) unless something newer is there."""
        lines = [BulkLine(i, _action("delete", index, i, version), None) for i, index, version in places]
        return send(self._connection, lines) if lines else []

    def _round(self, mentions: Sequence[ElasticMention], places: Places, tally: Tally, letters: list[Document]) -> None:
        """Send mentions of different ids, each to the index of its year, and take it out of any other."""
        existed = _Existed(self._whereabouts)
        fresh = []
        for mention in mentions:
            if any(
                v > mention.version
                for index, v in places.get(mention.id, ())
                if index != self._whereabouts.index(mention.year)
            ):
                tally.stale += 1
            else:
                fresh.append(mention)
        gone: list[tuple[str, str, int]] = []
        written: dict[str, str] = {}
        for mention, outcome in zip(fresh, self._send(fresh, existed), strict=True):
            others = [
                index for index, _ in places.get(mention.id, ()) if index != self._whereabouts.index(mention.year)
            ]
            if outcome.result == "stale":
                tally.stale += 1
            elif outcome.result == "refused":
                tally.refused.append((mention.id, outcome.reason))
                letters.append(letter(mention.id, outcome.reason, json.loads(mention.body)))
            elif others or (outcome.result == "updated" and (not outcome.again or existed.before(mention, places))):
                tally.updated += 1
            else:
                tally.created += 1
            if outcome.result in {"created", "updated"}:
                gone += [(mention.id, index, mention.version) for index in others]
                written[mention.id] = self._whereabouts.index(mention.year)
        self._whereabouts.note(written)
        self.delete(gone)
        self._whereabouts.relieve()

    def _send(self, mentions: Sequence[ElasticMention], existed: _Existed) -> list[BulkOutcome]:
        outcomes = self._bulk(mentions, existed)
        if any(outcome.result == "moved" for outcome in outcomes):
            # The year has no index yet, or an upgrade has put new ones in place.
            self._whereabouts.forget()
            outcomes = self._bulk(mentions, existed)
        if any(outcome.result == "moved" for outcome in outcomes):
            raise AwayError(f"{self._connection.address.shown}: an index of mentions vanished while it was written to")
        return outcomes

    def _bulk(self, mentions: Sequence[ElasticMention], existed: _Existed) -> list[BulkOutcome]:
        lines = []
        for mention in mentions:
            index = self._whereabouts.made(mention.year)
            lines.append(BulkLine(mention.id, _action("index", index, mention.id, mention.version), mention.body))
        return send(self._connection, lines, before_again=existed.look)


class _Existed:
    """Which mentions were there before a bulk that is sent a second time: "updated" may then be our own doing."""

    def __init__(self, whereabouts: Whereabouts) -> None:
        self._whereabouts = whereabouts
        self._places: Places = {}

    def look(self, ids: Sequence[str]) -> None:
        """Note what is there now; a server that does not answer tells nothing."""
        with suppress(AwayError):
            self._places |= self._whereabouts.lookup(ids, retry=False)

    def before(self, mention: ElasticMention, places: Mapping[str, object]) -> bool:
        """Whether it was there in an older version, or was written by us before."""
        return mention.id in places or any(version < mention.version for _, version in self._places.get(mention.id, ()))


def _rounds(mentions: Sequence[ElasticMention]) -> Iterator[list[ElasticMention]]:
    """Split where an id comes again, so that equal ids are written one after the other."""
    rest = list(mentions)
    while rest:
        seen: set[str] = set()
        now: list[ElasticMention] = []
        later: list[ElasticMention] = []
        for mention in rest:
            (later if mention.id in seen else now).append(mention)
            seen.add(mention.id)
        yield now
        rest = later


def _action(verb: str, index: str, name: str, version: int) -> bytes:
    meta: dict[str, Any] = {"_index": index, "_id": name, "version": version, "version_type": "external_gte"}
    return to_json({verb: meta})
