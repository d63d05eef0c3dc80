"""Writing to Elasticsearch: spool, then bulk, then acknowledge; and the spool alone while the server is away."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NoReturn

from analysis.model import Mention, document
from analysis.model.errors import StoreError
from analysis.store.base import Document, Written
from analysis.store.elastic.bulk import Line, Outcome, send
from analysis.store.elastic.client import AwayError, Connection
from analysis.store.elastic.records import refreshed
from analysis.store.elastic.setup import Setup
from analysis.store.elastic.source import Source, check_id, decode, encode, year_of
from analysis.store.elastic.spool import DeadLetters, Spool, mention_line, read_batch
from analysis.store.values import to_json

log = logging.getLogger(__name__)
RETRY_S = 15.0
WORKERS = 3
MOST_RECENT = 100_000
# Twice as many hits may come back, and a server gives at most 10,000.
_LOOKED_UP = 5_000
_DRAINED = 500
SLICE = 500
Places = dict[str, list[tuple[str, int]]]
"""Where ids are indexed: (index, version), of the indices that were looked at."""


@dataclass(slots=True)
class _Tally:
    """What has become of one ``write`` so far."""

    created: int = 0
    updated: int = 0
    stale: int = 0
    waiting: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: _Tally) -> None:
        """Count what became of another part too."""
        self.created += other.created
        self.updated += other.updated
        self.stale += other.stale
        self.waiting += other.waiting
        self.refused += other.refused


class Writer:
    """Writes mentions to one server. Threads may share it.

    ``prepare`` readies the server after it was away; ``put_records`` and ``in_line`` bring in what waited.
    """

    def __init__(
        self,
        connection: Connection,
        setup: Setup,
        *,
        spool: Spool,
        letters: DeadLetters,
        prepare: Callable[[], None],
        put_records: Callable[[str, dict[str, Document]], None],
        in_line: Callable[[Sequence[Mention]], list[Mention]],
        patience_s: float,
    ) -> None:
        self._connection, self._setup = connection, setup
        self.spool, self.letters = spool, letters
        self._prepare, self._put_records, self._in_line = prepare, put_records, in_line
        self._patience_s = patience_s
        self._turn = threading.RLock()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="candor-bulk")
        self._recent: dict[str, str] = {}
        self._seen_soon: dict[str, str] = {}
        self._noting, self._refreshing = threading.Lock(), threading.Lock()
        self._generation = 0
        self._made: set[str] = set()
        self._away: AwayError | None = None
        self._retry_at = 0.0

    @property
    def away(self) -> bool:
        """Whether the server could not be reached when last tried."""
        return self._away is not None

    def write(self, mentions: Sequence[Mention]) -> Written:
        """Spool, send, acknowledge, a slice beside the next. While the server is away they wait in the spool."""
        refused: list[tuple[str, str]] = []
        whole = _Tally(refused=refused)
        if len({mention.id for mention in mentions}) == len(mentions) > SLICE:
            # One question for all of them, asked while the first are made ready: many small ones cost a tenth more.
            places = self._pool.submit(self._known_places, mentions) if self._is_clear else None
            parts = (mentions[first : first + SLICE] for first in range(0, len(mentions), SLICE))
            jobs = [self._pool.submit(self._keep, list(self._encoded(part, refused)), places) for part in parts]
            # All are waited for, also after one failed: none may still be on its way when the caller goes on.
            failures = [error for error in [job.exception() for job in jobs] if error is not None]
            if failures:
                raise failures[0]
            tallies = [job.result() for job in jobs]
        else:
            # Equal ids are written one after the other, so the batch stays whole.
            tallies = [self._keep(list(self._encoded(mentions, refused)))]
        for tally in tallies:
            whole.add(tally)
        return Written(
            created=whole.created,
            updated=whole.updated,
            stale=whole.stale,
            waiting=whole.waiting,
            refused=tuple(whole.refused),
        )

    @property
    def _is_clear(self) -> bool:
        return not self.away and not self.spool.waiting

    def _known_places(self, mentions: Sequence[Mention]) -> Places:
        targets: dict[str, str] = {}
        for mention in mentions:
            with suppress(ValueError):
                check_id(mention.id)
                targets[mention.id] = self._index(year_of(mention.published_at))
        return self._elsewhere(targets)

    def _keep(self, sources: Sequence[Source], places: Future[Places] | None = None) -> _Tally:
        """``places`` tells where they lie besides their year's index; without it they are looked up."""
        if not sources:
            return _Tally()
        self._wait_for_room()
        path = self.spool.add(mention_line(source.body) for source in sources)
        try:
            if not self.settle():
                self.spool.wait(path)
                return _Tally(waiting=len(sources))
            tally = self._deliver(sources, places.result() if places else None)
        except AwayError as error:
            self.spool.wait(path)
            self.went_away(error)
            return _Tally(waiting=len(sources))
        except BaseException:
            # Rights, a bug, Ctrl-C: it stays, and the next run that may write sends it.
            self.spool.wait(path)
            raise
        self.spool.done(path)
        return tally

    def settle(self, *, now: bool = False) -> bool:
        """Return whether the server is there and nothing waits; try it again when it is time, or ``now``."""
        if self._is_clear:
            return True
        with self._turn:
            if self.away and not now and time.monotonic() < self._retry_at:
                return False
            if self._is_clear:
                return True
            try:
                self._prepare()
                self._generation = 0
                self._drain()
            except AwayError as error:
                self.went_away(error)
                return False
            if self._away is not None:
                log.warning("%s: the server is back, and what waited is stored", self._connection.address.shown)
            self._away = None
            return True

    def went_away(self, error: AwayError) -> None:
        """Note that the server cannot be reached, and say so once."""
        if self._away is None:
            log.warning("%s; until then mentions wait in %s", error, self.spool.folder)
        self._away = error
        self._retry_at = time.monotonic() + RETRY_S

    def raise_away(self) -> NoReturn:
        """Raise what keeps the server away."""
        raise self._away or AwayError(f"{self._connection.address.shown}: the server is away")

    def lookup(self, ids: Sequence[str], *, besides: Mapping[str, str] | None = None, retry: bool = True) -> Places:
        """Return for each id that is indexed where: (index, version). Sees what was refreshed; an id is not looked for
        in the index that ``besides`` names for it. Without ``retry`` it is asked once.
        """
        found: Places = {}
        params = {"allow_partial_search_results": "false"}
        for first in range(0, len(ids), _LOOKED_UP):
            some = list(ids[first : first + _LOOKED_UP])
            query = _any_of(some, besides or {})
            body = {"size": 2 * len(some), "query": query, "_source": False, "version": True, "track_total_hits": False}
            path = f"/{self._setup.names.alias}/_search"
            answer = self._connection.ask("POST", path, body, params=params, retry=retry)
            for hit in answer["hits"]["hits"]:
                found.setdefault(hit["_id"], []).append((hit["_index"], hit["_version"]))
        return found

    def delete(self, places: Iterable[tuple[str, str, int]]) -> list[Outcome]:
        """Delete (id, index, version) unless something newer is there."""
        lines = [Line(i, _action("delete", index, i, version), None) for i, index, version in places]
        return send(self._connection, lines) if lines else []

    def refresh(self) -> None:
        """Let searches see every write that was acknowledged before the call, where our rights allow it."""
        with self._refreshing:
            with self._noting:
                # What other threads write meanwhile may miss this refresh, and must not be forgotten with the rest.
                self._seen_soon, self._recent = self._seen_soon | self._recent, {}
            refreshed(self._connection, self._setup.names.alias)
            self._seen_soon = {}

    def close(self) -> None:
        """Try the server a last time, and say how much waits. Harmless when called twice."""
        if self.spool.waiting and not self._settled_at_last():
            log.warning(
                "%s: %d mentions and records wait in %s; the next run sends them",
                self._connection.address.shown,
                self.spool.count,
                self.spool.folder,
            )
        self._pool.shutdown()
        self.spool.close()

    def _settled_at_last(self) -> bool:
        try:
            return self.settle(now=True)
        except StoreError as error:
            # Said once more: whoever closes is often on the way out with another error.
            log.warning("%s", error)
            return False

    def _encoded(self, mentions: Sequence[Mention], refused: list[tuple[str, str]]) -> Iterator[Source]:
        letters = []
        for mention in mentions:
            try:
                source = encode(mention)
            except ValueError as error:
                refused.append((mention.id, str(error)))
                letters.append(_letter(mention.id, str(error), document(mention)))
                continue
            yield source
        if letters:
            self.letters.add(letters)

    def _wait_for_room(self) -> None:
        """Where the spool is full, hold the caller (and so the crawl) until the server takes some of it."""
        until = time.monotonic() + self._patience_s
        told = False
        while self.spool.full and not self.settle(now=True):
            if time.monotonic() >= until:
                raise StoreError(
                    f"{self._away}; the spool {self.spool.folder} is full ({self.spool.size >> 20} MiB) and keeps what "
                    "it has; start the server and run again, or raise CANDOR_SPOOL_MIB"
                )
            if not told:
                log.warning("%s: the spool is full: waiting for the server", self._connection.address.shown)
                told = True
            time.sleep(min(2.0, max(0.05, self._patience_s / 20)))

    def _drain(self) -> None:
        for path in self.spool.waiting:
            rows = read_batch(path)
            while some := list(islice(rows, _DRAINED)):
                late = [decode(row["mention"]) for row in some if "mention" in row]
                if late:
                    self._deliver([encode(mention) for mention in self._in_line(late)])
                by_kind: dict[str, dict[str, Document]] = {}
                for row in some:
                    if "record" in row:
                        by_kind.setdefault(row["kind"], {})[row["key"]] = row["record"]
                for kind, bodies in by_kind.items():
                    self._put_records(kind, bodies)
            self.spool.done(path)

    def _deliver(self, sources: Sequence[Source], places: Places | None = None) -> _Tally:
        tally = _Tally()
        letters: list[Document] = []
        for some in _rounds(sources):
            self._round(some, self._places(some, places), tally, letters)
        if letters:
            self.letters.add(letters)
        return tally

    def _round(self, sources: Sequence[Source], places: Places, tally: _Tally, letters: list[Document]) -> None:
        """Send mentions of different ids, each to the index of its year, and take it out of any other."""
        existed = _Existed(self)
        fresh = []
        for source in sources:
            if any(v > source.version for index, v in places.get(source.id, ()) if index != self._target(source)):
                tally.stale += 1
            else:
                fresh.append(source)
        gone: list[tuple[str, str, int]] = []
        written: dict[str, str] = {}
        for source, outcome in zip(fresh, self._send(fresh, existed), strict=True):
            others = [index for index, _ in places.get(source.id, ()) if index != self._target(source)]
            if outcome.result == "stale":
                tally.stale += 1
            elif outcome.result == "refused":
                tally.refused.append((source.id, outcome.reason))
                letters.append(_letter(source.id, outcome.reason, json.loads(source.body)))
            elif others or (outcome.result == "updated" and (not outcome.again or existed.before(source, places))):
                tally.updated += 1
            else:
                tally.created += 1
            if outcome.result in {"created", "updated"}:
                gone += [(source.id, index, source.version) for index in others]
                written[source.id] = self._target(source)
        with self._noting:
            self._recent.update(written)
        self.delete(gone)
        if len(self._recent) > MOST_RECENT:
            self.refresh()

    def _elsewhere(self, targets: Mapping[str, str]) -> Places:
        """Return where ids lie besides the index that each goes to, and where this process wrote them of late.

        The index that they go to knows by itself what is older; looking there would cost a tenth of the rate.
        """
        # Before the question: a refresh in between may forget them, and would have come too late for the answer.
        recent = self._written_of_late(targets)
        return _and(self.lookup(list(targets), besides=targets), recent)

    def _written_of_late(self, ids: Iterable[str]) -> dict[str, str]:
        with self._noting:
            recent, seen_soon = self._recent, self._seen_soon
        found = ((name, recent.get(name) or seen_soon.get(name)) for name in ids)
        return {name: index for name, index in found if index}

    def _places(self, sources: Sequence[Source], known: Places | None) -> Places:
        if known is None:
            return self._elsewhere({source.id: self._target(source) for source in sources})
        places = {source.id: known[source.id] for source in sources if source.id in known}
        return _and(places, self._written_of_late(source.id for source in sources))

    def _send(self, sources: Sequence[Source], existed: _Existed) -> list[Outcome]:
        outcomes = self._bulk(sources, existed)
        if any(outcome.result == "moved" for outcome in outcomes):
            # The year has no index yet, or an upgrade has put new ones in place.
            self._generation = 0
            self._made = set()
            outcomes = self._bulk(sources, existed)
        if any(outcome.result == "moved" for outcome in outcomes):
            raise AwayError(f"{self._connection.address.shown}: an index of mentions vanished while it was written to")
        return outcomes

    def _bulk(self, sources: Sequence[Source], existed: _Existed) -> list[Outcome]:
        lines = []
        for source in sources:
            index = self._target(source)
            if index not in self._made:
                self._setup.create(index)
                self._made.add(index)
            lines.append(Line(source.id, _action("index", index, source.id, source.version), source.body))
        return send(self._connection, lines, before_again=existed.look)

    def _target(self, source: Source) -> str:
        return self._index(source.year)

    def _index(self, year: str) -> str:
        generation = self._generation
        if not generation:
            # Another thread may forget it at any time.
            generation = self._setup.generation()
            self._made = set(self._setup.indices())
            self._generation = generation
        return self._setup.names.mentions(generation, year)


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


class _Existed:
    """Which mentions were there before a bulk that is sent a second time: "updated" may then be our own doing."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._found: Places = {}

    def look(self, ids: Sequence[str]) -> None:
        """Note what is there now; a server that does not answer tells nothing."""
        with suppress(AwayError):
            self._found |= self._writer.lookup(ids, retry=False)

    def before(self, source: Source, places: Mapping[str, object]) -> bool:
        """Whether it was there in an older version, or was written by us before."""
        return source.id in places or any(version < source.version for _, version in self._found.get(source.id, ()))


def _rounds(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """Split where an id comes again, so that equal ids are written one after the other."""
    rest = list(sources)
    while rest:
        seen: set[str] = set()
        now: list[Source] = []
        later: list[Source] = []
        for source in rest:
            (later if source.id in seen else now).append(source)
            seen.add(source.id)
        yield now
        rest = later


def _action(verb: str, index: str, name: str, version: int) -> bytes:
    meta: dict[str, Any] = {"_index": index, "_id": name, "version": version, "version_type": "external_gte"}
    return to_json({verb: meta})


def _letter(name: str, reason: str, mention: Document) -> Document:
    return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "id": name, "reason": reason, "mention": mention}
