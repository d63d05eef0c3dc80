"""Which column of somebody's own table is what: as the person says, else by known exports, else by plain headings."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from analysis.model.errors import UsageError

FIELDS = ("url", "title", "text", "author", "published_at", "rating", "id", "source", "kind", "thread",
          "product_version", "lang", "tags")  # fmt: skip
_SHORT = {"date": "published_at", "version": "product_version", "address": "url"}
_TEXTS = ("title", "text")
Columns = Mapping[str, tuple[str, ...]]
"""The columns, in small letters, that each field is read from; a text of several is joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """An export that is known: the headings that it is known by, and which may be what, the first that is there."""

    name: str
    known_by: tuple[str, ...] = ()
    columns: Columns


def given_columns(text: str) -> dict[str, tuple[str, ...]]:
    """Return what ``text=Comment+Reply,date=Created at`` says. Raises ``UsageError`` with the fields there are."""
    columns: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, heading = part.partition("=")
        field = _SHORT.get(name.strip().lower(), name.strip().lower())
        names = tuple(one.strip().strip('"').casefold() for one in heading.split("+") if one.strip().strip('"'))
        if not sign or field not in FIELDS or not names:
            raise UsageError(
                f"the mapping of columns: {part!r} is not FIELD=HEADING; fields are {', '.join((*FIELDS, 'date'))}"
            )
        columns[field] = names
    return columns


@cache
def presets() -> tuple[Preset, ...]:
    """Return the known exports, and last the plain headings."""
    data = tomllib.loads((files("analysis.ingest") / "data" / "headings.toml").read_text(encoding="utf-8"))
    plain = data.pop("plain")
    return (*(_preset(name, values) for name, values in data.items()), _preset("plain", plain))


def _preset(name: str, values: Mapping[str, Any]) -> Preset:
    columns = {field: tuple(names) for field, names in values.items() if field in FIELDS}
    return Preset(name=name, known_by=tuple(values.get("known_by", ())), columns=columns)


def columns_of(headings: Sequence[str], given: Columns) -> dict[str, tuple[str, ...]]:
    """Return which of ``headings`` (in small letters) each field is read from.

    What is ``given`` wins; then the first export whose headings are all there; then plain words. Raises
    ``ValueError`` that names what is missing, and all headings that were seen.
    """
    seen = set(headings)
    if absent := [name for names in given.values() for name in names if name not in seen]:
        raise ValueError(f"there is no heading {absent[0]!r}; it has {_listed(headings)}")
    *exports, plain = presets()
    known = next(
        (preset for preset in exports if preset.columns.get("text") and seen.issuperset(preset.known_by)), None
    )
    columns = dict(given)
    for preset in filter(None, (known, plain)):
        taken = {name for names in columns.values() for name in names}
        for field, names in preset.columns.items():
            found = next((name for name in names if name in seen and name not in taken), None)
            if found is not None and field not in columns:
                columns[field] = (found,)
                taken.add(found)
    if not any(field in columns for field in _TEXTS):
        raise ValueError(f"no heading says where the text is; it has {_listed(headings)}; say which column it is")
    return columns


def _listed(headings: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in headings[:20] if name) or "no headings"
    return shown + (f" and {len(headings) - 20} more" if len(headings) > 20 else "")


def post_row(cells: Mapping[str, Any], columns: Columns, *, source: str) -> dict[str, Any]:
    """Return a table's row as an import takes it; one without an address gets one of its source and id or words."""
    mapped = {name for names in columns.values() for name in names}
    row = {name: value for name, value in cells.items() if name not in mapped}
    for field, names in columns.items():
        values = [cells[name] for name in names if cells.get(name) not in (None, "")]
        if values:
            row[field] = "\n\n".join(map(str, values)) if len(values) > 1 else values[0]
    own = str(row.pop("id", "") or "")
    if not row.get("url"):
        row["url"] = _made_address(str(row.get("source") or source), own, row)
    return row


def _made_address(source: str, own: str, row: Mapping[str, Any]) -> str:
    """Return an address on a host that cannot exist (RFC 2606), so that nobody takes it for a page."""
    host = "-".join("".join(sign if sign.isascii() and sign.isalnum() else " " for sign in source.lower()).split())
    told = "\n".join(str(row.get(name) or "") for name in ("author", "published_at", "title", "text"))
    name = quote(own, safe="") or hashlib.sha256(told.encode(errors="replace")).hexdigest()[:16]
    return f"https://{host[:60].strip('-') or 'import'}.invalid/{name}"
