"""Mentions and the tables of the report as CSV that no spreadsheet executes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import regex

from analysis.model import Mention, document, mention_fields
from analysis.model.text import obedient
from analysis.report.contents import shown
from analysis.report.json import to_json
from analysis.track.results import Measures

# A spreadsheet takes a cell that begins so for a formula; posts are written by strangers.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "﹢", "﹣", "﹦", "﹫", "−")
_UNSEEN = regex.compile(r"^[\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\s]+")


def write_csv(mentions: Iterable[Mention], stream: TextIO) -> int:
    """Write each mention as a row under the paths of the model, lists joined by a space-bar-space; return how many.

    Vectors, which say nothing to a person, are left out.

    Open ``stream`` with ``newline=""``. Cells that a spreadsheet would execute begin with an apostrophe.
    """
    paths = [info.path for info in mention_fields() if info.kind != "vector"]
    writer = csv.writer(stream)
    writer.writerow(paths)
    count = 0
    for mention in mentions:
        doc = document(mention)
        writer.writerow([defused(_at(doc, path)) for path in paths])
        count += 1
    return count


def _at(doc: dict[str, Any], path: str) -> Any:
    value: Any = doc
    for name in path.split("."):
        value = value[name]
    return value


def _cell(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False) if isinstance(item, dict) else str(item)


def defused(value: Any) -> str:
    """Return a CSV cell: text that begins like a formula gets a leading apostrophe; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    text = " | ".join(map(_cell, value)) if isinstance(value, (list, tuple)) else str(value)
    # Some programs drop white space and signs that nobody sees before they look for a formula.
    runs = text.startswith(_FORMULA) or _UNSEEN.sub("", text, count=1).startswith(_FORMULA)
    return obedient(f"'{text}" if runs else text)


def tables(report: Measures) -> dict[str, list[dict[str, Any]]]:
    """Return every table of the report as rows, nested values as dotted columns.

    There is one for each list in the JSON, and those that the sections add.

    Raises ``EmptyStoreError`` where there is nothing to report on.
    """
    data = to_json(report)
    lists = {name: rows for name, rows in data.items() if isinstance(rows, list) and name != "call"}
    for section in shown().values():
        lists |= section.tables(data)
    return {name: [dict(_flat(row)) for row in rows] for name, rows in lists.items()}


def _flat(row: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield prefix + name, [_short(item) for item in value]
        else:
            yield prefix + name, value


def _short(item: Any) -> str:
    """Return a part of a list as text: values as cells have them, never as Python writes them."""
    if not isinstance(item, dict):
        return _plain(item)
    if "mention_id" in item:
        return f"{item['text']} ({item['url']})"
    return ", ".join(f"{name}={_plain(value)}" for name, value in _flat(item) if value not in (None, [], ""))


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "/".join(map(_plain, value)) if isinstance(value, list) else str(value)


def write_table(rows: Sequence[dict[str, Any]], stream: TextIO) -> None:
    """Write one table as CSV; columns in the order in which they first occur. Open with ``newline=""``."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(stream)
    writer.writerow([defused(column) for column in columns])
    for row in rows:
        writer.writerow([defused(row.get(column)) for column in columns])


def write_tables(report: Measures, folder: Path) -> list[Path]:
    """Write every table that has rows as ``<folder>/<name>.csv`` and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in tables(report).items():
        if not rows:
            continue
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            write_table(rows, stream)
        written.append(path)
    return written
