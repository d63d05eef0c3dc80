"""The small records in SQLite (WAL): any process may read and write them, also while another writes mentions.

Every write is one transaction with ``synchronous = FULL``: when a call returns, its write survives a power cut.
After ``delete`` a key's versions start anew at 1. Each row has a checksum, because SQLite has none: what was changed on
the disk is told when it is read. The file holds the id of its store: where it is gone, emptied or another store's,
nothing is read from it and nothing written.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from analysis.model.errors import StoreError
from analysis.model.records.base import Record
from analysis.store.base import Document
from analysis.store.columns import record_json
from analysis.store.embedded.folder import damaged
from analysis.store.witness import FileWitness, witness_file

BUSY_S = 30.0
WITNESS = ".witness.json"
_PAGE = 500
_TABLE = (
    "CREATE TABLE IF NOT EXISTS records (kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,"
    " body TEXT NOT NULL, crc INTEGER, PRIMARY KEY (kind, key)) WITHOUT ROWID"
)
_IDENTITY = "CREATE TABLE IF NOT EXISTS store (id TEXT PRIMARY KEY) WITHOUT ROWID"
_UPSERT = (
    "INSERT INTO records (kind, key, version, body, crc) VALUES (?1, ?2, 1, ?3, ?4)"
    " ON CONFLICT (kind, key) DO UPDATE SET version = version + 1, body = ?3, crc = ?4 RETURNING version"
)
Row = tuple[str, int, str, int | None]


class SqliteRecords:
    """``analysis.model.records.base.Records`` on one file. Threads take turns; processes wait for each other."""

    def __init__(self, path: Path, *, store: str = "", environ: Mapping[str, str] | None = None) -> None:
        """``store`` is the id that the file must hold; empty where the store has none yet."""
        self._path = path
        self._store = store
        self._environ = os.environ if environ is None else environ
        self._turn = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0

    @property
    def witness(self) -> FileWitness:
        """What remembers apart from the records: a file in the folder, and one in the user's own."""
        outside = [witness_file(self._environ, self._store)] if self._store else []
        return FileWitness([self._path.with_suffix(WITNESS), *outside])

    def adopt(self, store: str) -> str:
        """Write the id of the store into the file, unless one is there, and return the one that is there."""
        with self._session(writes=True) as connection:
            connection.execute(_IDENTITY)
            found = connection.execute("SELECT id FROM store").fetchall()
            if not found:
                connection.execute("INSERT INTO store VALUES (?)", (store,))
        self.close()
        self._store = str(found[0][0]) if found else store
        return self._store

    def get(self, kind: str, key: str) -> Record | None:
        """Return one record, or None."""
        return self.get_many(kind, [key]).get(key)

    def get_many(self, kind: str, keys: Sequence[str]) -> dict[str, Record]:
        """Return those of ``keys`` that exist."""
        records: dict[str, Record] = {}
        for first in range(0, len(keys), _PAGE):
            some = list(keys[first : first + _PAGE])
            marks = ",".join("?" * len(some))
            statement = f"SELECT key, version, body, crc FROM records WHERE kind = ? AND key IN ({marks})"  # noqa: S608
            with self._session() as connection:
                rows = connection.execute(statement, [kind, *some]).fetchall()
            records |= {row[0]: self._record(kind, row) for row in rows}
        return records

    def put(self, kind: str, key: str, body: Document, *, if_version: int | None = None) -> int | None:
        """Write and return the new version. With ``if_version`` (0 = must not exist) return None if another won."""
        text = record_json(kind, key, body)
        crc = row_crc(kind, key, text)
        with self._session(writes=True) as connection:
            if if_version is None:
                rows = connection.execute(_UPSERT, (kind, key, text, crc)).fetchall()
            elif if_version == 0:
                statement = (
                    "INSERT INTO records (kind, key, version, body, crc) VALUES (?, ?, 1, ?, ?)"
                    " ON CONFLICT DO NOTHING RETURNING version"
                )
                rows = connection.execute(statement, (kind, key, text, crc)).fetchall()
            else:
                statement = (
                    "UPDATE records SET version = version + 1, body = ?, crc = ?"
                    " WHERE kind = ? AND key = ? AND version = ? RETURNING version"
                )
                rows = connection.execute(statement, (text, crc, kind, key, if_version)).fetchall()
        return int(rows[0][0]) if rows else None

    def put_many(self, kind: str, bodies: Mapping[str, Document]) -> None:
        """Write all of them in one transaction, or none."""
        rows = [(key, record_json(kind, key, body)) for key, body in bodies.items()]
        with self._session(writes=True) as connection:
            for key, text in rows:
                connection.execute(_UPSERT, (kind, key, text, row_crc(kind, key, text))).fetchall()

    def delete(self, kind: str, key: str) -> bool:
        """Remove one record; return whether it existed."""
        with self._session(writes=True) as connection:
            return connection.execute("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key)).rowcount > 0

    def all(self, kind: str, *, prefix: str = "") -> Iterator[Record]:
        """Yield the records of a kind whose key starts with ``prefix``, in key order, a page at a time."""
        return (self._record(kind, row) for row in self._rows(kind, prefix))

    def raw(self, kind: str) -> Iterator[Record]:
        """Yield the records of a kind as they lie, in key order; the body of one that is no JSON object is empty."""
        for key, version, text, _ in self._rows(kind, ""):
            body: Document = {}
            with suppress(ValueError):
                words = json.loads(text)
                body = words if isinstance(words, dict) else {}
            yield Record(kind=kind, key=key, version=version, body=body)

    def _rows(self, kind: str, prefix: str) -> Iterator[Row]:
        after, comparison = prefix, ">="
        while True:
            columns = "SELECT key, version, body, crc FROM records"
            statement = f"{columns} WHERE kind = ? AND key {comparison} ? ORDER BY key"
            with self._session() as connection:
                rows = connection.execute(f"{statement} LIMIT {_PAGE}", (kind, after)).fetchall()
            for row in rows:
                if not row[0].startswith(prefix):
                    return
                yield row
            if len(rows) < _PAGE:
                return
            after, comparison = rows[-1][0], ">"

    def kinds(self) -> list[str]:
        """Return the kinds of which there are records, in order."""
        with self._session() as connection:
            return [kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM records ORDER BY kind")]

    def _record(self, kind: str, row: Row) -> Record:
        key, version, body, crc = row
        if crc is not None and crc != row_crc(kind, key, body):
            raise damaged(
                self._path.parent, f"the record {kind}/{key} in {self._path.name} does not hold what was written"
            )
        try:
            return Record(kind=kind, key=key, version=version, body=json.loads(body))
        except ValueError:
            raise damaged(self._path.parent, f"the record {kind}/{key} in {self._path.name} is no JSON") from None

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
                raise _unusable(self._path, error) from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _open(self) -> sqlite3.Connection:
        # A connection must not cross a fork: the child opens its own and leaves the parent's alone.
        if self._connection is None or self._owner != os.getpid():
            self._connection = _connect(self._path, self._store)
            self._owner = os.getpid()
        return self._connection


def row_crc(kind: str, key: str, body: str) -> int:
    """Return the checksum of a row: of its kind, key and body as they lie in the file."""
    return zlib.crc32(f"{kind}\0{key}\0{body}".encode(errors="surrogatepass"))


def _connect(path: Path, store: str) -> sqlite3.Connection:
    """Open the file, and make what is missing in it; where the store has an id, only if the file holds it."""
    if store and not path.exists():
        raise damaged(path.parent, f"{path.name} is gone, and with it the audit log, the fixes and what was erased")
    places = (path.parent, path) if path.exists() else (path.parent,)
    if all(os.access(place, os.W_OK, effective_ids=os.access in os.supports_effective_ids) for place in places):
        connection = _connection(path.absolute().as_uri())
        _identify(connection, path, store)
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(_TABLE)
        if not _has_checksums(connection):
            connection.execute("ALTER TABLE records ADD COLUMN crc INTEGER")
        return connection
    if not path.exists():
        empty = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        empty.execute(_TABLE)
        empty.execute("PRAGMA query_only = ON")
        return empty
    # Where no log lies beside it, nobody is writing and the file alone is the whole truth.
    still = not path.with_name(path.name + "-wal").exists()
    connection = _connection(path.absolute().as_uri() + ("?immutable=1" if still else "?mode=ro"))
    _identify(connection, path, store)
    if not _has_checksums(connection):
        connection.execute("CREATE TEMP VIEW records AS SELECT kind, key, version, body, NULL AS crc FROM main.records")
    return connection


def _identify(connection: sqlite3.Connection, path: Path, store: str) -> None:
    """Raise ``StoreError`` where the file does not hold the id of its store, before anything is made in it."""
    if not store:
        return
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        rows = connection.execute("SELECT id FROM store").fetchall() if "store" in tables else []
    except BaseException:
        connection.close()
        raise
    if rows and rows[0][0] == store:
        return
    connection.close()
    raise damaged(path.parent, f"{path.name} {'belongs to another store' if rows else 'was emptied'}")


def _has_checksums(connection: sqlite3.Connection) -> bool:
    return "crc" in {row[1] for row in connection.execute("PRAGMA table_info(records)")}


def _connection(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


def _unusable(path: Path, error: sqlite3.Error) -> StoreError:
    said = str(error)
    if any(
        sign in said for sign in ("malformed", "not a database", "decode to UTF-8", "no such table", "no such column")
    ):
        return damaged(path.parent, f"{path.name} cannot be read ({said})")
    if "readonly" in said or "read-only" in said or "unable to open" in said:
        cure = "give this user write access to the folder"
        return StoreError(f"{path}: the records cannot be written here ({said}); {cure}")
    if "locked" in said or "busy" in said:
        return StoreError(
            f"{path}: another process held the records for {BUSY_S:.0f} s ({said}); try again when it has ended"
        )
    if "full" in said or "disk I/O" in said:
        return StoreError(
            f"{path}: the disk is full ({said}); free some space and run again; what was acknowledged is kept"
        )
    return StoreError(f"{path}: the records cannot be used: {said}")
