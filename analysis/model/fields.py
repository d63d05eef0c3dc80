"""How a noun's fields are described: ``about(...)`` attaches meaning, index kind, unit and range to each.

The reference page, the search schema of the embedded store and the Elasticsearch mapping are checked against them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

FieldKind = Literal["keyword", "text", "date", "float", "integer", "boolean", "object", "vector"]


def about(meaning: str, kind: FieldKind, *, unit: str = "", values: str = "", default: Any = "") -> Any:
    """Return a dataclass field with its meaning, index kind, unit and range attached.

    An ``object`` is kept and shown, and neither searched nor counted; a ``vector`` is kept, and found by meaning alone.
    """
    return field(default=default, metadata={"about": meaning, "kind": kind, "unit": unit, "values": values})


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One leaf of a mention's document."""

    path: str
    kind: FieldKind
    many: bool
    meaning: str
    unit: str
    values: str
