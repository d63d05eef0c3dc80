"""A block for a source, or one key, put into the text of ``candor.toml``: all else stays as it is, comments and all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit

_HEADER = re.compile(r"\s*\[")
_SOURCE = re.compile(r"\s*\[\[\s*sources\s*\]\]")
_OF_SOURCE = re.compile(r"\s*\[\[?\s*sources\b")


def block_of(kind: str, keys: Mapping[str, Any], *, note: str = "") -> str:
    """Return the block of a source as it stands in the file."""
    table = tomlkit.table()
    for name, value in {"kind": kind, **keys}.items():
        if isinstance(value, Mapping):
            inner = tomlkit.inline_table()
            inner.update(value)
            table.add(name, inner)
        else:
            table.add(name, value)
    comment = f"# {' '.join(note.split())}\n" if note else ""
    return f"{comment}[[sources]]\n{tomlkit.dumps(table)}"


def with_block(text: str, block: str) -> str:
    """Return the configuration ``text`` with ``block`` behind its last source, or at its end.

    Raises ``ValueError`` where it cannot be put there, because sources are written in another way.
    """
    line_end = "\r\n" if "\r\n" in text else "\n"
    before = tomllib.loads(text)
    added = tomllib.loads(block)["sources"]
    lines = text.split("\n")
    for place in (_behind_last(lines), len(lines)):
        head, tail = "\n".join(lines[:place]).rstrip(), "\n".join(lines[place:]).strip("\r\n")
        parts = [part for part in (head, block.strip().replace("\n", line_end), tail) if part]
        made = (line_end * 2).join(parts).rstrip() + line_end
        try:
            after = tomllib.loads(made)
        except tomllib.TOMLDecodeError:
            continue
        if after == {**before, "sources": [*before.get("sources", []), *added]}:
            return made
    raise ValueError("its sources are not written as [[sources]] tables; add the block yourself")


def with_key(text: str, place: Sequence[str | int], value: Any) -> str:
    """Return the configuration ``text`` with one key set to ``value`` (None takes it out); all else stays as it is.

    ``place`` is a path such as ``("sources", 2, "paused")`` or ``("alerts", "rules", "keyword", "enabled")``; tables on
    the way are made. Raises ``ValueError`` where it cannot be put there, because the file is written in another way.
    """
    mark = "\r\n" if "\r\n" in text else "\n"
    document = tomlkit.parse(text)
    inner: Any = document
    for part in place[:-1]:
        if isinstance(part, str) and part not in inner:
            inner[part] = tomlkit.table(is_super_table=part != place[-2])
        inner = inner[part]
    if value is None:
        inner.pop(place[-1], None)
    else:
        inner[place[-1]] = value
    made = tomlkit.dumps(document).replace("\r\n", "\n").replace("\n", mark)
    if tomllib.loads(made) != _set(tomllib.loads(text), place, value):
        raise ValueError("it is written in a way that cannot be changed from here; change it yourself")
    return made


def _set(values: Any, place: Sequence[str | int], value: Any) -> Any:
    inner = values
    for part in place[:-1]:
        inner = inner.setdefault(part, {}) if isinstance(inner, dict) else inner[part]
    if value is None:
        inner.pop(place[-1], None)
    else:
        inner[place[-1]] = value
    return values


def _behind_last(lines: list[str]) -> int:
    """Return the line behind the last source's own: its keys and the comments that stand right below them."""
    starts = [number for number, line in enumerate(lines) if _SOURCE.match(line)]
    if not starts:
        return len(lines)
    end = starts[-1]
    for number in range(starts[-1] + 1, len(lines)):
        if _HEADER.match(lines[number]) and not _OF_SOURCE.match(lines[number]):
            break
        if lines[number].strip() and not lines[number].lstrip().startswith("#"):
            end = number
    below = end + 1
    while below < len(lines) and lines[below].lstrip().startswith("#"):
        below += 1
    belongs = below >= len(lines) or not lines[below].strip()
    return below if belongs else end + 1
