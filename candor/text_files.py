"""Text files as people have them: plain or gzipped, in the encoding that a spreadsheet chose; standard input too."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TextIO, cast

from analysis.model.errors import UsageError
from candor.streams import say


class CutError(UsageError):
    """A file could not be read to its end: raised half-way through. What came before was read."""


_HEAD = 1 << 18
"""Bytes by which the encoding is told."""
_MAGIC = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_SCRIPTS = ["cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp932", "euc_jp", "cp949", "gb18030", "big5"]
_FOREIGN = 0.35
"""From this share of letters beyond ASCII on, a text of one byte a letter is in another script than Latin."""


@contextmanager
def text_in(name: str) -> Iterator[TextIO]:
    """Open a text file for reading, gzipped or not; ``-`` is standard input.

    What is neither UTF-8 nor marked is read in the encoding that it seems to have, and that is said on standard error.
    In a file in UTF-8 a byte that does not belong there becomes a lone surrogate (``surrogateescape``). Raises
    ``UsageError`` where the file cannot be read, also half-way through.
    """
    if name == "-" and not hasattr(sys.stdin, "buffer"):
        yield sys.stdin
        return
    with _bytes_of(name) as raw:
        source = _Told(raw, name)
        # Whoever writes into our standard input line by line waits for answers: one look must do.
        head = source.look(_HEAD, once=name == "-")
        if head.startswith(_MAGIC):
            source = _Told(cast("IO[bytes]", gzip.GzipFile(fileobj=io.BufferedReader(source))), name)
            head = source.look(_HEAD, once=name == "-")
        if head.startswith(_ZIP):
            raise UsageError(f"{name}: is a zip archive or an Excel workbook; unpack it, or save its sheet as CSV")
        encoding = encoding_of(head)
        if not encoding.startswith("utf"):
            say(f"candor: {name}: is not UTF-8, and is read as {encoding}")
        errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
        with io.TextIOWrapper(io.BufferedReader(source), encoding=encoding, errors=errors, newline="") as stream:
            yield stream


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text that begins with ``head``: UTF-8, or what its mark or its bytes tell."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        other = head[1 - first : 400 : 2]
        if len(head) > 3 and head[first:400:2].count(0) > len(other) // 2 and not other.count(0):
            return encoding
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(head)
    wrong = sum("\udc80" <= sign <= "\udcff" for sign in text)
    # A row that was pasted in from elsewhere does not make the whole file another encoding.
    right = sum(sign > "\x7f" for sign in text) - wrong
    return "utf-8" if not wrong or right > wrong else _one_byte(head)


def _one_byte(head: bytes) -> str:
    high = sum(byte > 0x7F for byte in head)
    if high < _FOREIGN * (high + len(re.findall(rb"[A-Za-z]", head))):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(head[:20_000], cp_isolation=_OTHER_SCRIPTS).best()
    return best.encoding if best is not None else "cp1252"


@contextmanager
def _bytes_of(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        raw = Path(name).open("rb")  # noqa: SIM115
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{name}: cannot be read ({why}); give a file, or - for standard input") from None
    with raw:
        yield raw


class _Told(io.RawIOBase):
    """Bytes of a file, whose failures are told in plain words; what was looked at is read again."""

    def __init__(self, raw: IO[bytes], name: str) -> None:
        self._raw = raw
        self._name = name
        self._head = b""
        self._failed: str | None = None

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
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._head:
            self._head = self._read(len(buffer))
        piece, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def _read(self, size: int) -> bytes:
        if self._failed is None:
            try:
                return cast("bytes", getattr(self._raw, "read1", self._raw.read)(size))
            except EOFError:
                self._failed = "cannot be read: the gzip file is cut"
            except (gzip.BadGzipFile, zlib.error) as error:
                self._failed = f"cannot be read: the gzip file is damaged ({error})"
            except OSError as error:
                self._failed = f"cannot be read ({error.strerror})"
        # Asked once more, gzip would give another cause.
        raise CutError(f"{self._name}: {self._failed}")
