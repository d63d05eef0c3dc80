"""Workbooks (XLSX) as rows of text, a row at a time: whatever its cells hold is written as an import takes it."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Generator, Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from analysis.model.errors import UsageError

Row = tuple[int, list[str]]
"""The number of a row, from 1, and its cells."""
MOST_WORDS = 512 * 1024 * 1024
"""Bytes of a workbook's table of texts, which is held in memory."""
_PROTECTED = b"\xd0\xcf\x11\xe0"
_WORDS = "xl/sharedStrings.xml"


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Tell whether a zip archive is a workbook."""
    return "xl/workbook.xml" in archive.namelist()


def is_other_sheet(archive: zipfile.ZipFile) -> bool:
    """Tell whether a zip archive is a sheet of another program, or a workbook in a form of its own."""
    names = set(archive.namelist())
    return bool(names & {"xl/workbook.bin", "Index/Document.iwa", "word/document.xml"}) or (
        "mimetype" in names and "content.xml" in names
    )


def is_old(head: bytes) -> bool:
    """Tell whether a file is an old workbook (.xls), or one that is locked with a password."""
    return head.startswith(_PROTECTED)


def sheets(file: IO[bytes], archive: zipfile.ZipFile, name: str) -> Generator[tuple[str, Iterator[Row]], None, None]:
    """Yield each sheet's title and rows, those without any cell left out. Raises ``UsageError`` for what is none."""
    if _WORDS in archive.namelist() and archive.getinfo(_WORDS).file_size > MOST_WORDS:
        raise UsageError(f"{name}: holds more text than can be read from a workbook; save its sheet as CSV")
    import openpyxl

    with warnings.catch_warnings():
        # Styles and filters that it cannot keep: none are wanted here.
        warnings.simplefilter("ignore")
        try:
            book: Any = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # noqa: BLE001 - the edge of a library that fails in its own ways on a damaged file
            raise _damaged(name, error) from None
    try:
        for sheet in book.worksheets:
            yield str(sheet.title), _rows(sheet, name)
    finally:
        book.close()


def _rows(sheet: Any, name: str) -> Iterator[Row]:
    # Many programs write a size that is not the sheet's own.
    sheet.reset_dimensions()
    rows = iter(enumerate(sheet.iter_rows(values_only=True), start=1))
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                number, values = next(rows, (0, None))
            except Exception as error:  # noqa: BLE001 - as above: a sheet is read when it is asked for
                raise _damaged(name, error) from None
        if values is None:
            return
        cells = [_cell(value) for value in values]
        if any(cells):
            yield number, cells


def _damaged(name: str, error: Exception) -> UsageError:
    said = " ".join(f"{error}".split())[:120]
    return UsageError(
        f"{name}: is no workbook that can be read ({said or type(error).__name__}); save its sheet as CSV"
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
