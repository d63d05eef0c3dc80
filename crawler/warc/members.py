"""A WARC file cut into its records, piece by piece as it comes: no more is held than one record.

A ``.warc.gz`` holds each record as a gzip member of its own (WARC 1.1, annex D), so that reading may begin at any of
them. A member that is damaged costs its own record: the next one is looked for.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from analysis.model.errors import ReadError

MAGIC = b"\x1f\x8b\x08"
BEGIN = b"WARC/"
DAMAGED, CUT = "a damaged record", "the file ends within a record"
TOO_BIG = "a record that is too big"
_STEP = 1 << 18
_PIECE = 1 << 16
_HEAD = 1 << 16
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Member:
    """One record's bytes, unpacked. ``end`` is where the next begins in the file; ``lost`` is why there are no bytes.

    Where no record follows that could be told, ``end`` is -1.
    """

    content: bytes
    end: int
    lost: str = ""


class Members:
    """Takes a file's bytes in pieces from ``offset`` on, where a record begins, and gives its records.

    A record of more than ``limit`` bytes is lost. Raises ``ReadError`` for what is no WARC file, or one that was packed
    as a whole.
    """

    def __init__(self, *, name: str, limit: int, offset: int = 0) -> None:
        self._name = name
        self._limit = limit
        self._held = bytearray()
        self._base = offset
        self._is_packed: bool | None = None
        self._is_lost = False
        self._skip = 0
        self._begin()

    def feed(self, piece: bytes) -> Iterator[Member]:
        """Yield the records that are whole with ``piece``; to be read to the end before the next piece is fed."""
        self._held += piece
        while self._held:
            if self._is_packed is None and not self._told():
                return
            if self._is_lost:
                if not self._found():
                    return
                yield Member(b"", self._base, DAMAGED)
                continue
            member = self._unpacked() if self._is_packed else self._plain()
            if member is not None:
                yield member
            elif not self._is_lost:
                return

    def finish(self) -> Iterator[Member]:
        """Yield what the end of the file leaves: nothing, or a record that is damaged or cut off."""
        if self._is_lost or self._held.strip() or self._size or self._skip:
            yield Member(b"", -1, DAMAGED if self._is_lost else CUT)

    def _begin(self) -> None:
        self._inflater = zlib.decompressobj(wbits=31)
        self._parts: list[bytes] = []
        self._head = b""
        self._size = 0
        self._fed = 0

    def _told(self) -> bool:
        """Find out which form the file has, once enough is there; blank lines part records that are not packed."""
        while self._held.startswith((b"\r", b"\n")):
            self._forget(1)
        head = bytes(self._held[: len(BEGIN)])
        if len(head) < len(BEGIN) and (MAGIC.startswith(head[:3]) or BEGIN.startswith(head)):
            return False
        if not head.startswith((MAGIC, BEGIN)):
            raise ReadError(f"{self._name}: this is no WARC file; it begins with neither gzip nor WARC/")
        self._is_packed = head.startswith(MAGIC)
        return True

    def _unpacked(self) -> Member | None:
        try:
            while self._fed < len(self._held) and not self._inflater.eof:
                piece = bytes(self._held[self._fed : self._fed + _PIECE])
                self._fed += len(piece)
                while piece and not self._inflater.eof:
                    self._take(self._inflater.decompress(piece, _STEP))
                    piece = self._inflater.unconsumed_tail
        except zlib.error:
            self._lose()
            return None
        if self._inflater.eof:
            content, size = b"".join(self._parts), self._size
            self._forget(self._fed - len(self._inflater.unused_data))
            self._begin()
            if size > self._limit:
                return Member(b"", self._base, TOO_BIG)
            return Member(content, self._base, "" if content.startswith(BEGIN) else DAMAGED)
        if self._size > self._limit:
            # It will not be kept: neither its bytes nor what they are unpacked from need be held.
            self._forget(self._fed)
            self._fed = 0
        return None

    def _take(self, out: bytes) -> None:
        self._size += len(out)
        if self._size <= self._limit:
            self._parts.append(out)
            return
        if self._parts:
            self._head = b"".join(self._parts)[:_HEAD]
            self._parts.clear()
        length = _LENGTH.search(self._head)
        if length and self._head.find(b"\r\n\r\n") + 8 + int(length[1]) < min(self._size, self._limit):
            raise ReadError(
                f"{self._name}: it was packed as a whole, so that no record can be found without all before it; "
                f"mend it by: warcio recompress {self._name} NEW.warc.gz"
            )

    def _plain(self) -> Member | None:
        if self._skip:
            taken = min(self._skip, len(self._held))
            self._forget(taken)
            self._skip -= taken
            return None if self._skip else Member(b"", self._base, TOO_BIG)
        while self._held.startswith((b"\r", b"\n")):
            self._forget(1)
        if not self._held:
            return None
        end = self._held.find(b"\r\n\r\n", 0, _HEAD)
        if end < 0 and len(self._held) < _HEAD and BEGIN.startswith(self._held[: len(BEGIN)]):
            return None
        length = _LENGTH.search(self._held, 0, end + 4) if end >= 0 and self._held.startswith(BEGIN) else None
        if length is None:
            self._lose()
            return None
        whole = end + 4 + int(length[1])
        if whole > self._limit:
            self._skip = whole
            return self._plain()
        if len(self._held) < whole:
            return None
        content = bytes(self._held[:whole])
        self._forget(whole)
        return Member(content, self._base)

    def _lose(self) -> None:
        """Give the record up; the next is looked for, and must not be found where this one began."""
        self._is_lost = True
        self._begin()
        self._forget(1)

    def _found(self) -> bool:
        """Move to the next place where a record begins; tell whether there is one in what is held."""
        sign = MAGIC if self._is_packed else BEGIN
        at = self._held.find(sign)
        while at >= 0:
            begins = _begins(bytes(self._held[at : at + _HEAD])) if self._is_packed else True
            if begins is None:
                self._forget(at)
                return False
            if begins:
                self._forget(at)
                self._is_lost = False
                return True
            at = self._held.find(sign, at + 1)
        self._forget(max(0, len(self._held) - len(sign) + 1))
        return False

    def _forget(self, count: int) -> None:
        del self._held[:count]
        self._base += count


def _begins(packed: bytes) -> bool | None:
    """Tell whether a record begins here; None where too little is there to tell."""
    try:
        out = zlib.decompressobj(wbits=31).decompress(packed, len(BEGIN))
    except zlib.error:
        return False
    if len(out) < len(BEGIN) and BEGIN.startswith(out):
        return None if len(packed) < _HEAD else False
    return out == BEGIN
