"""Do the files of the index hold what was written? Each file of a segment ends with a checksum of itself.

Tantivy looks at it only where one asks, and its Python library has no way to ask, so it is compared here: at every
opening for the files that are new or were touched since they were last found sound (size and time of change, kept in
``checked.json``), and for all of them in a check of the whole store.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.store.embedded.folder import CHECKED

META = "meta.json"
_MAGIC, _TAIL = 1337, struct.Struct("<II")
_CHUNK = 1 << 20
_PARTS = ("store", "term", "idx", "pos", "fast", "fieldnorm")
_TRIES = 5
State = list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment as ``meta.json`` names it: how its files begin, its documents with those deleted, how many are."""

    name: str
    documents: int
    deleted: int = 0
    deletes: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files."""
        return (*(f"{self.name}.{part}" for part in _PARTS), *([self.deletes] if self.deletes else []))

    @property
    def alive(self) -> int:
        """How many mentions are in it."""
        return self.documents - self.deleted


def segments_of(index: Path) -> list[Segment]:
    """Return the segments of an index. Raises ``ValueError`` where ``meta.json`` cannot be read, and ``OSError``."""
    try:
        found = json.loads((index / META).read_text("utf-8"))["segments"]
        return [_segment(entry) for entry in found]
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ValueError(f"{META} is damaged") from None


def _segment(entry: dict[str, Any]) -> Segment:
    name, deletes = str(entry["segment_id"]).replace("-", ""), entry.get("deletes")
    if not deletes:
        return Segment(name=name, documents=int(entry["max_doc"]))
    file = f"{name}.{int(deletes['opstamp'])}.del"
    return Segment(name=name, documents=int(entry["max_doc"]), deleted=int(deletes["num_deleted_docs"]), deletes=file)


def wrong_with(path: Path) -> str:
    """Return what is wrong with a file of a segment, or nothing. Raises ``OSError``, also where it is gone."""
    crc, end = 0, path.stat().st_size
    with path.open("rb") as stream:
        if end < _TAIL.size:
            return "was cut"
        stream.seek(end - _TAIL.size)
        length, magic = _TAIL.unpack(stream.read(_TAIL.size))
        start = end - _TAIL.size - length
        if magic != _MAGIC or start < 0:
            return "was cut or written over"
        stream.seek(start)
        try:
            wanted = json.loads(stream.read(length))["crc"]
        except (ValueError, KeyError, TypeError):
            return "does not hold what was written"
        stream.seek(0)
        left = start
        while left:
            piece = stream.read(min(_CHUNK, left))
            if not piece:
                return "was cut"
            crc, left = zlib.crc32(piece, crc), left - len(piece)
    return "" if crc == wanted else "does not hold what was written (its checksum differs)"


def damage(folder: Path, index: str, *, all_files: bool = False) -> list[str]:
    """Return what is wrong with the files of an index, in words; only with those not known as sound but ``all_files``.

    Raises ``OSError`` where files cannot be read.
    """
    for _ in range(_TRIES):
        before = (folder / index / META).read_bytes()
        wrong = list(_damage(folder, index, all_files=all_files))
        # Another process may merge meanwhile: then a file that is gone is gone by right.
        if not wrong or (folder / index / META).read_bytes() == before:
            return wrong
    return []


def _damage(folder: Path, index: str, *, all_files: bool) -> Iterator[str]:
    known = {} if all_files else _known(folder)
    sound: dict[str, State] = {}
    try:
        segments = segments_of(folder / index)
    except ValueError:
        yield f"{index}/{META} cannot be read"
        return
    for name in (file for segment in segments for file in segment.files):
        path, key = folder / index / name, f"{index}/{name}"
        try:
            state = _state(path)
            said = "" if known.get(key) == state else wrong_with(path)
        except FileNotFoundError:
            said, state = "is gone", []
        if said:
            yield f"{key} {said}"
        else:
            sound[key] = state
    if sound != known:
        _remember(folder, sound)


def trust(folder: Path, index: str) -> None:
    """Remember files that this process wrote as sound; those that it did not write, or that changed, are left out."""
    known = _known(folder)
    sound: dict[str, State] = {}
    with suppress(OSError, ValueError):
        for name in (file for segment in segments_of(folder / index) for file in segment.files):
            key = f"{index}/{name}"
            state = _state(folder / index / name)
            if known.get(key, state) == state:
                sound[key] = state
        if sound != known:
            _remember(folder, sound)


def _state(path: Path) -> State:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _known(folder: Path) -> dict[str, State]:
    with suppress(OSError, ValueError):
        words = json.loads((folder / CHECKED).read_text("utf-8"))
        if isinstance(words, dict):
            return words
    return {}


def _remember(folder: Path, sound: dict[str, State]) -> None:
    # Whoever may only read looks again the next time.
    with suppress(OSError):
        fresh = folder / f"{CHECKED}.{os.getpid()}.new"
        fresh.write_text(json.dumps(sound), encoding="utf-8")
        fresh.replace(folder / CHECKED)
