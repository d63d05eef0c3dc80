"""Where a key stands in a TOML text: tomllib gives values without their lines, and an error must name the line."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*+(\[\[?)([^\]]++)\]\]?\s*+(#.*)?$")
_KEY = re.compile(r"""^\s*(["']?)([A-Za-z0-9_.-]+)\1\s*=""")


def key_line(text: str, loc: tuple[str | int, ...]) -> int:
    """Return the line (from 1) of the key that ``loc`` names, else of the nearest table around it, else 1.

    ``loc`` is a path of keys and, after an array of tables, the number of the table from 0.
    """
    table: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    best, best_length = 1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            name = header.group(2).strip()
            table = tuple(name.split("."))
            if header.group(1) == "[[":
                counts[name] = counts.get(name, -1) + 1
                table = (*table, counts[name])
            place = table
        else:
            key = _KEY.match(line)
            if not key:
                continue
            place = (*table, *key.group(2).split("."))
        if len(place) > best_length and loc[: len(place)] == place:
            best, best_length = number, len(place)
    return best
