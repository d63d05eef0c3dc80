"""A file as the tables in it: plain, gzipped, a workbook with its sheets, or a zip archive of any of these."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import IO, TextIO, cast

from analysis.ingest.tables import workbook
from analysis.ingest.tables.encodings import encoding_of, errors_of
from analysis.ingest.tables.mending import MendedText
from analysis.ingest.tables.packed import GZIP, ZIP, FileBytes, archive_of, member_of, unpacked, whole
from analysis.model.errors import UsageError

HEAD = 1 << 18
"""Bytes by which the encoding is told."""
Tell = Callable[[str], None]
_DEEPEST = 3
_NO_TABLES = (".pdf", ".png", ".jpg", ".jpeg", ".gif", ".html", ".htm", ".md", ".doc", ".docx", ".css", ".js")
_OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf": "7z", b"Rar!": "rar"}
_WEB_PAGES = (b"<!doctype html", b"<html")
_XML = (b"<?xml", b"<rss", b"<feed")
_BINARY = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"SQLite format 3", b"PAR1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One table of a file: its text, or the rows of its cells. To be read before the next is asked for."""

    name: str
    text: TextIO | None = None
    cells: Iterator[workbook.Row] | None = None


def parts_of(raw: IO[bytes], name: str, *, tell: Tell, encoding: str = "", once: bool = False) -> Iterator[Part]:
    """Yield the tables that ``raw`` holds, one at a time; what is left out, and a guessed encoding, is told.

    ``once`` says that the encoding is told by one look: whoever writes line by line waits for answers. Streams.
    Raises ``UsageError`` where it cannot be read, also half-way through.
    """
    yield from _parts(FileBytes(raw, name), name, tell=tell, encoding=encoding, once=once, depth=0)


def _parts(source: FileBytes, name: str, *, tell: Tell, encoding: str, once: bool, depth: int) -> Iterator[Part]:
    head = source.look(HEAD, once=once)
    if depth >= _DEEPEST and head.startswith((GZIP, ZIP)):
        raise UsageError(f"{name}: is packed several times over; unpack it first")
    if head.startswith(GZIP):
        inner = unpacked(source, name)
        yield from _parts(inner, name, tell=tell, encoding=encoding, once=once, depth=depth + 1)
    elif head.startswith(ZIP):
        with whole(source, name) as file:
            yield from _archived(file, name, tell=tell, encoding=encoding, depth=depth)
    else:
        yield Part(name=name, text=text_of(source, head, name, tell=tell, encoding=encoding))


def _archived(file: IO[bytes], name: str, *, tell: Tell, encoding: str, depth: int) -> Iterator[Part]:
    with archive_of(file, name) as archive:
        if workbook.is_workbook(archive):
            with closing(workbook.sheets(file, archive, name)) as sheets:
                for title, rows in sheets:
                    yield Part(name=f"{name}[{title}]", cells=rows)
            return
        if workbook.is_other_sheet(archive):
            raise UsageError(f"{name}: is a document of another program; save its sheet as .xlsx or CSV")
        for member in archive.infolist():
            place = f"{name}/{member.filename}"
            if member.is_dir() or member.filename.startswith(("__MACOSX/", ".")):
                continue
            if member.filename.lower().endswith(_NO_TABLES):
                tell(f"{place}: is no table, and is left out")
                continue
            source = member_of(archive, member, place)
            yield from _parts(source, place, tell=tell, encoding=encoding, once=False, depth=depth + 1)


def text_of(source: FileBytes, head: bytes, name: str, *, tell: Tell, encoding: str = "") -> TextIO:
    """Return ``source`` as text; ``head`` is how it begins. A guessed encoding is told.

    A byte that is none of the encoding becomes a lone surrogate. Raises ``UsageError`` for what is no text.
    """
    if workbook.is_old(head):
        raise UsageError(f"{name}: is an old Excel workbook, or one with a password; save its sheet as .xlsx or CSV")
    for magic, program in _OTHERS.items():
        if head.startswith(magic):
            raise UsageError(f"{name}: is packed by {program}; unpack it first, or pack it by gzip or zip")
    if head.startswith(_BINARY):
        raise UsageError(f"{name}: is no text; give a table as CSV, XLSX or JSON")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:14].lower().startswith(_WEB_PAGES):
        raise UsageError(f"{name}: is a web page, perhaps of a login in place of the export; give a table")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:5].lower().startswith(_XML):
        raise UsageError(f"{name}: is XML, and no table; if it is a feed, read its posts and import those")
    found = encoding or encoding_of(head)
    if not encoding and not found.startswith("utf"):
        tell(f"{name}: is not UTF-8, and is read as {found}")
    reader = io.BufferedReader(cast("io.RawIOBase", source))
    if found.startswith("utf-8"):
        return MendedText(reader, name, encoding=found, tell=tell)
    return io.TextIOWrapper(reader, encoding=found, errors=errors_of(found), newline="")
