"""The report as one JSON object, and its schema; mentions as JSON lines that can be imported again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, TextIO, Union, get_args, get_origin, get_type_hints

from analysis.model import Mention, document
from analysis.model.text import obedient_json
from analysis.model.times import written
from analysis.report.commands import AS_JSON, opening
from analysis.report.refusal import refuse_if_empty
from analysis.track.parts import Estimate, Evidence
from analysis.track.results import Measures

FORMAT = "candor-report"
VERSION = 1

Json = dict[str, Any]


def to_json(report: Measures) -> Json:
    """Return the report as a JSON-ready object (docs/report.md, docs/report.schema.json); the order is fixed.

    Raises ``EmptyStoreError`` where there is nothing to report on.
    """
    refuse_if_empty(report)
    return {"format": FORMAT, "version": VERSION, **_plain(report, report)}


def _plain(value: Any, report: Measures) -> Any:
    if is_dataclass(value):
        plain = {item.name: _plain(getattr(value, item.name), report) for item in fields(value)}
        return {**plain, "command": opening(report, value)} if isinstance(value, Evidence) else plain
    if isinstance(value, datetime):
        return written(value, to="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        # JSON has no infinity. More digits would differ between engines that add in another order.
        return round(value, 6) if isfinite(value) else None
    return [_plain(item, report) for item in value] if isinstance(value, tuple) else value


def schema() -> Json:
    """Return the JSON Schema of what ``to_json`` returns, drawn from the types themselves."""
    defs: Json = {}
    define(Measures, defs)
    top = defs.pop("Measures")
    head: Json = {"format": {"const": FORMAT}, "version": {"const": VERSION}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": AS_JSON,
        **top,
        "required": [*head, *top["required"]],
        "properties": {**head, **top["properties"]},
        "$defs": dict(sorted(defs.items())),
    }


def define(cls: type, defs: Json) -> None:
    """Add the JSON Schema of a dataclass, and of those that it is made of, to ``defs`` under their names."""
    defs[cls.__name__] = {}  # Taken before the fields, so that a type met twice is defined once.
    hints = get_type_hints(cls)
    properties = {item.name: _type(hints[item.name], defs) for item in fields(cls)}
    description = " ".join((cls.__doc__ or "").split())
    if cls is Evidence:
        properties["command"] = {"type": "string"}
        description += " ``command`` writes all of it out, filters included."
    if cls is Estimate:
        properties["high"] = {"type": ["number", "null"]}
        description += " ``high`` is null where nothing limits it above."
    defs[cls.__name__] = {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


_SIMPLE: dict[Any, Json] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    NoneType: {"type": "null"},
}


def _type(hint: Any, defs: Json) -> Json:
    if hint in _SIMPLE:
        return dict(_SIMPLE[hint])
    if is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in defs:
            define(hint, defs)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(inside)}
    if origin is tuple:
        return {"type": "array", "items": _type(inside[0], defs)}
    if origin in (UnionType, Union):
        return {"anyOf": [_type(one, defs) for one in inside]}
    raise TypeError(f"no JSON type is known for {hint}")


def write_jsonl(mentions: Iterable[Mention], stream: TextIO) -> int:
    """Write each mention whole, one JSON object a line; return how many. Importing them gives the same store."""
    count = 0
    # What a stream cannot show it would replace, and that would be no JSON.
    plain = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "") != "utf8"
    for mention in mentions:
        stream.write(obedient_json(json.dumps(document(mention), ensure_ascii=plain, separators=(",", ":"))) + "\n")
        count += 1
    return count


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
