"""What can still be read of a damaged store: each mention and each record by itself, what cannot is counted.

Mentions lie whole in the ``.store`` file of each segment, in the order of their numbers. Such a file is read alone: an
index of one empty mention lends the other files that Tantivy wants to see. Where a file's checksum differs, only
mentions are taken that agree with themselves: an id that follows from address and brand, a hash that
follows from the words.
"""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tantivy

from analysis.model import Mention, mention_id
from analysis.model.records.base import Record
from analysis.store.embedded.folder import RECORDS, read_layout
from analysis.store.embedded.reading import mention_at
from analysis.store.embedded.records import row_crc
from analysis.store.embedded.schema import open_index
from analysis.store.embedded.soundness import META, Segment, segments_of, wrong_with
from analysis.store.embedded.writing import copy_into

_BEYOND = "Failed to lookup Doc"
_MOST_FAILED = 10_000  # one after another, where nothing tells how many there are
_COLUMNS = "kind, key, version, body"


@dataclass(slots=True, kw_only=True)
class Found:
    """What was read so far, and what could not be: ``lost`` are mentions, ``unsure`` says that there may be more."""

    mentions: int = 0
    lost: int = 0
    unsure: bool = False
    records: int = 0
    records_lost: int = 0
    records_gone: bool = False
    wrong: list[str] = field(default_factory=list)


def mentions_of(folder: Path, found: Found) -> Iterator[Mention]:
    """Yield every mention that can be read, some perhaps in an older version too; count in ``found`` what cannot."""
    index = _index_of(folder)
    if index is None:
        found.wrong.append("the folder of mentions is gone")
        found.unsure = True
        return
    for segment in _segments(index, found):
        yield from _of_segment(index, segment, found)


def _index_of(folder: Path) -> Path | None:
    with suppress(Exception):
        layout = read_layout(folder)
        if layout is not None and (folder / layout.index).is_dir():
            return folder / layout.index
    there = [path for path in folder.glob("mentions-*") if path.is_dir() and any(path.glob("*.store"))]
    return max(there, key=lambda path: int(path.name.rpartition("-")[2] or 0), default=None)


def _segments(index: Path, found: Found) -> list[Segment]:
    """Return the segments as ``meta.json`` names them, or those whose files lie there."""
    try:
        return segments_of(index)
    except (OSError, ValueError):
        found.wrong.append(f"{index.name}/{META} cannot be read: every file of mentions that lies there is taken")
        found.unsure = True
    segments = []
    for store in sorted(index.glob("*.store")):
        deletes = sorted(index.glob(f"{store.stem}.*.del"), key=lambda path: int(path.name.split(".")[1]))
        segments.append(Segment(name=store.stem, documents=0, deletes=deletes[-1].name if deletes else ""))
    return segments


def _of_segment(index: Path, segment: Segment, found: Found) -> Iterator[Mention]:
    before, damaged = found.mentions, False
    for name in segment.files:
        try:
            said = wrong_with(index / name)
        except OSError:
            said = "is gone"
        if said:
            found.wrong.append(f"{index.name}/{name} {said}")
            damaged = damaged or name.endswith((".store", ".del"))
    alive = _alive(index / segment.deletes) if segment.deletes else None
    lost = 0
    for mention in _stored(index / f"{segment.name}.store", segment.documents, alive):
        if mention is None or (damaged and not _agrees(mention)):
            lost += 1
            continue
        found.mentions += 1
        yield mention
    read = found.mentions - before
    found.lost += max(lost, segment.alive - read)
    found.unsure = found.unsure or not (read or segment.documents)


def _stored(path: Path, documents: int, alive: Callable[[int], bool] | None) -> Iterator[Mention | None]:
    """Yield the mentions of a ``.store`` file, None for each that cannot be read."""
    with TemporaryDirectory(prefix="candor-salvage-", ignore_cleanup_errors=True) as lent:
        searcher = _alone(Path(lent), path)
        number = failed = 0
        while searcher is not None and failed < _MOST_FAILED:
            try:
                mention: Mention | None = mention_at(searcher, tantivy.DocAddress(0, number))
            except BaseException as error:
                if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)):
                    raise
                if _BEYOND in str(error) or (documents and number >= documents):
                    return
                mention = None
            failed = 0 if mention is not None or documents else failed + 1
            if alive is None or alive(number):
                yield mention
            number += 1


def _alone(folder: Path, store: Path) -> Any:
    """Return a searcher over one ``.store`` file alone, or None where it cannot even be opened."""
    name = store.stem
    try:
        copy_into(open_index(folder, create=True), [Mention(**_EMPTY)])
        lender = segments_of(folder)[0].name
        for part in folder.glob(f"{lender}.*"):
            if part.suffix != ".store":
                part.rename(folder / f"{name}{part.suffix}")
        (folder / store.name).symlink_to(store.absolute())
        meta = json.loads((folder / META).read_text("utf-8"))
        meta["segments"] = [{"segment_id": name, "max_doc": 1, "deletes": None}]
        (folder / META).write_text(json.dumps(meta), encoding="utf-8")
        return open_index(folder, create=False).searcher()
    except (OSError, ValueError):
        return None


_EMPTY: dict[str, Any] = dict.fromkeys(("id", "post_id", "url", "text", "tokens"), "empty")


def _alive(path: Path) -> Callable[[int], bool] | None:
    """Return which documents of a segment were not deleted; None (all of them) where the file cannot be read."""
    try:
        raw = path.read_bytes()
        length = struct.unpack_from("<I", raw)[0]
    except (OSError, struct.error):
        return None
    words = raw[4 : 4 + 8 * ((length + 63) // 64)]
    return lambda number: bool(number >> 3 < len(words) and words[number >> 3] >> (number & 7) & 1)


def _agrees(mention: Mention) -> bool:
    """Whether a mention out of a damaged file says of itself what follows from the rest of it."""
    words = sha256(" ".join(mention.tokens.split(" ")).encode()).hexdigest()
    return mention.id == mention_id(mention.url, mention.brand.id) and mention.content_hash in ("", words)


def records_of(folder: Path, found: Found) -> Iterator[Record]:
    """Yield every record that can be read, from both ends of the file; what cannot is counted or told in ``found``."""
    path = folder / RECORDS
    if not path.exists() or not path.stat().st_size:
        found.records_gone = True
        found.wrong.append(f"{RECORDS} is {'empty' if path.exists() else 'gone'}")
        return
    seen: set[tuple[str, str]] = set()
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            checked = "crc" in {row[1] for row in connection.execute("PRAGMA table_info(records)")}
            for order in ("ASC", "DESC"):
                yield from _rows(connection, order, found, seen, checked=checked)
                if not any(RECORDS in said for said in found.wrong):
                    return
    except sqlite3.Error as error:
        found.records_gone = found.records_gone or not seen
        found.wrong.append(f"{RECORDS} cannot be read ({error})")


def _rows(
    connection: sqlite3.Connection, order: str, found: Found, seen: set[tuple[str, str]], *, checked: bool
) -> Iterator[Record]:
    columns = _COLUMNS + (", crc" if checked else ", NULL")
    rows = connection.execute(f"SELECT {columns} FROM records ORDER BY kind {order}, key {order}")  # noqa: S608
    while True:
        try:
            row = rows.fetchone()
        except sqlite3.Error as error:
            found.wrong.append(f"{RECORDS}: a part of it cannot be read ({error})")
            found.unsure = True
            return
        if row is None:
            return
        kind, key, version, body, crc = row
        if (kind, key) in seen:
            continue
        seen.add((kind, key))
        try:
            if crc is not None and crc != row_crc(kind, key, body):
                raise ValueError
            record = Record(kind=kind, key=key, version=version, body=json.loads(body))
        except (ValueError, TypeError, AttributeError):
            found.records_lost += 1
            continue
        found.records += 1
        yield record
