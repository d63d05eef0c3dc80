"""The Kibana boards: their sources (YAML), what ``make boards`` makes of them, and links that lead into them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any
from urllib.parse import quote

DEFAULT_VIEW = "candor-mentions"
SavedObject = dict[str, Any]


def ndjson(space: str = "") -> str:
    """Return the file that Kibana imports: one saved object a line, with the ids that hold in ``space``.

    Kibana knows an id once over all its spaces, and gives a copy in a second space an id that nobody can foretell.
    So each space has ids of its own: see ``id_in``.
    """
    text = files(__package__).joinpath("boards.ndjson").read_text("utf-8")
    if id_in(space, "") == "":
        return text
    ids = "|".join(re.escape(json.loads(line)["id"]) for line in text.splitlines())
    return re.sub(rf'"({ids})(?=\\*")', lambda match: f'"{id_in(space, match[1])}', text)


def id_in(space: str, name: str) -> str:
    """Return the id that a board, list or data view has in a space; the default space keeps the plain one."""
    return name if space in ("", "default") else f"{name}-{space}"


def saved_objects() -> tuple[SavedObject, ...]:
    """Return the saved objects in the order in which they stand in the file."""
    return tuple(json.loads(line) for line in ndjson().splitlines())


def board_link(
    kibana: str,
    board: str,
    *,
    space: str = "",
    terms: Mapping[str, Sequence[str]] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> str:
    """Return the address of a board with its query and time set: what an alert or a report links to.

    ``board`` is its id in the default space, such as ``candor-improve``; ``terms`` maps a field to values of which one
    must be present. Values are quoted, so that what a stranger wrote stays a value.
    """
    place = f"/s/{quote(space, safe='')}" if space else ""
    states = []
    if since or until:
        start = _rison(_moment(since)) if since else "'1970-01-01T00:00:00.000Z'"
        end = _rison(_moment(until)) if until else "now"
        states.append(f"_g=(time:(from:{start},to:{end}))")
    if terms:
        states.append(f"_a=(query:(language:kuery,query:{_rison(kql(terms))}))")
    tail = f"?{'&'.join(states)}" if states else ""
    return f"{kibana.rstrip('/')}{place}/app/dashboards#/view/{quote(id_in(space, board), safe='')}{tail}"


NO_VALUE = "(none)"  # asked for as a value: the field has none; the same word as the model's


def kql(terms: Mapping[str, Sequence[str]]) -> str:
    """Return the Kibana query that holds where each field has one of its values."""
    parts = []
    for path, values in terms.items():
        given = [value for value in values if value != NO_VALUE]
        quoted = " or ".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in given)
        some = [f"{path} : ({quoted})" if len(given) > 1 else f"{path} : {quoted}"] if given else []
        some += [f"not {path} : *"] if NO_VALUE in values else []
        parts.append(f"({' or '.join(some)})" if len(some) > 1 else some[0])
    return " and ".join(parts)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rison(text: str) -> str:
    # Rison, which Kibana keeps its state in: ! escapes itself and the quote; the rest is percent-encoded.
    return "'" + quote(text.replace("!", "!!").replace("'", "!'"), safe="!:.-_~*()") + "'"
