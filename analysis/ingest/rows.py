"""Posts from files: JSON lines or CSV, one row at a time, each wrong row told apart with its line and reason."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO
from urllib.parse import urlsplit

from analysis.ingest.told import told_rating, told_time
from analysis.model import POST_KINDS, Engagement, Mention, Post, PostKind, mention_from
from analysis.model.addresses import post_address
from analysis.model.errors import UsageError
from analysis.model.written.origin import origin_at

_TEXTS = ("title", "author", "thread", "product_version", "lang")
_COUNTS = ("likes", "replies", "shares", "views")
_LONGEST = 16 * 1024 * 1024
_TOO_LONG = "\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A row that cannot be imported: its line from 1 and what is wrong with it."""

    line: int
    reason: str


Row = Post | Mention | Wrong


def read_rows(stream: TextIO, *, name: str, now: datetime, as_csv: bool | None = None) -> Iterator[Row]:
    """Yield each row of ``stream``: a post, a whole mention (as ``export`` writes them), or what is wrong with it.

    The format is guessed from the first line where ``as_csv`` is None. ``now`` is the time of collection.
    Raises ``UsageError`` where the file as a whole is of neither form.
    """
    lines = _numbered(stream)
    first = next(((number, line) for number, line in lines if line.strip()), None)
    if first is None:
        return
    if as_csv is None:
        as_csv = not first[1].lstrip("\ufeff \t").startswith(("{", _TOO_LONG))
    rest = _chain(first, lines)
    yield from _csv_rows(rest, name=name, now=now) if as_csv else _json_rows(rest, now=now)


def post_from(row: dict[str, Any], *, now: datetime) -> Post:
    """Return the post that an import row describes. Raises ``ValueError`` with what is wrong."""
    url = row.get("url")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ValueError(f"url: {url!r} is not a web address; every row needs one, it makes the id")
    text = row.get("text") or ""
    if not isinstance(text, str) or not (text.strip() or str(row.get("title") or "").strip()):
        raise ValueError("text: is missing; every row needs a text or a title")
    texts = {key: _text(row, key) for key in _TEXTS}
    origin = origin_at(url, lang=texts["lang"])
    published = told_time(row.get("published_at"), name="published_at", now=now, origin=origin)
    return Post(
        url=post_address(url),
        text=text,
        fetched_at=told_time(row.get("fetched_at"), name="fetched_at", now=now, origin=origin) or now,
        published_at=published,
        published_at_source="import" if published else "",
        source=_text(row, "source") or "import",
        source_kind="import",
        kind=_kind(_text(row, "kind")),
        rating=told_rating(row.get("rating")),
        engagement=_engagement(row),
        tags=_tags(row.get("tags")),
        **texts,
    )


def _numbered(stream: TextIO) -> Iterator[tuple[int, str]]:
    number = 0
    while line := stream.readline(_LONGEST):
        number += 1
        if len(line) == _LONGEST and not line.endswith("\n"):
            while line and not line.endswith("\n"):
                line = stream.readline(_LONGEST)
            line = _TOO_LONG
        yield number, line


def _chain(first: tuple[int, str], rest: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield first
    yield from rest


def _json_rows(lines: Iterable[tuple[int, str]], *, now: datetime) -> Iterator[Row]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            yield _from_json(line, now=now)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            yield Wrong(line=number, reason=_said(error))


def _from_json(line: str, *, now: datetime) -> Row:
    if line == _TOO_LONG:
        raise ValueError(f"the line is longer than {_LONGEST} characters; is it JSON lines?")
    try:
        row = json.loads(line.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    if "post_id" in row and isinstance(row.get("brand"), dict):
        return mention_from(row)
    return post_from(row, now=now)


def _csv_rows(lines: Iterable[tuple[int, str]], *, name: str, now: datetime) -> Iterator[Row]:
    at = 0

    def counted() -> Iterator[str]:
        nonlocal at
        for at, line in lines:
            yield line.lstrip("\ufeff") if at == 1 else line

    reader = csv.DictReader(counted(), strict=True)
    if not {"url", "text"} <= set(reader.fieldnames or ()):
        raise UsageError(f"{name}: neither JSON lines nor CSV with the headings url and text", cure="import form")
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield Wrong(line=at, reason=f"not CSV: {error}")
            continue
        if row is None:
            return
        try:
            yield post_from({key: value for key, value in row.items() if key and value}, now=now)
        except ValueError as error:
            yield Wrong(line=at, reason=_said(error))


def _said(error: Exception) -> str:
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


def _engagement(row: dict[str, Any]) -> Engagement:
    given = row.get("engagement") or {}
    if isinstance(given, str):
        given = json.loads(given)
    if not isinstance(given, dict):
        raise ValueError('engagement: must be an object such as {"likes": 3}')
    counts = {key: given.get(key, row.get(f"engagement.{key}")) or 0 for key in _COUNTS}
    try:
        return Engagement(**{key: max(0, int(value)) for key, value in counts.items()})
    except (TypeError, ValueError):
        raise ValueError(f"engagement: {counts!r} holds something that is not a count") from None


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    return tuple(str(tag).strip() for tag in value) if isinstance(value, list | tuple) else ()
