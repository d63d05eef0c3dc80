"""The small records while the server is away: plain writes wait in the spool, everything else says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from analysis.model.records.base import Record, Witness
from analysis.store.base import Document
from analysis.store.elastic.records import ElasticRecords
from analysis.store.elastic.server.client import AwayError
from analysis.store.elastic.spool import record_line
from analysis.store.elastic.writer import Writer


class SpooledRecords:
    """Implements ``analysis.model.records.base.Records``; plain writes wait in the spool while the server is away.

    A compare-and-set, a deletion and ``all`` need the server and raise ``AwayError`` without it.
    """

    def __init__(self, records: ElasticRecords, writer: Callable[[], Writer | None]) -> None:
        self._records = records
        self._writer = writer

    def get(self, kind: str, key: str) -> Record | None:
        """Return one record, or None."""
        return self.get_many(kind, [key]).get(key)

    def get_many(self, kind: str, keys: Sequence[str]) -> dict[str, Record]:
        """Return those of ``keys`` that exist; while the server is away, those that wait."""
        writer = self._writer()
        if writer is None:
            return self._records.get_many(kind, keys)
        if writer.settle():
            try:
                return self._records.get_many(kind, keys)
            except AwayError as error:
                writer.went_away(error)
        rows = ((key, writer.spool.find(f"{kind}/{key}")) for key in keys)
        return {key: Record(kind=kind, key=key, version=0, body=row["record"]) for key, row in rows if row is not None}

    def put(self, kind: str, key: str, body: Document, *, if_version: int | None = None) -> int | None:
        """Write and return the new version, 0 where it waits in the spool."""
        writer = self._writer()
        if writer is None or if_version is not None:
            return self._records.put(kind, key, body, if_version=if_version)
        if writer.settle():
            try:
                return self._records.put(kind, key, body)
            except AwayError as error:
                writer.went_away(error)
        self._wait(writer, kind, {key: body})
        return 0

    def put_many(self, kind: str, bodies: Mapping[str, Document]) -> None:
        """Write several, each atomically."""
        writer = self._writer()
        if writer is None:
            self._records.put_many(kind, bodies)
            return
        if writer.settle():
            try:
                self._records.put_many(kind, bodies)
            except AwayError as error:
                writer.went_away(error)
            else:
                return
        self._wait(writer, kind, bodies)

    def delete(self, kind: str, key: str) -> bool:
        """Remove one record; return whether it existed."""
        return self._records.delete(kind, key)

    def all(self, kind: str, *, prefix: str = "") -> Iterator[Record]:
        """Yield the records of a kind whose key starts with ``prefix``, in key order."""
        return self._records.all(kind, prefix=prefix)

    @property
    def witness(self) -> Witness:
        """What remembers apart from them, on this machine."""
        return self._records.witness

    def raw(self, kind: str) -> Iterator[Record]:
        """Yield the records of a kind as they lie, in key order."""
        return self._records.raw(kind)

    def kinds(self) -> list[str]:
        """Return the kinds of which there are records, in order."""
        return self._records.kinds()

    @staticmethod
    def _wait(writer: Writer, kind: str, bodies: Mapping[str, Document]) -> None:
        if bodies:
            writer.spool.wait(writer.spool.add(record_line(kind, key, body) for key, body in bodies.items()))
