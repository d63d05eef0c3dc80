"""The directions of an embedded store's mentions, in a file of their own beside the index, looked through one by one.

Everything in it stands in the mentions too. A mark says which commit of which index it belongs to; where it is another
(a crash in between, an older Candor, a rebuilt index), it is made anew from the mentions. So it cannot tell of what was
erased, and losing it costs time alone.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray

from analysis.model import Mention
from analysis.store.base import Hit
from analysis.store.directions import WIDTH, Direction, nearness
from analysis.store.embedded.folder import MEANING
from analysis.store.embedded.reading import mention_at
from analysis.store.embedded.schema import HEAD, KEY, Made, id_head, id_key, made_of
from analysis.store.embedded.soundness import META
from analysis.store.snippet import snippet

_ROWS = 5_000
_FETCHED = 1_000
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS mentions (key TEXT PRIMARY KEY, head INTEGER, maker TEXT, vectors BLOB) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS mark (only INTEGER PRIMARY KEY CHECK (only = 1), words TEXT)",
)
# Nothing is lost with it: no write waits for the disk. What was erased is overwritten.
_SETTINGS = ("PRAGMA synchronous = OFF", "PRAGMA secure_delete = ON")
log = logging.getLogger(__name__)


def mark_of(index: Path) -> str:
    """Return what tells the last commit of an index from all others. Raises ``OSError`` and ``ValueError``."""
    return f"{index.name}:{json.loads((index / META).read_bytes())['opstamp']}"


@dataclass(frozen=True, slots=True)
class NearRows:
    """All directions of one maker: ``keys`` and ``heads`` of their mentions, where each one's begin, and the rows."""

    keys: list[str]
    heads: NDArray[np.uint64]
    begins: NDArray[np.intp]
    rows: NDArray[np.int8]

    def best(
        self, wanted: Sequence[Direction], *, among: NDArray[np.uint64] | None, count: int
    ) -> list[tuple[str, float]]:
        """Return the keys of the ``count`` nearest mentions and of all that tie with the last, with their nearness."""
        if not self.keys:
            return []
        found = np.maximum.reduceat(nearness(self.rows, wanted), self.begins)
        if among is not None:
            found[~np.isin(self.heads, among)] = -np.inf
        at = np.flatnonzero(found > -np.inf)
        if len(at) > count:
            edge = np.partition(found[at], len(at) - count)[len(at) - count]
            at = at[found[at] >= edge]
        order = at[np.argsort(-found[at], kind="stable")]
        return [(self.keys[number], float(found[number])) for number in order.tolist()]


class NearIndex:
    """The file in a store's folder. One process writes; readers see what was last written whole."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / MEANING
        self._kept: tuple[str, str, NearRows] | None = None

    def follow(
        self,
        made: Mapping[str, Made],
        gone: Iterable[str],
        *,
        before: str,
        after: str,
        whole: Callable[[], Iterable[Mention]],
    ) -> None:
        """Take over a commit: what was ``made`` (by id), the ids ``gone``; or make it anew of the ``whole`` store.

        It is made anew where it does not hold what the index held ``before``. A disk that takes nothing is no error:
        the next write tries again.
        """
        try:
            if before == after or self._change(made, gone, before=before, after=after):
                return
        except sqlite3.Error as error:
            log.warning("%s: %s; made anew", self._path, error)
        self.rebuild(whole(), mark=after)

    def rebuild(self, mentions: Iterable[Mention], *, mark: str) -> None:
        """Make it anew of all mentions."""
        try:
            self._path.unlink(missing_ok=True)
            with closing(self._connection(create=True)) as connection, connection:
                _put(connection, ((each.id, made_of(each)) for each in mentions))
                connection.execute("INSERT OR REPLACE INTO mark VALUES (1, ?)", (mark,))
        except (sqlite3.Error, OSError) as error:
            log.warning(
                "%s cannot be written (%s): finding by meaning reads every mention until it can", self._path, error
            )

    def rows(self, maker: str, mark: str) -> NearRows | None:
        """Return the directions that ``maker`` made; None where the file is not at the commit ``mark``."""
        if self._kept is not None and self._kept[:2] == (maker, mark):
            return self._kept[2]
        try:
            with closing(self._connection()) as connection:
                connection.execute("BEGIN")
                if _mark(connection) != mark:
                    return None
                rows = gathered(connection.execute("SELECT key, head, vectors FROM mentions WHERE maker = ?", (maker,)))
        except sqlite3.Error:
            return None
        self._kept = (maker, mark, rows)
        return rows

    def _change(self, made: Mapping[str, Made], gone: Iterable[str], *, before: str, after: str) -> bool:
        is_new = before.endswith(":0") and not self._path.exists()
        if not (is_new or self._path.exists()):
            return False
        with closing(self._connection(create=True)) as connection, connection:
            if not is_new and _mark(connection) != before:
                return False
            connection.executemany("DELETE FROM mentions WHERE key = ?", ((id_key(name),) for name in gone))
            _put(connection, made.items())
            connection.execute("INSERT OR REPLACE INTO mark VALUES (1, ?)", (after,))
        return True

    def _connection(self, *, create: bool = False) -> sqlite3.Connection:
        address = f"{self._path.absolute().as_uri()}?mode={'rwc' if create else 'ro'}"
        connection = sqlite3.connect(address, uri=True, timeout=30, check_same_thread=False)
        try:
            for words in (*_SETTINGS, *_SCHEMA) if create else ():
                connection.execute(words)
        except BaseException:
            connection.close()
            raise
        return connection


def _mark(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT words FROM mark").fetchone()
    return row[0] if row else ""


def _put(connection: sqlite3.Connection, made: Iterable[tuple[str, Made]]) -> None:
    rows = ((id_key(name), _signed(id_head(name)), maker, raw) for name, (maker, raw) in made)
    while some := list(islice(rows, _ROWS)):
        connection.executemany("INSERT OR REPLACE INTO mentions VALUES (?, ?, ?, ?)", some)


def read_whole(mentions: Iterable[Mention], maker: str) -> NearRows:
    """Return the rows of mentions themselves, for one who finds no file that holds them."""
    found = ((each.id, *made_of(each)) for each in mentions)
    return gathered((id_key(name), _signed(id_head(name)), raw) for name, made, raw in found if made == maker)


def gathered(found: Iterable[tuple[str, int, bytes]]) -> NearRows:
    """Return rows of (key, head, bytes of all directions); what has none is left out."""
    keys: list[str] = []
    heads: list[int] = []
    parts: list[bytes] = []
    for key, head, raw in found:
        if raw:
            keys.append(key)
            heads.append(head)
            parts.append(raw)
    sizes = np.array([len(raw) // WIDTH for raw in parts], np.intp)
    rows = np.frombuffer(b"".join(parts), np.int8).reshape(-1, WIDTH)
    return NearRows(keys, np.array(heads, np.int64).view(np.uint64), np.cumsum(sizes) - sizes, rows)


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number


@dataclass(frozen=True, slots=True)
class Finder:
    """One state of the index with its directions: which matches of ``query`` are nearest."""

    searcher: Any
    schema: Any
    rows: NearRows
    query: Any
    all_match: bool

    def nearest(self, wanted: Sequence[Direction], *, limit: int, without: Collection[str]) -> list[Hit]:
        """Return the nearest, ties by id."""
        among = None if self.all_match else self._heads()
        count = limit + len(without)
        while True:
            best = self.rows.best(wanted, among=among, count=count)
            scores = dict(best)
            found = [
                Hit(
                    mention=mention,
                    score=scores[id_key(mention.id)],
                    snippet=snippet(mention.text or mention.title, None),
                )
                for mention in self._alive(list(scores))
                if mention.id not in without
            ]
            # Two mentions may share a head, and one of them not match: then there are fewer than were looked for.
            if len(found) >= limit or len(best) < count:
                return sorted(found, key=lambda hit: (-hit.score, hit.mention.id))[:limit]
            count *= 4

    def _heads(self) -> NDArray[np.uint64]:
        count = max(1, int(self.searcher.search(self.query, limit=1).count))
        addresses = [address for _, address in self.searcher.search(self.query, limit=count, count=False).hits]
        return np.array(self.searcher.fast_field_values(HEAD, addresses) if addresses else [], np.uint64)

    def _alive(self, keys: Sequence[str]) -> Iterator[Mention]:
        for first in range(0, len(keys), _FETCHED):
            some = list(keys[first : first + _FETCHED])
            named = tantivy.Query.term_set_query(self.schema, KEY, some)
            both = tantivy.Query.boolean_query([(tantivy.Occur.Must, self.query), (tantivy.Occur.Must, named)])
            for _, address in self.searcher.search(both, limit=len(some), count=False).hits:
                yield mention_at(self.searcher, address)
