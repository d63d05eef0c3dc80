"""Bytes of a file, packed or not: failures are told in plain words, and what unpacks to far too much is refused."""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from analysis.model.errors import UsageError

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
MOST_TIMES = 250
"""A text is packed to a tenth, a very dull one to a hundredth; what unpacks to more is made to do harm."""
UNCOUNTED = 64 * 1024 * 1024
"""Unpacked bytes from which on ``MOST_TIMES`` counts."""
MOST_COPIED = 2 * 1024 * 1024 * 1024
MOST_MEMBERS = 1000
_PIECE = 1 << 16


class CutError(UsageError):
    """A file could not be read to its end: raised half-way through. What came before was read."""


class FileBytes(io.RawIOBase):
    """Bytes of a file, whose failures are told in plain words; what was looked at is read again.

    ``packed`` says how many bytes were taken from the file for those that came out of it so far; None where it is not
    packed.
    """

    def __init__(self, raw: IO[bytes], name: str, *, packed: Callable[[], int] | None = None) -> None:
        self._raw = raw
        self._name = name
        self._packed = packed
        self._head = b""
        self._failed: str | None = None
        self.taken = 0

    def look(self, size: int, *, once: bool) -> bytes:
        """Return up to ``size`` bytes without taking them; a failure is left to the reading."""
        while len(self._head) < size:
            try:
                piece = self._read(size - len(self._head))
            except CutError:
                break
            self._head += piece
            if once or not piece:
                break
        return self._head

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into ``buffer``."""
        if not self._head:
            self._head = self._read(len(buffer))
        piece, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def _read(self, size: int) -> bytes:
        if self._failed is None:
            try:
                piece = cast("bytes", getattr(self._raw, "read1", self._raw.read)(size))
            except EOFError:
                self._failed = f"cannot be read: the {self._form()} file is cut"
            except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
                self._failed = f"cannot be read: the {self._form()} file is damaged ({error})"
            except (RuntimeError, NotImplementedError) as error:
                self._failed = f"cannot be unpacked ({error}); unpack it first"
            except OSError as error:
                self._failed = f"cannot be read ({error.strerror or error})"
            else:
                self.taken += len(piece)
                if not self._is_bomb():
                    return piece
                self._failed = f"unpacks to more than {MOST_TIMES} times its size, which no table does; it is not read"
        # Asked once more, gzip would give another cause.
        raise CutError(f"{self._name}: {self._failed}")

    def _form(self) -> str:
        return "gzip" if isinstance(self._raw, gzip.GzipFile) else "zip"

    def _is_bomb(self) -> bool:
        return self._packed is not None and self.taken > UNCOUNTED and self.taken > MOST_TIMES * max(1, self._packed())


def unpacked(source: FileBytes, name: str) -> FileBytes:
    """Return what a gzipped ``source`` holds."""
    zipped = gzip.GzipFile(fileobj=io.BufferedReader(source))
    return FileBytes(cast("IO[bytes]", zipped), name, packed=lambda: source.taken)


@contextmanager
def whole(source: FileBytes, name: str) -> Iterator[IO[bytes]]:
    """Give ``source`` as a file that can be read from anywhere, as archives must be: copied to the disk, bounded."""
    with tempfile.TemporaryFile() as copy:
        size = 0
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > MOST_COPIED:
                raise UsageError(f"{name}: is larger than {MOST_COPIED >> 30} GB; unpack it first")
            copy.write(piece)
        copy.seek(0)
        yield copy


def archive_of(file: IO[bytes], name: str) -> zipfile.ZipFile:
    """Return the archive in ``file``. Raises ``UsageError`` where it is damaged, or made to fill memory or time."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise UsageError(f"{name}: cannot be read: the zip archive is cut or damaged ({error})") from None
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise UsageError(
            f"{name}: holds {len(members)} files, more than {MOST_MEMBERS}; unpack it, and take those you need"
        )
    for member in members:
        if member.file_size > UNCOUNTED and member.file_size > MOST_TIMES * max(1, member.compress_size):
            raise UsageError(
                f"{name}: {member.filename} unpacks to more than {MOST_TIMES} times its size, which no table does; "
                f"it is not read"
            )
    return archive


def member_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> FileBytes:
    """Return the bytes of one file of an archive. Raises ``UsageError`` where it is locked or damaged."""
    try:
        raw = archive.open(member)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, zlib.error) as error:
        raise UsageError(f"{name}: cannot be unpacked ({error}); unpack it first") from None
    return FileBytes(raw, name, packed=lambda: member.compress_size)
