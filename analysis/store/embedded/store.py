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
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from analysis.model import Mention, document
from analysis.model.errors import StoreError, StoreLockedError
from analysis.store.aggregation import LISTED, counts_values, cut_in_a_tie, from_tantivy, read_body, to_tantivy
from analysis.store.base import Document, Filter, Hit, Order, Place, Slice, Written
from analysis.store.columns import SEARCHED_TEXT
from analysis.store.directions import Direction
from analysis.store.embedded.folder import (
    LOCK,
    RECORDS,
    Layout,
    and_more,
    current_fields,
    damaged,
    linked,
    named,
    read_layout,
    unusable,
    why,
    write_layout,
)
from analysis.store.embedded.nearest import Finder, NearIndex, mark_of, read_whole
from analysis.store.embedded.ordered import ordered
from analysis.store.embedded.query import TantivyCompiler, selects_by_score
from analysis.store.embedded.reading import by_id, holding, mention_at, ranked, told_if_damaged
from analysis.store.embedded.records import SqliteRecords
from analysis.store.embedded.schema import HASHED_SINCE, HEAD, open_index
from analysis.store.embedded.soundness import META, damage, trust
from analysis.store.embedded.writing import MentionWriter, copy_into
from analysis.store.filters import sliced, sortable
from analysis.store.letters import DeadLetters, letter
from analysis.store.lock import FileLock, HeldError
from analysis.store.snippet import snippet

log = logging.getLogger(__name__)
_MOST_WIDENED = 512


class EmbeddedStore:
    """Implements ``analysis.store.base.Store`` on a folder. Threads may share it; see the module for processes.

    A process that forks must open its own store in the child.
    """

    def __init__(self, folder: Path, *, write: bool = False, holder: str = "") -> None:
        self._folder = folder
        self._turn = threading.RLock()
        self._lock: FileLock | None = None
        self._writer: MentionWriter | None = None
        self._closed = False
        self._links: TemporaryDirectory[str] | None = None
        self.letters = DeadLetters(folder)
        self._near = NearIndex(folder)
        layout = read_layout(folder)
        self._records = SqliteRecords(folder / RECORDS)
        try:
            self._layout = self._claim(layout, holder) if write else _existing(folder, layout)
            self._records = SqliteRecords(folder / RECORDS, store=self._layout.id)
            self._need_sound()
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
        with self._turn, self._followed():
            written = self._need_writer().write(mentions)
            self._keep_letters(mentions, written)
            return written

    def get(self, ids: Sequence[str]) -> dict[str, Mention]:
        """Return those of ``ids`` that exist, as of every write acknowledged before the call, by any process."""
        self.refresh()
        searcher = self._searcher()
        query = self._compile(searcher, Filter(terms={"id": list(ids)}))
        with told_if_damaged(self._folder):
            hits = searcher.search(query, limit=max(1, len(ids)), count=False).hits
            mentions = {mention.id: mention for mention in (mention_at(searcher, address) for _, address in hits)}
        return {mention_id: mentions[mention_id] for mention_id in dict.fromkeys(ids) if mention_id in mentions}

    def search(
        self,
        where: Filter,
        *,
        limit: int = 20,
        newest_first: bool = False,
        offset: int = 0,
        optional: bool = False,  # noqa: ARG002
    ) -> list[Hit]:
        """Return the best matches by BM25, or the newest; ties (and all, where nothing is scored) in order of id."""
        if limit <= 0:
            return []
        searcher = self._searcher()
        order = "published_at" if newest_first else "" if selects_by_score(where) else HEAD
        query = self._compile(searcher, where)
        with told_if_damaged(self._folder):
            matches = [
                (-rank, mention.id, mention)
                for rank, address in ranked(searcher, query, offset + limit, order)
                for mention in [mention_at(searcher, address)]
            ]
        return [
            Hit(mention=best, score=0.0 if order else -rank, snippet=snippet(best.text or best.title, where.query))
            for rank, _, best in sorted(matches, key=lambda row: row[:2])[offset : offset + limit]
        ]

    def nearest(
        self, where: Filter, wanted: Sequence[Direction], *, maker: str, limit: int = 20, without: Sequence[str] = ()
    ) -> list[Hit]:
        """Return the matches that mean most nearly one of ``wanted``: every direction is compared, see ``nearest``."""
        if limit <= 0 or not wanted:
            return []
        searcher, mark = self._searcher(), self._mark()
        query = self._compile(searcher, where)
        with told_if_damaged(self._folder):
            rows = self._near.rows(maker, mark) or read_whole(self.scan(Filter()), maker)
            finder = Finder(searcher, self._index.schema, rows, query, all_match=where == Filter())
            return finder.nearest(wanted, limit=limit, without=frozenset(without))

    def page(self, where: Filter, *, order: Sequence[Order], limit: int = 50, after: Place | None = None) -> Slice:
        """Return the next ``limit`` matches behind the place ``after``, ties by id; see ``ordered``."""
        sortable(order, after)
        searcher = self._searcher()
        query = self._compile(searcher, where)
        with told_if_damaged(self._folder):
            found = ordered(searcher, self._index.schema, query, order=order, limit=limit + 1, after=after)
        return sliced(found, order, limit)

    def count(self, where: Filter) -> int:
        """Return how many mentions match."""
        searcher = self._searcher()
        return int(searcher.search(self._compile(searcher, where), limit=1).count)

    def aggregate(self, where: Filter, aggregations: Document) -> Document:
        """Answer a body (``analysis.store.aggregation``) with what Elasticsearch calls ``aggregations``."""
        wanted = read_body(aggregations)
        searcher = self._searcher()
        query, widen = self._compile(searcher, where), 1
        listed = counts_values(wanted) and int(searcher.search(query, limit=1).count) <= LISTED
        while True:
            try:
                answer = searcher.aggregate(query, to_tantivy(wanted, widen=widen, listed=listed))
            except ValueError as error:
                if listed:
                    # Values of many terms each: more buckets than Tantivy gives.
                    listed = False
                    continue
                raise StoreError(f"{self._folder}: {error}; ask for fewer terms or a longer interval") from error
            if widen >= _MOST_WIDENED or not cut_in_a_tie(wanted, answer):
                return from_tantivy(wanted, answer)
            widen *= 8

    def scan(self, where: Filter) -> Iterator[Mention]:
        """Yield every match in order of id, from the state at the first step, whatever is written meanwhile."""
        searcher = self._searcher()
        mentions = by_id(searcher, self._index.schema, self._compile(searcher, where))
        while True:
            # Not around the yield: what whoever reads does wrong is no damage.
            with told_if_damaged(self._folder):
                mention = next(mentions, None)
            if mention is None:
                return
            yield mention

    def erase(self, ids: Sequence[str]) -> int:
        """Remove mentions from every answer at once and return how many were there.

        Their bytes leave the folder when the index is next merged; ``compact`` makes that now.
        """
        with self._turn, self._followed(gone=ids):
            return self._need_writer().erase(ids)

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
            layout = Layout(
                index=f"mentions-{int(old.rpartition('-')[2]) + 1}", fields=current_fields(), id=self._layout.id
            )
            shutil.rmtree(self._folder / layout.index, ignore_errors=True)
            try:
                copy_into(open_index(self._folder / layout.index, create=True), self.scan(Filter()))
                write_layout(self._folder, layout)
            except (ValueError, OSError) as error:
                shutil.rmtree(self._folder / layout.index, ignore_errors=True)
                raise why(self._folder, error) from error
            self._writer, self._layout = None, layout
            self._open_index()
            self._near.rebuild(self.scan(Filter()), mark=self._mark())
            shutil.rmtree(self._folder / old, ignore_errors=True)

    def close(self) -> None:
        """Finish merging, and release files and the lock. Harmless when called twice."""
        with self._turn:
            if self._closed:
                return
            self._closed = True
            if self._writer is not None:
                self._writer.close()
                self._writer = None
                trust(self._folder, self._layout.index)
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

    @contextmanager
    def _followed(self, *, gone: Sequence[str] = ()) -> Iterator[None]:
        """Bring the directions to where the index is after what is done inside."""
        writer, before = self._need_writer(), self._mark()
        yield
        made = {} if gone else writer.made
        self._near.follow(made, gone, before=before, after=self._mark(), whole=lambda: self.scan(Filter()))

    def _mark(self) -> str:
        try:
            return mark_of(self._folder / self._layout.index)
        except (OSError, ValueError) as error:
            raise unusable(self._folder, error) from error

    def _keep_letters(self, mentions: Sequence[Mention], written: Written) -> None:
        """Set what was refused aside, whole: a later version may take it, and a person can see what it was."""
        reasons = dict(written.refused)
        refused = {mention.id: mention for mention in mentions if mention.id in reasons}
        if not refused:
            return
        try:
            self.letters.add(letter(name, reasons[name], document(mention)) for name, mention in refused.items())
        except OSError as error:
            raise unusable(self._folder, error) from error

    def _claim(self, layout: Layout | None, holder: str) -> Layout:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self._folder / LOCK, holder)
        except HeldError as error:
            raise StoreLockedError(
                f"{self._folder}: another process is writing to this store: {named(error.holder)}; "
                "wait until it has ended, or stop it"
            ) from None
        except OSError as error:
            raise unusable(self._folder, error) from error
        # Another process may have made or rebuilt the store until we had the lock.
        layout = read_layout(self._folder) or layout
        try:
            if layout is None:
                layout = Layout(fields=current_fields())
                write_layout(self._folder, layout)
            return layout if layout.id else self._named_anew(layout)
        except (ValueError, OSError) as error:
            raise unusable(self._folder, error) from error

    def _named_anew(self, layout: Layout) -> Layout:
        """Make what is missing of a new store, and give it, or one of an older Candor, an id."""
        index, records = self._folder / layout.index, self._folder / RECORDS
        if not (index / META).exists():
            if records.exists() and self._records.kinds():
                raise damaged(self._folder, f"{layout.index} is gone, and with it the mentions")
            open_index(index, create=True)
        elif not records.exists() and open_index(index, create=False).searcher().num_docs:
            raise damaged(self._folder, f"{RECORDS} is gone, and with it the audit log, the fixes and what was erased")
        layout = replace(layout, id=self._records.adopt(uuid4().hex))
        write_layout(self._folder, layout)
        return layout

    def _need_sound(self) -> None:
        """Raise ``StoreError`` where a file of the index is gone or does not hold what was written to it."""
        if not (self._folder / self._layout.index).exists():
            raise damaged(self._folder, f"{self._layout.index} is gone, and with it the mentions")
        if not (self._folder / self._layout.index / META).exists():
            raise damaged(self._folder, f"{self._layout.index}/{META} is gone")
        try:
            wrong = damage(self._folder, self._layout.index)
        except OSError as error:
            raise unusable(self._folder, error) from error
        if wrong:
            raise damaged(self._folder, and_more(wrong))

    def _open_index(self) -> None:
        path = self._folder / self._layout.index
        try:
            if self._lock is None and not os.access(
                path, os.W_OK, effective_ids=os.access in os.supports_effective_ids
            ):
                self._unlink()
                self._links = linked(path)
                path = Path(self._links.name)
            self._index = open_index(path, create=False)
        except (ValueError, OSError) as error:
            raise unusable(self._folder, error) from error

    def _unlink(self) -> None:
        if self._links is not None:
            self._links.cleanup()
            self._links = None

    def _need_open(self) -> None:
        if self._closed:
            raise StoreError(f"the store at {self._folder} was closed")

    def _need_writer(self) -> MentionWriter:
        self._need_open()
        if self._lock is None:
            raise StoreError(f"the store at {self._folder} was opened for reading only; open it with write=True")
        if self._writer is None:
            self._writer = MentionWriter(self._index, self._folder)
        return self._writer

    def _searcher(self) -> Any:
        with self._turn:
            self._need_open()
            return self._index.searcher()

    def _compile(self, searcher: Any, where: Filter) -> Any:
        compiler = TantivyCompiler(
            schema=self._index.schema,
            paths=frozenset(item.partition(" ")[0] for item in self._layout.fields),
            hashed=self._layout.candor_store >= HASHED_SINCE,
            check=lambda leaf, around, few: holding(searcher, leaf, around, few),
            tokens_from=lambda start: (word for word, _ in searcher.terms_with_prefix(SEARCHED_TEXT, start)),
        )
        return compiler.filter(where)


def _existing(folder: Path, layout: Layout | None) -> Layout:
    if layout is None or not (layout.id or (folder / layout.index / META).exists()):
        raise StoreError(f"there is no store at {folder}; crawl or import first, or correct the address")
    return layout
