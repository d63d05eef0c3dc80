"""The rows of people's own tables: CSV, workbooks, JSON lines, JSON arrays, each wrong row told apart with its reason.

A row at a time; of a survey the first rows are held, because they tell which questions are answered in words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from typing import Any, TextIO

from analysis.ingest.rows import FORM_ERRORS, NEEDS_ADDRESS, Row, Wrong, post_from, said
from analysis.ingest.tables.answers import LOOKED_AT
from analysis.ingest.tables.delimited import LONGEST, TOO_LONG, Grid, Line, Sheet, TableError, TableRow
from analysis.ingest.tables.enclosed import COMMON, lists_in, rows_in
from analysis.ingest.tables.headings import FIELDS, Columns, Rows, TableLayout, layout_of, listed
from analysis.ingest.tables.packed import CutError
from analysis.ingest.tables.parts import Part
from analysis.ingest.tables.refusals import refusal_in
from analysis.ingest.tables.values import ValuesError, values
from analysis.model.documents import checked_mention
from analysis.model.errors import UsageError
from analysis.model.written.origin import order_in

_LOOK = 1 << 16
_SPREAD = ("{", "[{", "[")
"""A first line of JSON that is written over many lines."""
_UNDECODED = re.compile("[\udc80-\udcff]")
"""A byte that is none of the file's encoding; JSON's own escapes come later."""
_NO_ADDRESS = "where you say which heading is the text, one is made of its words"
_MOST_SHAPES = 1000
_DEEPEST = 3
"""Objects in objects whose values are cells of a row."""
_NAMED = ("author", "source", "thread")
"""What may be an object with a name."""
_OF_A_POST = frozenset(("author", "published_at", "rating", "id"))
"""What a post has, and an answer that lists posts has not."""
_READ = frozenset(("file", "url", "posts", "error", "dropped"))
"""Keys of the lines that ``candor read`` writes."""
_OURS = frozenset((*FIELDS, "engagement", "fetched_at", "private")) - {"id"}


def read_tables(
    parts: Iterable[Part],
    *,
    now: datetime,
    tell: Callable[[str], None],
    as_csv: bool | None = None,
    columns: Columns | None = None,
    source: str = "",
) -> Iterator[Row]:
    """Yield the rows of every table of a file; a part of several that is no table is told and left out.

    ``source`` is what the addresses of rows without one begin with; the file's name where it is empty. Otherwise as
    ``read_rows``. Raises ``UsageError`` where no part is a table.
    """
    refused: list[UsageError] = []
    is_any = False
    for part in parts:
        rows = _rows_of(part, now=now, given=columns or {}, as_csv=as_csv, source=source)
        try:
            first = list(islice(rows, 1))
        except CutError:
            raise
        except UsageError as error:
            refused.append(error)
            continue
        is_any = True
        for row in chain(first, rows):
            yield replace(row, place=part.name) if isinstance(row, Wrong) else row
    if refused and not is_any:
        raise refused[0]
    for each in refused:
        tell(f"{each.fact}; it is left out")


def read_rows(
    stream: TextIO,
    *,
    name: str,
    now: datetime,
    as_csv: bool | None = None,
    columns: Columns | None = None,
    source: str = "",
) -> Iterator[Row]:
    """Yield each row of ``stream``: a post, a whole mention (as ``export`` writes them), or what is wrong with it.

    The format is guessed from the first line where ``as_csv`` is None. ``now`` is the time of collection. ``columns``
    says which column of a table is what, where its headings do not.
    Raises ``UsageError`` where the file as a whole is of neither form.
    """
    yield from _rows_of(Part(name=name, text=stream), now=now, given=columns or {}, as_csv=as_csv, source=source)


def _rows_of(part: Part, *, now: datetime, given: Columns, as_csv: bool | None, source: str) -> Iterator[Row]:
    reading = _Reading(name=part.name, now=now, given=given, made=Rows(source=source, file=_source_of(part.name)))
    if part.cells is not None:
        yield from reading.grid(part.cells)
        return
    stream, number, begins = part.text, 1, ""
    # A JSON array may stand on one line of any length: only its beginning is looked at.
    while stream is not None and (begins := stream.readline(_LOOK)) and not begins.strip("\ufeff \t\r\n"):
        number += begins.endswith(("\n", "\r"))
    if stream is None or not begins:
        return
    head = begins.lstrip("\ufeff \t")
    if as_csv is None and (head.startswith("[") or head.rstrip() in _SPREAD):
        yield from reading.values(begins, stream)
    elif as_csv or (as_csv is None and not head.startswith("{")):
        yield from reading.csv(numbered(stream, begins, number))
    else:
        yield from reading.lines(numbered(stream, begins, number))


def _source_of(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0].partition("[")[0]


def numbered(stream: TextIO, begins: str = "", number: int = 1) -> Iterator[Line]:
    """Yield the lines of a stream with their numbers; ``begins`` was read of it, and stands in line ``number``."""
    line = begins
    if not line.endswith(("\n", "\r")):
        line += stream.readline(LONGEST)
    while line:
        if len(line) >= LONGEST and not line.endswith("\n"):
            while line and not line.endswith("\n"):
                line = stream.readline(LONGEST)
            line = TOO_LONG
        yield number, line
        line, number = stream.readline(LONGEST), number + 1


@dataclass(slots=True, kw_only=True)
class _Reading:
    """Reads one table, in whatever form; ``shapes`` are the layouts of JSON objects by their keys."""

    name: str
    now: datetime
    given: Columns
    made: Rows
    is_lines: bool = False
    shapes: dict[tuple[str, ...], TableLayout] = field(default_factory=dict)

    def csv(self, lines: Iterator[Line]) -> Iterator[Row]:
        try:
            table = Sheet(lines, fit=self.layout)
        except TableError as error:
            raise UsageError(f"{self.name}: neither JSON lines nor CSV: {error}", cure="import form") from None
        yield from self._table(table.headings, table)

    def grid(self, cells: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
        try:
            table = Grid(cells, fit=self.layout)
        except TableError as error:
            raise UsageError(f"{self.name}: {error}", cure="import form") from None
        yield from self._table(table.headings, table)

    def lines(self, lines: Iterator[Line]) -> Iterator[Row]:
        self.is_lines = True
        for number, line in lines:
            if line.strip():
                try:
                    yield from self._objects(_loaded(line), number)
                except FORM_ERRORS as error:
                    yield Wrong(line=number, reason=said(error))

    def values(self, begins: str, stream: TextIO) -> Iterator[Row]:
        """Yield the objects of a JSON text; ``line`` is which of them a wrong one is, from 1."""
        number = 0
        try:
            for number, value in enumerate(values(begins, stream.read), start=1):
                try:
                    yield from self._objects(value, number)
                except FORM_ERRORS as error:
                    yield Wrong(line=number, reason=said(error))
        except ValuesError as error:
            if number:
                raise CutError(f"{self.name}: the JSON cannot be read {error}") from None
            raise UsageError(
                f"{self.name}: begins like a JSON array, but is none ({error})", cure="import form"
            ) from None

    def layout(self, headings: list[str]) -> TableLayout:
        return layout_of(headings, self.given)

    def _table(self, headings: list[str], table: Iterable[TableRow]) -> Iterator[Row]:
        layout, rows = self.layout(headings), iter(table)
        if layout.preset.is_survey and (second := next(rows, None)) is not None:
            # Below the questions some programs write what sort of answer each takes.
            rows = rows if layout.is_second_heading(second.cells) and not second.wrong else chain([second], rows)
        looked, rows = _looked_at(rows)
        try:
            layout = layout.with_answers([row.cells for row in looked])
        except ValueError as error:
            raise UsageError(f"{self.name}: {error}", cure="import form") from None
        dates = (row.cells.get(name, "") for row in looked for name in layout.columns.get("published_at", ()))
        day_first = order_in(dates)
        for row in chain(looked, rows):
            try:
                if row.wrong:
                    raise ValueError(row.wrong)
                for cell in row.cells.values():
                    _need_decoded(cell)
                yield self._post(layout, row.cells, day_first=day_first)
            except FORM_ERRORS as error:
                yield Wrong(line=row.line, reason=said(error))

    def _post(self, layout: TableLayout, cells: Mapping[str, Any], *, day_first: bool | None = None) -> Row:
        row = self.made.row(layout, cells)
        # Of a known export's rows many have stars or choices alone.
        wordless = bool(layout.preset.known_by or row.get("rating"))
        return post_from(row, now=self.now, wordless=wordless, day_first=day_first)

    def _objects(self, value: Any, number: int) -> Iterator[Row]:
        """Yield the row that an object is, or those of the one list in it, as APIs answer."""
        if not isinstance(value, dict):
            raise ValueError("not a JSON object")
        for text in value.values():
            _need_decoded(text if isinstance(text, str) else "")
        if "posts" in value and value.keys() <= _READ:
            if not value["posts"] and value.get("error"):
                raise ValueError(str(value["error"]))
            yield from self._items(value["posts"], number)
            return
        if refused := refusal_in(value):
            raise ValueError(f"an API's refusal, no post ({refused}); ask the API again and save what it answers then")
        found = rows_in(value, self._says_something)
        if found is None or self._is_row(value, lists=found[0] in COMMON):
            yield self._lone(value)
            return
        yield from self._items(found[1], number)

    def _items(self, items: Any, number: int) -> Iterator[Row]:
        for item in items if isinstance(items, list) else ():
            try:
                if not isinstance(item, dict):
                    raise ValueError("not a JSON object")
                yield self._object(item)
            except FORM_ERRORS as error:
                yield Wrong(line=number, reason=said(error))

    def _is_row(self, value: Mapping[str, Any], *, lists: bool) -> bool:
        """Tell whether an object is a row, whatever list is in it; ``lists`` says that the list's name is common.

        A title or a message beside such a list may be that of the whole answer.
        """
        if "url" in value:
            return True
        if not self._says_something(value):
            return False
        return not lists or not _OF_A_POST.isdisjoint(self._shape(_cells(value)).columns)

    def _says_something(self, value: Any) -> bool:
        try:
            return isinstance(value, dict) and bool(self._shape(_cells(value)))
        except ValueError:
            return False

    def _lone(self, row: dict[str, Any]) -> Row:
        """Return the row that an object is; where it says nothing, the error names what the lists in it have too."""
        try:
            return self._object(row)
        except ValueError as error:
            firsts = ((name, next(filter(_is_object, some), None)) for name, some in lists_in(row))
            held = [f"{name!r} holds {listed(list(_cells(first)))}" for name, first in firsts if first]
            if not held or self._says_something(row):
                raise
            raise ValueError("; ".join((str(error), *held))) from None

    def _object(self, row: dict[str, Any]) -> Row:
        if "post_id" in row and isinstance(row.get("brand"), dict):
            return checked_mention(row)
        cells = self._filled(_cells(row))
        if not self.given and self._is_told(row, cells) and (row.get("url") or self._is_ours(row)):
            return self._ours(row)
        try:
            layout = self._shape(cells).with_answers([cells])
        except ValueError:
            if row.get("url") and not self.given:
                return post_from(row, now=self.now)
            raise
        return self._post(layout, cells)

    def _is_told(self, row: Mapping[str, Any], cells: Mapping[str, Any]) -> bool:
        """Tell whether a row says under our names what it says, and none of it in an object."""
        if any(isinstance(row.get(name), dict) for name in _NAMED):
            return False
        return bool(row.get("text")) or (bool(row.get("title")) and "text" not in self._shape(cells).columns)

    def _filled(self, cells: dict[str, Any]) -> dict[str, Any]:
        """Return a row without what is null in it, so that a description is its text where it has no other."""
        filled = {name: value for name, value in cells.items() if value is not None}
        return filled if not self.given and self._says_something(filled) else cells

    def _ours(self, row: Mapping[str, Any]) -> Row:
        try:
            return post_from(row, now=self.now)
        except ValueError as error:
            if row.get("url"):
                raise
            # Whoever forgot it shall know; whoever has none says so.
            raise ValueError(f"{error}".replace(NEEDS_ADDRESS, f"{NEEDS_ADDRESS}: {_NO_ADDRESS}")) from None

    def _is_ours(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a line is of the form that ``import`` describes, whose rows have an address."""
        return self.is_lines and row.keys() <= _OURS

    def _shape(self, cells: Mapping[str, Any]) -> TableLayout:
        shape = tuple(cells)
        if shape not in self.shapes:
            if len(self.shapes) >= _MOST_SHAPES:
                self.shapes.clear()
            self.shapes[shape] = self.layout(list(cells))
        return self.shapes[shape]


def _looked_at(rows: Iterator[TableRow]) -> tuple[list[TableRow], Iterator[TableRow]]:
    """Return the first rows and the rest; where the file is cut among the first, that is told after them."""
    looked: list[TableRow] = []
    try:
        for row in islice(rows, LOOKED_AT):
            looked.append(row)  # noqa: PERF402 - what came before the cut is kept
    except CutError as error:
        return looked, _cut(error)
    return looked, rows


def _cut(error: CutError) -> Iterator[TableRow]:
    raise error
    yield


def _loaded(line: str) -> Any:
    if line == TOO_LONG:
        raise ValueError(f"the line is longer than {LONGEST} characters; is it JSON lines?")
    _need_decoded(line)
    try:
        return json.loads(line.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise
    except ValueError:
        raise ValueError("not JSON: a number has too many digits") from None


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _cells(row: Mapping[str, Any], depth: int = 1) -> dict[str, Any]:
    """Return an object as a row: what stands deeper is called ``user.name``, and ``user`` what has a name.

    Lists of objects are no cells.
    """
    cells: dict[str, Any] = {}
    for key, value in row.items():
        name = " ".join(str(key).split()).casefold()
        if isinstance(value, list):
            if value and depth == 1 and not any(isinstance(each, dict | list) for each in value):
                cells[name] = value
        elif not isinstance(value, dict) or name == "engagement":
            cells[name] = value
        elif depth <= _DEEPEST:
            if isinstance(value.get("name"), str):
                cells[name] = value["name"]
            cells |= {f"{name}.{at}": each for at, each in _cells(value, depth + 1).items()}
    return cells


def _need_decoded(text: str) -> None:
    if found := _UNDECODED.search(text):
        byte = ord(found[0]) - 0xDC00
        raise ValueError(f"not UTF-8: byte 0x{byte:02X} at column {found.start() + 1}; save the file as UTF-8")
