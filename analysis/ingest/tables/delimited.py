"""CSV as it is found in the wild: any common separator, headings in any case, long fields, a quote that never closes.

A row that is wrong costs itself: where a quote is left open or closed in the wrong place, its first line is named and
reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

SEPARATORS = (",", ";", "\t", "|")
LONGEST = 16 * 1024 * 1024
"""Characters of one line, and of one row."""
TOO_LONG = "\0"
"""Stands for a line that was longer."""
_LINES_BEFORE = 10
"""Lines above the headings that are no headings."""
_LINES_OF_HEADINGS = 200
Line = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row under its headings, or what is wrong with it; ``line`` is where it begins, from 1."""

    line: int
    cells: dict[str, str]
    wrong: str = ""


class TableError(ValueError):
    """The table as a whole cannot be read: it has no headings, or not those that are needed."""


class Sheet:
    """A CSV file, a row at a time. ``headings`` are in small letters, without white space around them.

    The separator is the one by which headings are found that ``fit`` takes, which raises ``ValueError`` that says
    what is missing; ``lines`` are numbered and keep their ends. Raises ``TableError``.
    """

    def __init__(self, lines: Iterable[Line], *, fit: Callable[[list[str]], object]) -> None:
        self._lines = iter(lines)
        # Lines that were read for a row that turned out wrong, to be read again.
        self._again: deque[Line] = deque()
        self._taken: list[Line] = []
        self._separator = self._announced()
        self.headings = self._headings(fit)

    def __iter__(self) -> Iterator[TableRow]:
        reader = self._reader()
        while True:
            self._taken = []
            try:
                fields = next(reader, None)
            except csv.Error as error:
                why = "a quotation mark is opened and never closed" if "end of data" in str(error) else error
                yield self._wrong(f"not CSV: {why}")
                reader = self._reader()
                continue
            if fields is None:
                return
            if fields:
                yield self._row(fields)

    def _row(self, fields: list[str]) -> TableRow:
        line = self._taken[0][0] if self._taken else 0
        if len(self.headings) == 1 and len(fields) > 1:
            # A list of texts under one heading has no separators, only commas.
            fields = ["".join(text for _, text in self._taken).strip()]
        more = fields[len(self.headings) :]
        if any(cell.strip() for cell in more):
            words = (
                f"not CSV: {len(fields)} fields under {len(self.headings)} headings; quote text with a separator in it"
            )
            return TableRow(line=line, cells={}, wrong=words)
        cells = {name: cell for name, cell in zip(self.headings, fields, strict=False) if name and cell}
        return TableRow(line=line, cells=cells)

    def _wrong(self, words: str) -> TableRow:
        if not self._taken:
            return TableRow(line=0, cells={}, wrong=words)
        (line, text), *rest = self._taken
        self._again.extendleft(reversed(rest))
        if (fields := self._escaped(text)) is not None:
            self._taken = [(line, text)]
            return self._row(fields)
        return TableRow(line=line, cells={}, wrong=words)

    def _escaped(self, text: str) -> list[str] | None:
        r"""Return the fields of a line whose quotes are written ``\"``, as some databases do; None if it is none."""
        if '\\"' not in text:
            return None
        try:
            rows = list(csv.reader([text], delimiter=self._separator, escapechar="\\", doublequote=False, strict=True))
        except csv.Error:
            return None
        return rows[0] if len(rows) == 1 and len(rows[0]) == len(self.headings) else None

    def _reader(self) -> Iterator[list[str]]:
        csv.field_size_limit(LONGEST)
        return csv.reader(self._fed(), delimiter=self._separator, skipinitialspace=True, strict=True)

    def _fed(self) -> Iterator[str]:
        size = 0
        while (line := self._next()) is not None:
            size = size + len(line[1]) if self._taken else len(line[1])
            self._taken.append(line)
            if line[1] == TOO_LONG:
                raise csv.Error(f"the line is longer than {LONGEST} characters")
            if size > LONGEST:
                raise csv.Error("a quote is opened and not closed")
            yield line[1]

    def _next(self) -> Line | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _announced(self) -> str:
        """Return the separator that a first line ``sep=;`` names, as a spreadsheet writes it; empty without one."""
        first = self._next()
        if first is None:
            return ""
        words = first[1].lstrip("\ufeff").strip()
        if words.lower().startswith("sep=") and len(words) <= len("sep=") + 1:
            return words[len("sep=") :] or "\t"
        self._again.appendleft((first[0], first[1].lstrip("\ufeff")))
        return ""

    def _headings(self, fit: Callable[[list[str]], object]) -> list[str]:
        missing: list[tuple[int, str]] = []
        for _ in range(_LINES_BEFORE + 1):
            first = self._next()
            if first is None:
                break
            if not first[1].strip():
                continue
            self._again.appendleft(first)
            for separator in [self._separator] if self._separator else SEPARATORS:
                lines, found = self._record(separator)
                try:
                    fit(found)
                except ValueError as error:
                    missing.append((len(found), f"{error}"))
                    self._again.extendleft(reversed(lines))
                    continue
                self._separator = separator
                return found
            # A line above the headings may say what the table is of.
            self._next()
        if not missing:
            raise TableError("there are no headings")
        # The line and separator that make the most headings are most likely the table's own.
        raise TableError(max(missing, key=lambda each: each[0])[1])

    def _record(self, separator: str) -> tuple[list[Line], list[str]]:
        """Take the next record, whose quotes may hold line breaks, and return its lines and the headings in it."""
        taken: list[Line] = []

        def lines() -> Iterator[str]:
            while len(taken) < _LINES_OF_HEADINGS and (line := self._next()) is not None:
                taken.append(line)
                yield line[1]

        try:
            fields = next(csv.reader(lines(), delimiter=separator, skipinitialspace=True, strict=True), [])
        except csv.Error:
            # A quote that is none: the first line alone.
            self._again.extendleft(reversed(taken[1:]))
            del taken[1:]
            fields = _fields(taken[0][1], separator)
        return taken, names_of(fields)


def names_of(fields: Sequence[str]) -> list[str]:
    """Return headings in small letters and without white space around them; a second one of a name gets a number."""
    names: list[str] = []
    for text in fields:
        name = " ".join(text.strip("\ufeff").split()).casefold()
        if name in names and name:
            name = next(f"{name} ({number})" for number in count(2) if f"{name} ({number})" not in names)
        names.append(name)
    return names


def _fields(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return []


class Grid:
    """A sheet of a workbook, like ``Sheet``. Cells that stand beside the table are left out."""

    def __init__(self, rows: Iterable[tuple[int, list[str]]], *, fit: Callable[[list[str]], object]) -> None:
        self._rows = iter(rows)
        missing: list[tuple[int, str]] = []
        for _, cells in islice(self._rows, _LINES_BEFORE + 1):
            self.headings = names_of(cells)
            try:
                fit(self.headings)
            except ValueError as error:
                missing.append((sum(map(bool, self.headings)), f"{error}"))
                continue
            return
        raise TableError(max(missing, key=lambda each: each[0])[1] if missing else "there are no headings")

    def __iter__(self) -> Iterator[TableRow]:
        for line, cells in self._rows:
            named = {name: cell for name, cell in zip(self.headings, cells, strict=False) if name and cell}
            yield TableRow(line=line, cells=named)
