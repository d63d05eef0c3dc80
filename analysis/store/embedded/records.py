"""The small records in SQLite (WAL): any process may read and write them, also while another writes mentions.

Every write is one transaction with ``synchronous = FULL``: when a call returns, its write survives a power cut.
After ``delete`` a key's versions start anew at 1.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from analysis.model.errors import StoreError
from analysis.model.records.base import Record
from analysis.store.base import Document
from analysis.store.columns import record_json

BUSY_S = 30.0
_PAGE = 500
_TABLE = (
    "CREATE TABLE IF NOT EXISTS records (kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,"
    " body TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID"
)
_UPSERT = (
    "INSERT INTO records VALUES (?1, ?2, 1, ?3)"
    " ON CONFLICT (kind, key) DO UPDATE SET version = version + 1, body = ?3 RETURNING version"
)


class SqliteRecords:
    """``analysis.model.records.base.Records`` on one file. Threads take turns; processes wait for each other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0

    def get(self, kind: str, key: str) -> Record | None:
        """Return one record, or None."""
        return self.get_many(kind, [key]).get(key)

    def get_many(self, kind: str, keys: Sequence[str]) -> dict[str, Record]:
        """Return those of ``keys`` that exist."""
        records: dict[str, Record] = {}
        for first in range(0, len(keys), _PAGE):
            some = list(keys[first : first + _PAGE])
            marks = ",".join("?" * len(some))
            statement = f"SELECT key, version, body FROM records WHERE kind = ? AND key IN ({marks})"  # noqa: S608
            with self._session() as connection:
                rows = connection.execute(statement, [kind, *some]).fetchall()
            records |= {key: Record(kind=kind, key=key, version=v, body=json.loads(body)) for key, v, body in rows}
        return records

    def put(self, kind: str, key: str, body: Document, *, if_version: int | None = None) -> int | None:
        """Write and return the new version. With ``if_version`` (0 = must not exist) return None if another won."""
        text = record_json(kind, key, body)
        with self._session(writes=True) as connection:
            if if_version is None:
                rows = connection.execute(_UPSERT, (kind, key, text)).fetchall()
            elif if_version == 0:
                statement = "INSERT INTO records VALUES (?, ?, 1, ?) ON CONFLICT DO NOTHING RETURNING version"
                rows = connection.execute(statement, (kind, key, text)).fetchall()
            else:
                statement = (
                    "UPDATE records SET version = version + 1, body = ?"
                    " WHERE kind = ? AND key = ? AND version = ? RETURNING version"
                )
                rows = connection.execute(statement, (text, kind, key, if_version)).fetchall()
        return int(rows[0][0]) if rows else None

    def put_many(self, kind: str, bodies: Mapping[str, Document]) -> None:
        """Write all of them in one transaction, or none."""
        rows = [(kind, key, record_json(kind, key, body)) for key, body in bodies.items()]
        with self._session(writes=True) as connection:
            for row in rows:
                connection.execute(_UPSERT, row).fetchall()

    def delete(self, kind: str, key: str) -> bool:
        """Remove one record; return whether it existed."""
        with self._session(writes=True) as connection:
            return connection.execute("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key)).rowcount > 0

    def all(self, kind: str, *, prefix: str = "") -> Iterator[Record]:
        """Yield the records of a kind whose key starts with ``prefix``, in key order, a page at a time."""
        after, comparison = prefix, ">="
        while True:
            statement = f"SELECT key, version, body FROM records WHERE kind = ? AND key {comparison} ? ORDER BY key"  # noqa: S608
            with self._session() as connection:
                rows = connection.execute(f"{statement} LIMIT {_PAGE}", (kind, after)).fetchall()
            for key, version, body in rows:
                if not key.startswith(prefix):
                    return
                yield Record(kind=kind, key=key, version=version, body=json.loads(body))
            if len(rows) < _PAGE:
                return
            after, comparison = rows[-1][0], ">"

    def kinds(self) -> list[str]:
        """Return the kinds of which there are records, in order."""
        with self._session() as connection:
            return [kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM records ORDER BY kind")]

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        with self._turn:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    @contextmanager
    def _session(self, *, writes: bool = False) -> Iterator[sqlite3.Connection]:
        with self._turn:
            try:
                connection = self._open()
                if writes:
                    connection.execute("BEGIN IMMEDIATE")
                yield connection
                if writes:
                    connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise StoreError(_words(self._path, error)) from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _open(self) -> sqlite3.Connection:
        # A connection must not cross a fork: the child opens its own and leaves the parent's alone.
        if self._connection is None or self._owner != os.getpid():
            self._connection = _connect(self._path)
            self._owner = os.getpid()
        return self._connection


def _connect(path: Path) -> sqlite3.Connection:
    places = (path.parent, path) if path.exists() else (path.parent,)
    if all(os.access(place, os.W_OK, effective_ids=os.access in os.supports_effective_ids) for place in places):
        connection = _connection(path.absolute().as_uri())
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(_TABLE)
        return connection
    if not path.exists():
        empty = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        empty.execute(_TABLE)
        empty.execute("PRAGMA query_only = ON")
        return empty
    # Where no log lies beside it, nobody is writing and the file alone is the whole truth.
    still = not path.with_name(path.name + "-wal").exists()
    return _connection(path.absolute().as_uri() + ("?immutable=1" if still else "?mode=ro"))


def _connection(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


def _words(path: Path, error: sqlite3.Error) -> str:
    said = str(error)
    if "readonly" in said or "read-only" in said or "unable to open" in said:
        return f"{path}: the records cannot be written here ({said}); give this user write access to the folder"
    if "locked" in said or "busy" in said:
        return f"{path}: another process held the records for {BUSY_S:.0f} s ({said}); try again when it has ended"
    if "full" in said or "disk I/O" in said:
        return f"{path}: the disk is full ({said}); free some space and run again; what was acknowledged is kept"
    if "malformed" in said or "not a database" in said:
        return f"{path}: the file of records is damaged ({said}); put back a copy of it, or move it away to start anew"
    return f"{path}: the records cannot be used: {said}"
