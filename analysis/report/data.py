"""The report as one JSON object, its schema, and the refusal to write a report over nothing."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from analysis.model.errors import EmptyStoreError
from analysis.track.results import Measures

FORMAT = "candor-report"
VERSION = 1

Json = dict[str, Any]


def refuse_if_empty(report: Measures) -> None:
    """Raise ``EmptyStoreError`` with the reason and the cure where the report would rest on no mention."""
    if report.mentions:
        return
    if not report.mentions_ever:
        raise EmptyStoreError(
            "no report: the store holds no mention of the tracked brands; run `candor crawl`, or `candor import FILE`, "
            "and check with `candor doctor` that the brands' queries match"
        )
    newest = f"; the newest mention is of {report.newest:%Y-%m-%d}" if report.newest else ""
    narrowed = " with these filters" if report.filters or report.left_out or report.words else ""
    raise EmptyStoreError(
        f"no report: {report.mentions_ever} mentions are stored, but none from {report.period.since:%Y-%m-%d} to "
        f"{report.period.until:%Y-%m-%d}{narrowed}{newest}; widen it with --since and --until, or crawl again"
    )


def to_json(report: Measures) -> Json:
    """Return the report as a JSON-ready object (docs/report.md, docs/report.schema.json); the order is fixed.

    Raises ``EmptyStoreError`` where there is nothing to report on.
    """
    refuse_if_empty(report)
    return {"format": FORMAT, "version": VERSION, **_plain(report)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 6)  # More digits would differ between engines that add in another order.
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def schema() -> Json:
    """Return the JSON Schema of what ``to_json`` returns, drawn from the types themselves."""
    defs: Json = {}
    _define(Measures, defs)
    top = defs.pop("Measures")
    head: Json = {"format": {"const": FORMAT}, "version": {"const": VERSION}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "candor report --json",
        **top,
        "required": [*head, *top["required"]],
        "properties": {**head, **top["properties"]},
        "$defs": dict(sorted(defs.items())),
    }


def _define(cls: type, defs: Json) -> None:
    defs[cls.__name__] = {}  # Taken before the fields, so that a type met twice is defined once.
    hints = get_type_hints(cls)
    properties = {item.name: _type(hints[item.name], defs) for item in fields(cls)}
    defs[cls.__name__] = {
        "type": "object",
        "description": " ".join((cls.__doc__ or "").split()),
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
            _define(hint, defs)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(inside)}
    if origin is tuple:
        return {"type": "array", "items": _type(inside[0], defs)}
    if origin in (UnionType, Union):
        return {"anyOf": [_type(one, defs) for one in inside]}
    raise TypeError(f"no JSON type is known for {hint}")
