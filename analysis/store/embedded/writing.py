"""Writing to the Tantivy index: upsert by id, and commits that are on the disk when the call returns."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tantivy

from analysis.model import Mention
from analysis.model.errors import StoreLockedError
from analysis.store.base import Written
from analysis.store.embedded.folder import unusable, why
from analysis.store.embedded.schema import KEY, Encoded, Made, build_schema, encode, id_key

log = logging.getLogger(__name__)
HEAP_BYTES = 128_000_000
# One is enough: making mentions ready takes longer than indexing them, and each more leaves segments to merge.
THREADS = 1
SLICE = 250


def copy_into(index: Any, mentions: Iterable[Mention]) -> None:
    """Fill a new index and commit. Raises ``ValueError`` and ``OSError``."""
    writer, schema = index.writer(HEAP_BYTES * THREADS, THREADS), build_schema()
    for mention in mentions:
        writer.add_document(tantivy.Document.from_dict(encode(mention).values, schema))
    writer.commit()
    writer.wait_merging_threads()


@dataclass(slots=True)
class _Batch:
    """What has become of one ``write`` so far; ``seen`` tells when each id that it wrote was last seen (ms).

    ``made`` are the directions of what was written.
    """

    created: int = 0
    updated: int = 0
    stale: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)


class MentionWriter:
    """The one writer of an index, for whoever holds the folder's lock; ``folder`` is named in its errors.

    Raises ``StoreLockedError`` where a process that lost the folder's lock still writes, and ``StoreError``.
    """

    def __init__(self, index: Any, folder: Path) -> None:
        self._index = index
        self._folder = folder
        self._writer: Any = None
        self.made: dict[str, Made] = {}
        """The directions of what was written last."""
        self._open()

    def write(self, mentions: Sequence[Mention]) -> Written:
        """Upsert and commit. What was not acknowledged is not kept, also where the call was interrupted."""
        self._open()
        batch = _Batch()
        self.made = {}
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
        self.made = batch.made
        return Written(created=batch.created, updated=batch.updated, stale=batch.stale, refused=tuple(batch.refused))

    def erase(self, ids: Iterable[str]) -> int:
        """Remove mentions, commit, and return how many were there."""
        self._open()
        keys = {mention_id: id_key(mention_id) for mention_id in ids}
        there = self._seen(keys)
        for mention_id in there:
            self._writer.delete_documents_by_term(KEY, keys[mention_id])
        if there:
            self._commit()
        return len(there)

    def close(self) -> None:
        """Finish merging: without waiting for it, short runs would leave ever more small segments behind."""
        if self._writer is None:
            return
        try:
            self._writer.wait_merging_threads()
        except ValueError as error:
            log.warning("%s: merging failed, the next run tries again: %s", self._folder, error)
        self._writer = None

    def _open(self) -> None:
        if self._writer is not None:
            return
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
        stored = self._seen({item.id: item.key for item in fresh if item.id not in batch.seen})
        schema = self._index.schema
        try:
            for item in fresh:
                before = batch.seen.get(item.id, stored.get(item.id))
                if before is not None and item.seen < before:
                    batch.stale += 1
                    continue
                try:
                    made = tantivy.Document.from_dict(item.values, schema)
                except (ValueError, OverflowError, TypeError) as error:
                    # One that no index takes costs itself, not what was read with it.
                    batch.refused.append((item.id, f"the index does not take it: {error}"))
                    continue
                if before is None:
                    batch.created += 1
                else:
                    batch.updated += 1
                    self._writer.delete_documents_by_term(KEY, item.key)
                self._writer.add_document(made)
                batch.seen[item.id] = item.seen
                batch.made[item.id] = item.made
        except (ValueError, OSError) as error:
            raise why(self._folder, error) from error

    def _commit(self) -> None:
        try:
            self._writer.commit()
        except (ValueError, OSError) as error:
            # A writer that failed is dead; the next write opens another.
            self._writer = None
            raise why(self._folder, error) from error
        try:
            self._index.reload()
        except (ValueError, OSError) as error:
            raise unusable(self._folder, error) from error

    def _seen(self, keys: Mapping[str, str]) -> dict[str, int]:
        """Return when those mentions that are stored were last seen, in ms; ``keys`` are ids with their keys."""
        searcher, schema = self._index.searcher(), self._index.schema
        addresses = [(i, _address(searcher, schema, key)) for i, key in keys.items() if searcher.doc_freq(KEY, key)]
        there = [(mention_id, address) for mention_id, address in addresses if address is not None]
        seen = searcher.fast_field_values("last_seen_at", [address for _, address in there])
        return {mention_id: int(ms or 0) for (mention_id, _), ms in zip(there, seen, strict=True)}


def _encode_all(mentions: Sequence[Mention], refused: list[tuple[str, str]]) -> list[Encoded]:
    fresh: list[Encoded] = []
    for mention in mentions:
        try:
            fresh.append(encode(mention))
        except (ValueError, OverflowError, TypeError) as error:
            refused.append((mention.id, str(error)))
    return fresh


def _address(searcher: Any, schema: tantivy.Schema, key: str) -> Any:
    hits = searcher.search(tantivy.Query.term_query(schema, KEY, key, "basic"), limit=1, count=False).hits
    return hits[0][1] if hits else None
