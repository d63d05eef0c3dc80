"""CSV as it is found in the wild: any common separator, headings in any case, long fields, a quote that never closes.

A row that is wrong costs itself: where a quote is left open or closed in the wrong place, its first line is named and
reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

SEPARATORS = (",", ";", "\t", "|")
LONGEST = 16 * 1024 * 1024
"""Characters of one line, and of one row."""
TOO_LONG = "\0"
"""Stands for a line that was longer."""
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
                yield self._wrong(f"not CSV: {error}")
                reader = self._reader()
                continue
            if fields is None:
                return
            if fields:
                yield self._row(fields)

    def _row(self, fields: list[str]) -> TableRow:
        line = self._taken[0][0] if self._taken else 0
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
        first = self._next()
        if first is None:
            raise TableError("there are no headings")
        missing: list[tuple[int, str]] = []
        for separator in [self._separator] if self._separator else SEPARATORS:
            found = _names(first[1], separator)
            try:
                fit(found)
            except ValueError as error:
                missing.append((len(found), f"{error}"))
                continue
            self._separator = separator
            return found
        # The separator that makes the most headings is most likely the table's own.
        raise TableError(max(missing, key=lambda each: each[0])[1])


def _names(line: str, separator: str) -> list[str]:
    try:
        rows = list(csv.reader([line], delimiter=separator, skipinitialspace=True))
    except csv.Error:
        return []
    return [name.strip().strip("\ufeff").casefold() for name in (rows[0] if rows else [])]
