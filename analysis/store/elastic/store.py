"""The Elasticsearch store: mentions in an index for each year behind one alias, small records in indices beside them.

Any number of machines may read and write it. A write is kept on this machine's disk first (the spool), so that a server
that is away, full or restarting costs nothing but time. See ``docs/elasticsearch.md``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from types import TracebackType
from typing import Any, Self

from analysis.model import Mention
from analysis.model.errors import StoreError
from analysis.model.query import Leaf, Query, matches
from analysis.model.text import Words, token_words
from analysis.store.aggregation import counts_values, read_body
from analysis.store.base import Document, Filter, Hit, Order, Place, Slice, Written
from analysis.store.directions import Direction
from analysis.store.elastic.answers import from_elastic, inexact, to_elastic
from analysis.store.elastic.encoding import decode
from analysis.store.elastic.late import in_line
from analysis.store.elastic.nearest import cosine, question
from analysis.store.elastic.query import ElasticCompiler, by_relevance
from analysis.store.elastic.records import ElasticRecords, pages, refreshed
from analysis.store.elastic.server.address import Address, environment, read_address, secrets_from
from analysis.store.elastic.server.client import AwayError, Connection, Patience, RefusedError, server_version
from analysis.store.elastic.server.names import Names
from analysis.store.elastic.server.setup import Setup
from analysis.store.elastic.spool import BOUND_BYTES, Spool, server_folder, spool_root
from analysis.store.elastic.waiting import SpooledRecords
from analysis.store.elastic.writer import Writer
from analysis.store.filters import sliced, sortable
from analysis.store.letters import DeadLetters
from analysis.store.snippet import snippet

log = logging.getLogger(__name__)
SCAN_PAGE = 1_000
GET_PAGE = 500
RESULT_WINDOW = 10_000
SPOOL_PATIENCE_S = 900.0
_MOST_WIDENED = 2**20
_NO_PARTS = {"allow_partial_search_results": "false"}


def open_elastic(
    address: str, *, write: bool = False, patience: Patience | None = None, environ: Mapping[str, str] | None = None
) -> ElasticStore:
    """Return the store at an http(s) address; secrets and limits come from the environment (``CANDOR_ELASTIC_*``).

    With ``write`` an empty server is set up, as far as the rights allow, and one that is away is no error.
    Raises ``StoreError``: not Elasticsearch, too old, wrong key or certificate, something else under our name.
    """
    words = environment() if environ is None else environ
    where = read_address(address)
    connection = Connection(where, secrets_from(words), patience=patience)
    try:
        return ElasticStore(connection, where, environ=words, write=write)
    except BaseException:
        connection.close()
        raise


class ElasticStore:
    """Implements ``analysis.store.base.Store``. Threads, processes and machines may share the server."""

    def __init__(
        self, connection: Connection, address: Address, *, environ: Mapping[str, str], write: bool = False
    ) -> None:
        self._connection, self._address = connection, address
        self._closed = False
        self._turn = threading.Lock()
        self.names = Names(address.prefix)
        self.setup = Setup(connection, self.names)
        self._plain_records = ElasticRecords(self._open_connection, self.names, self.setup.create_records)
        folder = server_folder(spool_root(environ), address.shown)
        self.letters = DeadLetters(folder)
        self._writer: Writer | None = None
        self._records = SpooledRecords(self._plain_records, lambda: self._writer)
        if not write:
            server_version(connection)
            if not self.setup.exists():
                raise StoreError(f"there is no store at {self.address}; crawl or import first, or correct the address")
            self.refresh()
            return
        self._writer = Writer(
            connection,
            self.setup,
            spool=Spool(folder, bound=_number(environ, "CANDOR_SPOOL_MIB", BOUND_BYTES / 2**20, 2**20)),
            letters=self.letters,
            prepare=self._prepare,
            put_records=self._plain_records.put_many,
            in_line=lambda mentions: in_line(mentions, self._as_stored()),
            patience_s=_number(environ, "CANDOR_SPOOL_PATIENCE_S", SPOOL_PATIENCE_S),
        )
        try:
            self._prepare()
            self._writer.settle(now=True)
            self.refresh()
        except AwayError as error:
            self._writer.went_away(error)
        except BaseException:
            self._writer.spool.close()
            raise

    @property
    def records(self) -> SpooledRecords:
        """The small records."""
        return self._records

    @property
    def address(self) -> str:
        """The server, without secrets."""
        return self._address.shown

    def write(self, mentions: Sequence[Mention]) -> Written:
        """Upsert by id and version; what the server cannot take now waits in the spool (``Written.waiting``)."""
        return self._need_writer().write(mentions)

    def get(self, ids: Sequence[str]) -> dict[str, Mention]:
        """Return those of ``ids`` that exist, as of every write acknowledged before the call, by any machine."""
        wanted = list(dict.fromkeys(ids))
        writer = self._writer
        self._open_connection()
        if writer is not None and not writer.settle():
            return self._waiting(writer, wanted)
        try:
            return self._stored(wanted)
        except AwayError as error:
            if writer is None:
                raise
            writer.went_away(error)
            return self._waiting(writer, wanted)

    def search(
        self,
        where: Filter,
        *,
        limit: int = 20,
        newest_first: bool = False,
        offset: int = 0,
        optional: bool = False,
    ) -> list[Hit]:
        """Return the best matches by BM25, or the newest; ties (and all, where nothing is scored) in order of id.

        An ``optional`` one finds nothing while the server is away and mentions wait in the spool.
        """
        if limit <= 0 or (optional and self._writer is not None and not self._writer.settle()):
            return []
        order = [{"published_at": "desc"}, {"id": "asc"}] if newest_first else by_relevance(where)
        scored = where.query is not None and not newest_first
        return [
            Hit(mention=mention, score=(hit["_score"] or 0.0) if scored else 0.0, snippet=snippet(text, where.query))
            for hit in self._hits(self._compile(where), order, offset, limit)
            for mention in [decode(hit["_source"])]
            for text in [mention.text or mention.title]
        ]

    def nearest(
        self, where: Filter, wanted: Sequence[Direction], *, maker: str, limit: int = 20, without: Sequence[str] = ()
    ) -> list[Hit]:
        """Return the matches that mean most nearly one of ``wanted`` (at most 10,000), by one kNN search for each."""
        query, best = self._compile(where), dict[str, Hit]()
        if limit <= 0:
            return []
        for direction in wanted:
            asked = question(query, direction, maker=maker, count=limit + len(without))
            for hit in self._ask("POST", "_search", asked, params=_NO_PARTS)["hits"]["hits"]:
                mention, score = decode(hit["_source"]), cosine(hit["_score"])
                if mention.id not in without and (mention.id not in best or best[mention.id].score < score):
                    best[mention.id] = Hit(
                        mention=mention, score=score, snippet=snippet(mention.text or mention.title, None)
                    )
        return sorted(best.values(), key=lambda hit: (-hit.score, hit.mention.id))[:limit]

    def page(self, where: Filter, *, order: Sequence[Order], limit: int = 50, after: Place | None = None) -> Slice:
        """Return the next ``limit`` matches behind the place ``after``, ties by id."""
        sortable(order, after)
        keys = [{key.path: {"order": "desc" if key.falling else "asc"}} for key in order]
        body = {
            "query": self._compile(where),
            "sort": [*keys, {"id": "asc"}],
            "size": limit + 1,
            "track_total_hits": False,
        }
        if after is not None:
            body["search_after"] = list(after)
        hits = self._ask("POST", "_search", body, params=_NO_PARTS)["hits"]["hits"]
        return sliced([decode(hit["_source"]) for hit in hits], order, limit)

    def count(self, where: Filter) -> int:
        """Return how many mentions match."""
        answer = self._ask("POST", "_count", {"query": self._compile(where)})
        if answer["_shards"]["failed"]:
            raise StoreError(f"{self.address}: a part of the index did not answer; see the cluster's health")
        return int(answer["count"])

    def aggregate(self, where: Filter, aggregations: Document) -> Document:
        """Answer a body (``analysis.store.aggregation``) with what Elasticsearch calls ``aggregations``."""
        wanted = read_body(aggregations)
        query, widen = self._compile(where), 1
        numbered = self._numbered if counts_values(wanted) else frozenset()
        while True:
            asked = to_elastic(wanted, widen=widen, numbered=numbered)
            body = {"size": 0, "query": query, "track_total_hits": False, "aggs": asked}
            answer = self._ask("POST", "_search", body, params=_NO_PARTS)["aggregations"]
            if widen >= _MOST_WIDENED or not inexact(wanted, answer):
                return from_elastic(wanted, answer)
            widen *= 16

    @cached_property
    def _numbered(self) -> frozenset[str]:
        try:
            return self.setup.numbered()
        except RefusedError:
            # Who may not look at the fields counts by the texts, and waits.
            return frozenset()

    def scan(self, where: Filter) -> Iterator[Mention]:
        """Yield every match in order of id, from the state at the first step, whatever is written meanwhile."""
        query = self._compile(where)
        for hit in pages(self._open_connection, self.names.alias, query, [{"id": "asc"}], size=SCAN_PAGE):
            yield decode(hit["_source"])

    def erase(self, ids: Sequence[str]) -> int:
        """Remove mentions and return how many were there. Needs the server: nothing of it waits in the spool."""
        writer = self._need_writer()
        if not writer.settle(now=True):
            writer.raise_away()
        left, gone = list(dict.fromkeys(ids)), 0
        while left:
            self.refresh()
            places = [(i, index, v) for i, found in writer.whereabouts.lookup(left).items() for index, v in found]
            outcomes = writer.upsert.delete(places)
            erased = {i for (i, _, _), made in zip(places, outcomes, strict=True) if made.result == "deleted"}
            gone += len(erased)
            # One that was written anew since it was looked up.
            left = [i for (i, _, _), made in zip(places, outcomes, strict=True) if made.result == "stale"]
        return gone

    def refresh(self) -> None:
        """Make every acknowledged write, of any machine, visible to search, aggregate and scan.

        One who may only read sees them some seconds later instead.
        """
        if self._writer is not None and not self._writer.settle():
            return
        if self._writer is None:
            refreshed(self._open_connection(), self.names.alias)
        else:
            self._writer.whereabouts.refresh()

    def close(self) -> None:
        """Send what waits, and release connections and the spool. Harmless when called twice."""
        with self._turn:
            if self._closed:
                return
            try:
                if self._writer is not None:
                    # The next process reads from where this one ended.
                    with suppress(StoreError):
                        self.refresh()
                    self._writer.close()
            finally:
                self._closed = True
                self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        """Ready the server for writing. Raises ``StoreError`` where it is unfit."""
        server_version(self._connection)
        made = not self.setup.exists()
        drift = [] if made else self.setup.check()
        unfit = [difference.fact for difference in drift if not difference.fits and difference.cure == "upgrade"]
        if unfit:
            words = f"{self.address}: will not write to an index that does not fit: {'; '.join(unfit)}"
            raise StoreError(words, cure="upgrade")
        if not made and not drift:
            return
        try:
            done = self.setup.install()
        except RefusedError as error:
            if error.status != 403 or not made:
                if error.status == 403:
                    log.warning("%s: %s; %s", self.address, "; ".join(each.words for each in drift), error)
                    return
                raise
            raise StoreError(f"{error.fact}; let one who has the rights do this once", cure="set up") from None
        log.warning("%s: set up: %s", self.address, "; ".join(step.words for step in done))

    def _open_connection(self) -> Connection:
        if self._closed:
            raise StoreError(f"the store at {self.address} was closed")
        return self._connection

    def _need_writer(self) -> Writer:
        self._open_connection()
        if self._writer is None:
            raise StoreError(f"the store at {self.address} was opened for reading only; open it with write=True")
        return self._writer

    def _ask(self, method: str, what: str, body: Any = None, *, params: Mapping[str, Any] | None = None) -> Any:
        return self._open_connection().ask(method, f"/{self.names.alias}/{what}", body, params=params)

    def _compile(self, where: Filter) -> Document:
        return ElasticCompiler(self._checked).filter(where)

    def _checked(self, leaf: Leaf, around: Document) -> list[str]:
        query = Query("", leaf)
        hits = pages(self._open_connection, self.names.alias, around, [{"id": "asc"}], size=SCAN_PAGE)
        return [hit["_id"] for hit in hits if matches(query, _words(hit["_source"]))]

    def _hits(self, query: Document, order: list[Any], offset: int, limit: int) -> list[Document]:
        if offset + limit > RESULT_WINDOW:
            # Past Elasticsearch's window, walk there.
            walked: list[Document] = []
            for at, hit in enumerate(pages(self._open_connection, self.names.alias, query, order, size=SCAN_PAGE)):
                if at >= offset + limit:
                    break
                if at >= offset:
                    walked.append(hit)
            return walked
        body = {"query": query, "sort": order, "from": offset, "size": limit, "track_total_hits": False}
        # Years are indices of their own: words must weigh the same in each.
        params = _NO_PARTS | {"search_type": "dfs_query_then_fetch"}
        hits: list[Document] = self._ask("POST", "_search", body, params=params)["hits"]["hits"]
        return hits

    def _stored(self, ids: Sequence[str]) -> dict[str, Mention]:
        if not ids:
            return {}
        refreshed(self._open_connection(), self.names.alias)
        newest: dict[str, tuple[int, Mention]] = {}
        for first in range(0, len(ids), GET_PAGE):
            some = list(ids[first : first + GET_PAGE])
            body = {"size": 2 * len(some), "query": {"ids": {"values": some}}, "version": True}
            for hit in self._ask("POST", "_search", body, params=_NO_PARTS)["hits"]["hits"]:
                if hit["_id"] not in newest or newest[hit["_id"]][0] < hit["_version"]:
                    newest[hit["_id"]] = (hit["_version"], decode(hit["_source"]))
        return {name: newest[name][1] for name in ids if name in newest}

    def _as_stored(self) -> _AsStored:
        return _AsStored(self._plain_records, self._stored)

    def _waiting(self, writer: Writer, ids: Sequence[str]) -> dict[str, Mention]:
        rows = ((name, writer.spool.find(name)) for name in ids)
        return {name: decode(row["mention"]) for name, row in rows if row is not None}


class _AsStored:
    """What the server holds, without what waits: for those who bring that in line."""

    def __init__(self, records: ElasticRecords, get: Callable[[Sequence[str]], dict[str, Mention]]) -> None:
        self.records = records
        self.get = get


def _number(environ: Mapping[str, str], name: str, default: float, unit: int = 1) -> int:
    said = environ.get(name, "")
    try:
        return int((float(said) if said else default) * unit)
    except ValueError:
        raise StoreError(f"{name} must be a number, not {said!r}") from None


def _words(source: Document) -> Words:
    return token_words(f"{source.get('title', '')}\n{source.get('text', '')}")
