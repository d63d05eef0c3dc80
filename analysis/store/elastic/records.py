"""The small records in indices of their own, one for each kind: several machines share them, and Kibana shows them.

``raw`` is the record as JSON and the truth; ``body`` is the same for Kibana, and left out where its fields would not
fit the mapping. A record's version is Elasticsearch's own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from analysis.model.errors import StoreError
from analysis.model.records.base import Record
from analysis.store.base import Document
from analysis.store.columns import record_json
from analysis.store.elastic.bulk import BulkLine, send
from analysis.store.elastic.server.client import RefusedError
from analysis.store.elastic.server.names import Names
from analysis.store.witness import FileWitness, witness_file

if TYPE_CHECKING:
    from analysis.store.elastic.server.client import Connection

_LONGEST_ID = 480
_PAGE = 1_000
_TRIES = 50


class ElasticRecords:
    """Implements ``analysis.model.records.base.Records``. Threads, processes and machines may share it."""

    def __init__(self, connection: Callable[[], Connection], names: Names, create: Callable[[str], None]) -> None:
        self._connection = connection
        self._names = names
        self._create = create

    def get(self, kind: str, key: str) -> Record | None:
        """Return one record, or None."""
        return self.get_many(kind, [key]).get(key)

    def get_many(self, kind: str, keys: Sequence[str]) -> dict[str, Record]:
        """Return those of ``keys`` that exist."""
        records: dict[str, Record] = {}
        wanted = list(dict.fromkeys(keys))
        for first in range(0, len(wanted), _PAGE):
            some = [_id(key) for key in wanted[first : first + _PAGE]]
            answer = self._connection().ask("POST", f"/{self._index(kind)}/_mget", {"ids": some})
            for item in answer["docs"]:
                if item.get("found"):
                    record = _record(item["_source"], item["_version"])
                    records[record.key] = record
        return records

    def put(self, kind: str, key: str, body: Document, *, if_version: int | None = None) -> int | None:
        """Write and return the new version. With ``if_version`` (0 = must not exist) return None if another won."""
        text = record_json(kind, key, body)
        params: dict[str, Any] = {}
        if if_version == 0:
            params["op_type"] = "create"
        elif if_version is not None:
            before = self._one(kind, key)
            if before is None or before["_version"] != if_version:
                return None
            params = {"if_seq_no": before["_seq_no"], "if_primary_term": before["_primary_term"]}
        return self._put(kind, key, body, text, params)

    def put_many(self, kind: str, bodies: Mapping[str, Document]) -> None:
        """Write all of them, each atomically. None is written where one is no JSON."""
        texts = {key: record_json(kind, key, body) for key, body in bodies.items()}
        if not texts:
            return
        index = self._index(kind)
        whole = [_line(index, kind, key, text, bodies[key]) for key, text in texts.items()]
        outcomes = send(self._connection(), whole)
        if any(outcome.result == "moved" for outcome in outcomes):
            self._create(index)
            outcomes = send(self._connection(), whole)
        bare = [
            _line(index, kind, key, text, None)
            for (key, text), outcome in zip(texts.items(), outcomes, strict=True)
            if outcome.result == "refused"
        ]
        for outcome in send(self._connection(), bare) if bare else []:
            if outcome.result == "refused":
                raise StoreError(f"a record of kind {kind} was refused: {outcome.reason}")

    def delete(self, kind: str, key: str) -> bool:
        """Remove one record; return whether it existed."""
        try:
            answer = self._connection().ask("DELETE", self._path(kind, key))
        except RefusedError as error:
            if error.status == 404:
                return False
            raise
        return bool(answer["result"] == "deleted")

    def all(self, kind: str, *, prefix: str = "") -> Iterator[Record]:
        """Yield the records of a kind whose key starts with ``prefix``, in key order, as of the first step."""
        return (_record(hit["_source"], hit["_version"]) for hit in self._hits(kind, prefix))

    def _hits(self, kind: str, prefix: str) -> Iterator[Document]:
        index = self._index(kind)
        if not refreshed(self._connection(), index):
            return
        query: Document = {"prefix": {"key": {"value": prefix}}} if prefix else {"match_all": {}}
        try:
            yield from pages(self._connection, index, query, [{"key": "asc"}], size=_PAGE)
        except RefusedError as error:
            # Who may not refresh learns only here that no record of the kind was written yet.
            if error.status != 404 or error.kind != "index_not_found_exception":
                raise

    @property
    def witness(self) -> FileWitness:
        """What this machine remembers of this very cluster's records; nothing where it may not be asked its name."""
        try:
            cluster = self._connection().ask("GET", "/").get("cluster_uuid", "")
        except StoreError:
            cluster = ""
        return FileWitness([witness_file(os.environ, f"{cluster}/{self._names.prefix}")] if cluster else [])

    def raw(self, kind: str) -> Iterator[Record]:
        """Yield the records of a kind as they lie, in key order; the body of one that is no JSON object is empty."""
        for hit in self._hits(kind, ""):
            try:
                record = _record(hit["_source"], hit["_version"])
                sound = isinstance(record.body, dict)
            except (ValueError, KeyError, TypeError):
                sound = False
            source = hit["_source"] if isinstance(hit.get("_source"), dict) else {}
            bare = Record(kind=kind, key=str(source.get("key", "")), version=hit["_version"], body={})
            yield record if sound else bare

    def kinds(self) -> list[str]:
        """Return the kinds of which there are records."""
        body = {"size": 0, "aggs": {"kind": {"terms": {"field": "kind", "size": 1_000}}}}
        target = f"/{self._names.records_prefix}*"
        refreshed(self._connection(), target[1:])
        answer = self._connection().ask("POST", f"{target}/_search", body, params={"ignore_unavailable": "true"})
        return sorted(bucket["key"] for bucket in answer.get("aggregations", {}).get("kind", {}).get("buckets", []))

    def _put(self, kind: str, key: str, body: Document, text: str, params: Mapping[str, Any]) -> int | None:
        shown: Document | None = body
        for _ in range(_TRIES):
            whole = {"kind": kind, "key": key, "raw": text} | ({"body": shown} if shown is not None else {})
            try:
                # Not tried again by itself: after a lost answer a compare-and-set cannot tell its own write.
                answer = self._connection().ask("PUT", self._path(kind, key), whole, params=params, retry=not params)
            except RefusedError as error:
                if error.status == 409:
                    return None
                if error.status == 404 and error.kind == "index_not_found_exception":
                    self._create(self._index(kind))
                elif error.status == 400 and shown is not None:
                    shown = None
                else:
                    raise
                continue
            return int(answer["_version"])
        raise StoreError(f"the record {kind}/{key} could not be written: its index keeps vanishing")

    def _one(self, kind: str, key: str) -> Any:
        try:
            return self._connection().ask("GET", self._path(kind, key), params={"_source": "false"})
        except RefusedError as error:
            if error.status == 404:
                return None
            raise

    def _index(self, kind: str) -> str:
        return self._names.records(kind)

    def _path(self, kind: str, key: str) -> str:
        return f"/{self._index(kind)}/_doc/{quote(_id(key), safe='')}"


def refreshed(connection: Connection, index: str) -> bool:
    """Make every write to ``index`` visible, where our rights allow it; return whether there is such an index."""
    try:
        connection.ask("POST", f"/{index}/_refresh")
    except RefusedError as error:
        if error.status == 404:
            return False
        if error.status != 403:
            raise
    return True


def pages(
    connection: Callable[[], Connection], index: str, query: Document, order: Sequence[Any], *, size: int
) -> Iterator[Document]:
    """Yield every hit in ``order`` from one point in time, a page at a time. ``order`` must tell every hit apart."""
    pit = connection().ask("POST", f"/{index}/_pit", params={"keep_alive": "5m"})["id"]
    try:
        after: list[Any] | None = None
        while True:
            body = {
                "size": size,
                "query": query,
                "sort": order,
                "pit": {"id": pit, "keep_alive": "5m"},
                "track_total_hits": False,
                "version": True,
            } | ({"search_after": after} if after is not None else {})
            answer = connection().ask("POST", "/_search", body, params={"allow_partial_search_results": "false"})
            pit = answer.get("pit_id", pit)
            hits = answer["hits"]["hits"]
            yield from hits
            if len(hits) < size:
                return
            after = hits[-1]["sort"]
    finally:
        _forget(connection, pit)


def _forget(connection: Callable[[], Connection], pit: str) -> None:
    try:
        connection().ask("DELETE", "/_pit", {"id": pit}, retry=False)
    except StoreError:
        # The server forgets it by itself when its time is up.
        return


def _record(source: Document, version: int) -> Record:
    return Record(kind=source["kind"], key=source["key"], version=version, body=json.loads(source["raw"]))


def _line(index: str, kind: str, key: str, text: str, body: Document | None) -> BulkLine:
    action = json.dumps({"index": {"_index": index, "_id": _id(key)}}).encode()
    whole = {"kind": kind, "key": key, "raw": text} | ({"body": body} if body is not None else {})
    return BulkLine(key, action, json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode())


def _id(key: str) -> str:
    if not key:
        raise StoreError("a record needs a key")
    return key if len(key.encode()) <= _LONGEST_ID else "sha256-" + hashlib.sha256(key.encode()).hexdigest()
