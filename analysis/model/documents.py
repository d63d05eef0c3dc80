"""A mention as a JSON-ready document and back; and the list of its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from math import isfinite
from typing import Any, get_args, get_type_hints

from analysis.model.fields import FieldInfo
from analysis.model.mention import Mention
from analysis.model.times import written


def mention_fields() -> tuple[FieldInfo, ...]:
    """Return every leaf field of a mention's document, in order, nested ones with dotted paths."""
    return tuple(_leaves(Mention, ""))


def _leaves(cls: type, prefix: str) -> list[FieldInfo]:
    hints = get_type_hints(cls)
    found: list[FieldInfo] = []
    for item in fields(cls):
        if is_dataclass(hints[item.name]):
            found += _leaves(hints[item.name], f"{prefix}{item.name}.")
            continue
        meta = item.metadata
        many = str(hints[item.name]).startswith("tuple")
        path = prefix + item.name
        found.append(FieldInfo(path, meta["kind"], many, meta["about"], meta["unit"], meta["values"]))
    return found


def document(mention: Mention) -> dict[str, Any]:
    """Return the mention as a JSON-ready object, nested as in the model; times as RFC 3339 in UTC."""
    result = _to_json(mention)
    assert isinstance(result, dict)
    return result


def _to_json(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: _to_json(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, datetime):
        return written(value)
    return [_to_json(item) for item in value] if isinstance(value, tuple) else value


def mention_from(doc: dict[str, Any]) -> Mention:
    """Return the mention that ``document`` wrote; unknown keys are ignored, missing ones take their default."""
    mention = _from_json(Mention, doc)
    assert isinstance(mention, Mention)
    return mention


def checked_mention(doc: dict[str, Any]) -> Mention:
    """Return the mention of a document that anybody may have written.

    Raises ``ValueError`` that names the first field that is missing or holds what it cannot.
    """
    for info in mention_fields():
        value: Any = doc
        for name in info.path.split("."):
            if not isinstance(value, dict):
                raise ValueError(f"{info.path.rpartition('.')[0]}: is not an object")
            value = value.get(name, _MISSING)
        if value is _MISSING:
            if info.path in _NEEDED:
                raise ValueError(f"{info.path}: is missing; a whole mention needs it")
            continue
        if not _holds(value, info):
            shown = ascii(value)
            raise ValueError(f"{info.path}: {shown if len(shown) <= 80 else shown[:79] + '…'} is no {_kind(info)}")
    try:
        return mention_from(doc)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ValueError(f"the row does not have the form of a mention: {error}") from None


_MISSING = object()
_NEEDED = frozenset({"id", "post_id", "url", "published_at", "first_seen_at", "last_seen_at"})
_MOST = 2**63 - 1


def _kind(info: FieldInfo) -> str:
    return f"list of {info.kind}s" if info.many else info.kind


def _holds(value: Any, info: FieldInfo) -> bool:
    if info.many:
        form = dict if info.kind == "object" else str
        return isinstance(value, list) and all(isinstance(part, form) for part in value)
    if info.kind in ("keyword", "text"):
        return isinstance(value, str) and (bool(value) or info.path not in _NEEDED)
    if info.kind == "date":
        return isinstance(value, str) and _is_time(value)
    if info.kind == "boolean":
        return isinstance(value, bool)
    if info.kind == "integer":
        return type(value) is int and abs(value) <= _MOST
    return (value is None and info.path == "rating") or (type(value) in (int, float) and isfinite(value))


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


@cache
def _hints(cls: type) -> dict[str, Any]:
    """Return the types of a class's fields, read once: every claim of every mention that is shown is made by them."""
    return get_type_hints(cls)


def _from_json(cls: type, doc: dict[str, Any]) -> Any:
    hints = _hints(cls)
    values: dict[str, Any] = {}
    for item in fields(cls):
        if item.name not in doc:
            continue
        raw, hint = doc[item.name], hints[item.name]
        if is_dataclass(hint) and isinstance(hint, type):
            values[item.name] = _from_json(hint, raw)
        elif hint is datetime:
            values[item.name] = datetime.fromisoformat(raw)
        else:
            values[item.name] = several(hint)(raw) if isinstance(raw, list) else raw
    return cls(**values)


def several(hint: Any) -> Callable[[Iterable[Any]], tuple[Any, ...]]:
    """Return what makes the values of a field that holds several (``tuple[str, ...]``) of a list from JSON."""
    inner = next(iter(get_args(hint)), str)
    if not is_dataclass(inner):
        return tuple
    return lambda values: tuple(_from_json(inner, value) for value in values)
