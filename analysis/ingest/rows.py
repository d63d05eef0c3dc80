"""Posts from files: JSON lines or CSV, one row at a time, each wrong row told apart with its line and reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO, TypeVar
from urllib.parse import urlsplit

from analysis.ingest.headings import Columns, columns_of, post_row
from analysis.ingest.plain import plain
from analysis.ingest.tables import LONGEST, TOO_LONG, Line, Sheet, TableError
from analysis.ingest.told import told_rating, told_time
from analysis.model import POST_KINDS, Engagement, Mention, Post, PostKind
from analysis.model.addresses import post_address
from analysis.model.documents import checked_mention
from analysis.model.errors import UsageError
from analysis.model.written.origin import Origin, origin_at

_TEXTS = ("author", "thread", "product_version", "lang")
_COUNTS = ("likes", "replies", "shares", "views")
_MOST = 2**63 - 1
"""What both stores can hold as a count."""
_UNDECODED = re.compile("[\udc80-\udcff]")
"""A byte that is none of the file's encoding, as ``surrogateescape`` leaves it; JSON's own escapes come later."""
_FORM_ERRORS = (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A row that cannot be imported: its line from 1 and what is wrong with it."""

    line: int
    reason: str


Row = Post | Mention | Wrong


def read_rows(
    stream: TextIO, *, name: str, now: datetime, as_csv: bool | None = None, columns: Columns | None = None
) -> Iterator[Row]:
    """Yield each row of ``stream``: a post, a whole mention (as ``export`` writes them), or what is wrong with it.

    The format is guessed from the first line where ``as_csv`` is None. ``now`` is the time of collection. ``columns``
    says which column of a table is what, where its headings do not.
    Raises ``UsageError`` where the file as a whole is of neither form.
    """
    given = columns or {}
    lines = _numbered(stream)
    first = next(((number, line) for number, line in lines if line.strip()), None)
    if first is None:
        return
    begins = first[1].lstrip("\ufeff \t")
    if as_csv is None:
        if begins.startswith("["):
            yield from _array_rows("".join(line for _, line in _chain(first, lines)), name=name, now=now, given=given)
            return
        as_csv = not begins.startswith(("{", TOO_LONG))
    rest = _chain(first, lines)
    yield from _csv_rows(rest, name=name, now=now, given=given) if as_csv else _json_rows(rest, now=now, given=given)


def post_from(row: dict[str, Any], *, now: datetime) -> Post:
    """Return the post that an import row describes. Raises ``ValueError`` with what is wrong."""
    wrong: list[str] = []
    url = _told(wrong, _address, row.get("url"), "")
    title, text = (_told(wrong, _words, row, "", key) for key in ("title", "text"))
    if not wrong and not (text.strip() or title.strip()):
        wrong.append("text: is missing; every row needs a text or a title")
    texts = {key: _told(wrong, _text, row, "", key) for key in _TEXTS}
    origin = origin_at(url, lang=texts["lang"])
    published = _told(wrong, _time, row, None, "published_at", now, origin)
    rating = _told(wrong, told_rating, row.get("rating"), None)
    engagement = _told(wrong, _engagement, row, Engagement())
    source = _told(wrong, _text, row, "", "source")
    fetched = _told(wrong, _time, row, None, "fetched_at", now, origin)
    if wrong:
        raise ValueError("; ".join(wrong))
    return Post(
        url=url,
        title=title,
        text=text,
        fetched_at=min(fetched or now, now),
        published_at=published,
        published_at_source="import" if published else "",
        source=source or "import",
        source_kind="import",
        kind=_kind(_text(row, "kind")),
        rating=rating,
        engagement=engagement,
        tags=_tags(row.get("tags")),
        **texts,
    )


Read = TypeVar("Read")


def _told(wrong: list[str], read: Any, value: Any, otherwise: Read, *more: Any) -> Read:
    """Return what ``read`` makes of a value; where it raises, note why, so that a row names all its mistakes."""
    try:
        result: Read = read(value, *more)
    except _FORM_ERRORS as error:
        wrong.append(_said(error))
        return otherwise
    return result


def _address(url: Any) -> str:
    parts = None
    with suppress(ValueError):
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is not None and parts.scheme in ("http", "https") and parts.hostname and _is_text(url):
            return post_address(url)
    raise ValueError(f"url: {_short(url)} is not a web address; every row needs one, it makes the id")


def _is_text(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _short(value: Any) -> str:
    shown = ascii(value) if isinstance(value, str) and not _is_text(value) else repr(value)
    return shown if len(shown) <= 80 else f"{shown[:79]}…"


def _words(row: dict[str, Any], key: str) -> str:
    return plain(_text(row, key))


def _numbered(stream: TextIO) -> Iterator[Line]:
    number = 0
    while line := stream.readline(LONGEST):
        number += 1
        if len(line) == LONGEST and not line.endswith("\n"):
            while line and not line.endswith("\n"):
                line = stream.readline(LONGEST)
            line = TOO_LONG
        yield number, line


def _chain(first: Line, rest: Iterable[Line]) -> Iterator[Line]:
    yield first
    yield from rest


def _json_rows(lines: Iterable[Line], *, now: datetime, given: Columns) -> Iterator[Row]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            yield _from_json(line, now=now, given=given)
        except _FORM_ERRORS as error:
            yield Wrong(line=number, reason=_said(error))


def _from_json(line: str, *, now: datetime, given: Columns) -> Row:
    if line == TOO_LONG:
        raise ValueError(f"the line is longer than {LONGEST} characters; is it JSON lines?")
    _need_decoded(line)
    try:
        row = json.loads(line.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except ValueError:
        raise ValueError("not JSON: a number has too many digits") from None
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    if "post_id" in row and isinstance(row.get("brand"), dict):
        return checked_mention(row)
    return post_from(_mapped(row, given, source="import") if given else row, now=now)


def _array_rows(text: str, *, name: str, now: datetime, given: Columns) -> Iterator[Row]:
    """Yield the objects of one JSON array; ``line`` is which of them a wrong one is, from 1."""
    try:
        values = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: begins like a JSON array, but is none ({error})", cure="import form") from None
    source = _source_of(name)
    for number, value in enumerate(values, start=1):
        try:
            if not isinstance(value, dict):
                raise ValueError("not a JSON object")
            yield post_from(_mapped(value, given, source=source), now=now)
        except _FORM_ERRORS as error:
            yield Wrong(line=number, reason=_said(error))


def _mapped(row: dict[str, Any], given: Columns, *, source: str) -> dict[str, Any]:
    cells = {str(name).strip().casefold(): value for name, value in row.items()}
    return post_row(cells, columns_of(list(cells), given), source=source)


def _source_of(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0]


def _need_decoded(text: str) -> None:
    if found := _UNDECODED.search(text):
        byte = ord(found[0]) - 0xDC00
        raise ValueError(f"not UTF-8: byte 0x{byte:02X} at column {found.start() + 1}; save the file as UTF-8")


def _csv_rows(lines: Iterable[Line], *, name: str, now: datetime, given: Columns) -> Iterator[Row]:
    try:
        table = Sheet(lines, fit=lambda headings: columns_of(headings, given))
    except TableError as error:
        raise UsageError(f"{name}: neither JSON lines nor CSV: {error}", cure="import form") from None
    columns = columns_of(table.headings, given)
    source = _source_of(name)
    for row in table:
        try:
            if row.wrong:
                raise ValueError(row.wrong)
            for cell in row.cells.values():
                _need_decoded(cell)
            yield post_from(post_row(row.cells, columns, source=source), now=now)
        except _FORM_ERRORS as error:
            yield Wrong(line=row.line, reason=_said(error))


def _said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "not JSON: it is nested too deep"
    return f"{error}" if isinstance(error, ValueError) else f"the row does not have the form of a post: {error!r}"


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise ValueError(f"{key}: {type(value).__name__} is not text")
    return str(value)


def _kind(text: str) -> PostKind:
    # What another program calls it is no mistake of the row: it is a post all the same.
    return next((kind for kind in POST_KINDS if kind == text), "post")


def _time(row: dict[str, Any], name: str, now: datetime, origin: Origin) -> datetime | None:
    return told_time(row.get(name), name=name, now=now, origin=origin)


def _engagement(row: dict[str, Any]) -> Engagement:
    given = row.get("engagement") or {}
    if isinstance(given, str):
        given = json.loads(given)
    if not isinstance(given, dict):
        raise ValueError('engagement: must be an object such as {"likes": 3}')
    counts = {key: given.get(key, row.get(f"engagement.{key}")) or 0 for key in _COUNTS}
    return Engagement(**{key: _count(key, value) for key, value in counts.items()})


def _count(key: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"engagement: {key} {_short(value)} is not a count") from None
    if number > _MOST:
        raise ValueError(f"engagement: {key} {_short(value)} is more than anything was ever liked")
    return max(0, number)


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    return tuple(str(tag).strip() for tag in value) if isinstance(value, list | tuple) else ()
