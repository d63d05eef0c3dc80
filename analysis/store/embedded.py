"""The embedded store: mentions in a Tantivy index, small records in SQLite beside it, all in one folder.

One process writes mentions at a time; any number read meanwhile and see new commits after ``refresh``. A ``write``
returns after Tantivy's commit, which is on the disk: kill -9 at any point leaves the last commit, and the next writer
opens on it. Nothing is kept twice: the index alone holds mentions (whole, so that an export is exact) and alone tells
which exist and how old they are; SQLite holds only what no mention holds. So the two cannot disagree after a crash.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import tantivy

from analysis.errors import StoreError, StoreLockedError
from analysis.model import Mention
from analysis.query import Query, Terms, matches
from analysis.store.aggregation import cut_in_a_tie, from_tantivy, read_body, to_tantivy
from analysis.store.base import Document, Filter, Hit, Written
from analysis.store.folder import (
    LOCK,
    RECORDS,
    Layout,
    current_fields,
    linked,
    read_layout,
    unusable,
    why,
    write_layout,
)
from analysis.store.records_sqlite import SqliteRecords
from analysis.store.schema import BODY, HEAD, Encoded, build_schema, decode, encode, id_head
from analysis.store.snippet import snippet
from analysis.store.tantivy_query import Compiler, selects_by_score
from analysis.store.values import SEARCHED_TEXT
from analysis.store.writer_lock import WriterLock

log = logging.getLogger(__name__)
HEAP_BYTES = 128_000_000
THREADS = 1
SCAN_PAGE = 5_000
SLICE = 250
_MOST_WIDENED = 512


@dataclass(slots=True)
class _Batch:
    """What has become of one ``write`` so far; ``seen`` tells when each id that it wrote was last seen (ms)."""

    created: int = 0
    updated: int = 0
    stale: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)


class EmbeddedStore:
    """Implements ``analysis.store.base.Store`` on a folder. Threads may share it; see the module for processes.

    A process that forks must open its own store in the child.
    """

    def __init__(self, folder: Path, *, write: bool = False, holder: str = "") -> None:
        self._folder = folder
        self._turn = threading.RLock()
        self._lock: WriterLock | None = None
        self._writer: Any = None
        self._closed = False
        self._links: TemporaryDirectory[str] | None = None
        self._records = SqliteRecords(folder / RECORDS)
        layout = read_layout(folder)
        try:
            self._layout = self._claim(layout, holder) if write else _existing(folder, layout)
            self._open_index()
            if write and not self._layout.current:
                log.warning("%s was written by an older Candor: rebuilding its index", folder)
                self.compact()
        except BaseException:
            self.close()
            raise

    @property
    def records(self) -> SqliteRecords:
        """The small records; writable also where the store was opened for reading."""
        return self._records

    @property
    def address(self) -> str:
        """The folder."""
        return str(self._folder)

    def write(self, mentions: Sequence[Mention]) -> Written:
        """Upsert by id and commit; a mention older than the stored one (``last_seen_at``) is stale.

        One commit a call: some thousands of mentions in each make the most of it. Equal ids in one call count as if
        written one after the other. A mention that no index can hold is refused with the reason.
        """
        with self._turn:
            self._need_writer()
            batch = _Batch()
            try:
                # In slices, so that the index thread works on one while the next is made ready.
                for first in range(0, len(mentions), SLICE):
                    self._add(mentions[first : first + SLICE], batch)
                if batch.created or batch.updated:
                    self._commit()
            except BaseException:
                # Ctrl-C too: what was not committed goes with the writer, or the next commit would write it twice.
                self._writer = None
                raise
            return Written(
                created=batch.created, updated=batch.updated, stale=batch.stale, refused=tuple(batch.refused)
            )

    def get(self, ids: Sequence[str]) -> dict[str, Mention]:
        """Return those of ``ids`` that exist, as of every write acknowledged before the call, by any process."""
        self.refresh()
        searcher = self._searcher()
        found = ((mention_id, _address(searcher, self._index.schema, mention_id)) for mention_id in dict.fromkeys(ids))
        return {mention_id: _mention(searcher, address) for mention_id, address in found if address is not None}

    def search(self, where: Filter, *, limit: int = 20, newest_first: bool = False, offset: int = 0) -> list[Hit]:
        """Return the best matches by BM25, or the newest; ties (and all, where nothing is scored) in order of id."""
        if limit <= 0:
            return []
        searcher = self._searcher()
        order = "published_at" if newest_first else "" if selects_by_score(where) else HEAD
        found = [
            (-rank, mention.id, mention)
            for rank, address in _ranked(searcher, self._compile(searcher, where), offset + limit, order)
            for mention in [_mention(searcher, address)]
        ]
        return [
            Hit(mention=best, score=0.0 if order else -rank, snippet=snippet(best.text or best.title, where.query))
            for rank, _, best in sorted(found, key=lambda row: row[:2])[offset : offset + limit]
        ]

    def count(self, where: Filter) -> int:
        """Return how many mentions match."""
        searcher = self._searcher()
        return int(searcher.search(self._compile(searcher, where), limit=1).count)

    def aggregate(self, where: Filter, aggregations: Document) -> Document:
        """Answer a body (``analysis.store.aggregation``) with what Elasticsearch calls ``aggregations``."""
        wanted = read_body(aggregations)
        searcher = self._searcher()
        query, widen = self._compile(searcher, where), 1
        while True:
            try:
                answer = searcher.aggregate(query, to_tantivy(wanted, widen=widen))
            except ValueError as error:
                raise StoreError(f"{self._folder}: {error}; ask for fewer terms or a longer interval") from error
            if widen >= _MOST_WIDENED or not cut_in_a_tie(wanted, answer):
                return from_tantivy(wanted, answer)
            widen *= 8

    def scan(self, where: Filter) -> Iterator[Mention]:
        """Yield every match in order of id, from the state at the first step, whatever is written meanwhile."""
        searcher = self._searcher()
        query, low, size = self._compile(searcher, where), 0, SCAN_PAGE
        while True:
            hits = searcher.search(_from(self._index.schema, query, low), size, False, HEAD, 0, tantivy.Order.Asc).hits
            more = len(hits) == size
            # The page may end among ids that begin alike: these wait for the next.
            whole = [hit for hit in hits if hit[0] < hits[-1][0]] if more else hits
            size = SCAN_PAGE if whole else 2 * size
            yield from _in_order(searcher, whole)
            if not more:
                return
            low = hits[-1][0]

    def erase(self, ids: Sequence[str]) -> int:
        """Remove mentions from every answer at once and return how many were there.

        Their bytes leave the folder when the index is next merged; ``compact`` makes that now.
        """
        with self._turn:
            self._need_writer()
            there = list(self._seen(list(dict.fromkeys(ids))))
            for mention_id in there:
                self._writer.delete_documents_by_term("id", mention_id)
            if there:
                self._commit()
            return len(there)

    def refresh(self) -> None:
        """Make every acknowledged write, of any process, visible to search, aggregate and scan."""
        with self._turn:
            self._need_open()
            layout = self._layout if self._lock else read_layout(self._folder)
            if layout is None:
                raise StoreError(f"the store at {self._folder} is gone; crawl or import again")
            if layout != self._layout or self._links is not None:
                self._layout = layout
                self._open_index()
                return
            try:
                self._index.reload()
            except (ValueError, OSError) as error:
                if self._lock is not None or read_layout(self._folder) == layout:
                    raise unusable(self._folder, error) from error
                # The writer put a rebuilt index in its place just now.
                self.refresh()

    def compact(self) -> None:
        """Write the index anew beside the old one and take it into use: no byte of what was erased is left.

        Needs room for a second copy while it runs. A crash in between leaves the old one in use.
        """
        with self._turn:
            self._need_writer()
            old = self._layout.index
            layout = Layout(index=f"mentions-{int(old.rpartition('-')[2]) + 1}", fields=current_fields())
            shutil.rmtree(self._folder / layout.index, ignore_errors=True)
            try:
                _copy(self.scan(Filter()), _index(self._folder / layout.index, create=True))
                write_layout(self._folder, layout)
            except (ValueError, OSError) as error:
                shutil.rmtree(self._folder / layout.index, ignore_errors=True)
                raise why(self._folder, error) from error
            self._writer, self._layout = None, layout
            self._open_index()
            shutil.rmtree(self._folder / old, ignore_errors=True)

    def close(self) -> None:
        """Finish merging, and release files and the lock. Harmless when called twice."""
        with self._turn:
            if self._closed:
                return
            self._closed = True
            if self._writer is not None:
                # Without waiting for merges, short runs would leave ever more small segments behind.
                try:
                    self._writer.wait_merging_threads()
                except ValueError as error:
                    log.warning("%s: merging failed, the next run tries again: %s", self._folder, error)
                self._writer = None
            self._unlink()
            self._records.close()
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _claim(self, layout: Layout | None, holder: str) -> Layout:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = WriterLock(self._folder / LOCK, holder)
        except OSError as error:
            raise unusable(self._folder, error) from error
        # Another process may have made or rebuilt the store until we had the lock.
        layout = read_layout(self._folder) or layout
        if layout is not None:
            return layout
        layout = Layout(fields=current_fields())
        try:
            write_layout(self._folder, layout)
        except OSError as error:
            raise unusable(self._folder, error) from error
        return layout

    def _open_index(self) -> None:
        path = self._folder / self._layout.index
        try:
            if self._lock is None and not os.access(
                path, os.W_OK, effective_ids=os.access in os.supports_effective_ids
            ):
                self._unlink()
                self._links = linked(path)
                path = Path(self._links.name)
            self._index = _index(path, create=self._lock is not None and not (path / "meta.json").exists())
        except (ValueError, OSError) as error:
            raise unusable(self._folder, error) from error

    def _unlink(self) -> None:
        if self._links is not None:
            self._links.cleanup()
            self._links = None

    def _need_open(self) -> None:
        if self._closed:
            raise StoreError(f"the store at {self._folder} was closed")

    def _need_writer(self) -> None:
        self._need_open()
        if self._lock is None:
            raise StoreError(f"the store at {self._folder} was opened for reading only; open it with write=True")
        if self._writer is None:
            try:
                self._writer = self._index.writer(HEAP_BYTES * THREADS, THREADS)
            except ValueError as error:
                if "LockBusy" in str(error):
                    raise StoreLockedError(
                        f"{self._folder}: a process left behind by an earlier writer still holds the index; stop it"
                    ) from error
                raise unusable(self._folder, error) from error

    def _add(self, mentions: Sequence[Mention], batch: _Batch) -> None:
        """Hand those that are new enough to the index, uncommitted, and count in ``batch``."""
        fresh = _encode_all(mentions, batch.refused)
        stored = self._seen([item.id for item in fresh if item.id not in batch.seen])
        try:
            for item in fresh:
                before = batch.seen.get(item.id, stored.get(item.id))
                if before is not None and item.seen < before:
                    batch.stale += 1
                    continue
                if before is None:
                    batch.created += 1
                else:
                    batch.updated += 1
                    self._writer.delete_documents_by_term("id", item.id)
                self._writer.add_document(tantivy.Document.from_dict(item.values, self._index.schema))
                batch.seen[item.id] = item.seen
        except (ValueError, OSError) as error:
            raise why(self._folder, error) from error

    def _commit(self) -> None:
        try:
            self._writer.commit()
        except (ValueError, OSError) as error:
            # A writer that failed is dead; the next write opens another.
            self._writer = None
            raise why(self._folder, error) from error
        self.refresh()

    def _seen(self, ids: Sequence[str]) -> dict[str, int]:
        """Return when those of ``ids`` that are stored were last seen, in ms."""
        searcher, schema = self._searcher(), self._index.schema
        found = [(i, _address(searcher, schema, i)) for i in ids if searcher.doc_freq("id", i)]
        there = [(mention_id, address) for mention_id, address in found if address is not None]
        seen = searcher.fast_field_values("last_seen_at", [address for _, address in there])
        return {mention_id: int(ms or 0) for (mention_id, _), ms in zip(there, seen, strict=True)}

    def _searcher(self) -> Any:
        with self._turn:
            self._need_open()
            return self._index.searcher()

    def _compile(self, searcher: Any, where: Filter) -> Any:
        compiler = Compiler(
            schema=self._index.schema,
            paths=frozenset(item.partition(" ")[0] for item in self._layout.fields),
            check=lambda leaf, around: _checked(searcher, leaf, around),
            tokens_from=lambda start: (word for word, _ in searcher.terms_with_prefix(SEARCHED_TEXT, start)),
        )
        return compiler.filter(where)


def _existing(folder: Path, layout: Layout | None) -> Layout:
    if layout is None or not (folder / layout.index / "meta.json").exists():
        raise StoreError(f"there is no store at {folder}; crawl or import first, or correct the address")
    return layout


def _index(path: Path, *, create: bool) -> Any:
    if create:
        path.mkdir(parents=True, exist_ok=True)
        index = tantivy.Index(build_schema(), str(path))
    else:
        index = tantivy.Index.open(str(path))
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer("whitespace", words)
    index.config_reader("manual")
    index.reload()
    return index


def _encode_all(mentions: Sequence[Mention], refused: list[tuple[str, str]]) -> list[Encoded]:
    fresh: list[Encoded] = []
    for mention in mentions:
        try:
            fresh.append(encode(mention))
        except ValueError as error:
            refused.append((mention.id, str(error)))
    return fresh


def _copy(mentions: Iterator[Mention], index: Any) -> None:
    writer, schema = index.writer(HEAP_BYTES * THREADS, THREADS), build_schema()
    for mention in mentions:
        writer.add_document(tantivy.Document.from_dict(encode(mention).values, schema))
    writer.commit()
    writer.wait_merging_threads()


def _address(searcher: Any, schema: Any, mention_id: str) -> Any:
    hits = searcher.search(tantivy.Query.term_query(schema, "id", mention_id, "basic"), limit=1, count=False).hits
    return hits[0][1] if hits else None


def _mention(searcher: Any, address: Any) -> Mention:
    return decode(bytes(searcher.doc(address).get_first(BODY)))


def _ranked(searcher: Any, query: Any, wanted: int, order: str) -> list[tuple[float, Any]]:
    """Return (rank, address) of the first ``wanted`` matches and of all that tie with the last of them.

    ``order`` is a column (``_head`` rising, others falling) or empty for the score.
    """
    options = {"order_by_field": order, "order": tantivy.Order.Asc if order == HEAD else tantivy.Order.Desc}
    size = wanted + 1
    while True:
        hits = searcher.search(query, limit=size, count=False, **(options if order else {})).hits
        if len(hits) < size or hits[wanted - 1][0] != hits[-1][0]:
            break
        size *= 4
    heads = searcher.fast_field_values(HEAD, [address for _, address in hits])
    rows = [(0.0 if order == HEAD else rank, head, address) for (rank, address), head in zip(hits, heads, strict=True)]
    rows.sort(key=lambda row: (-row[0], row[1]))
    edge = rows[wanted - 1][:2] if len(rows) > wanted else None
    return [(rank, address) for at, (rank, head, address) in enumerate(rows) if at < wanted or (rank, head) == edge]


def _from(schema: Any, query: Any, low: int) -> Any:
    if not low:
        return query
    rest = tantivy.Query.range_query(schema, HEAD, tantivy.FieldType.Unsigned, low, None)
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, rest)])


def _in_order(searcher: Any, hits: Sequence[tuple[int, Any]]) -> Iterator[Mention]:
    alike: list[Mention] = []
    for _, address in hits:
        mention = _mention(searcher, address)
        if alike and id_head(alike[-1].id) != id_head(mention.id):
            yield from sorted(alike, key=lambda one: one.id)
            alike = []
        alike.append(mention)
    yield from sorted(alike, key=lambda one: one.id)


def _checked(searcher: Any, leaf: Terms, around: Any) -> list[str]:
    """Return the ids of those matches of ``around`` whose tokens do hold ``leaf``."""
    most = searcher.search(around, limit=1).count
    if not most:
        return []
    query = Query("", leaf)
    found = (_mention(searcher, address) for _, address in searcher.search(around, limit=most, count=False).hits)
    return [mention.id for mention in found if matches(query, mention.tokens.split())]
