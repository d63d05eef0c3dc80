"""How a mention lies in the embedded store: a search field for each leaf of the model, and the whole mention as bytes.

Times are integers of milliseconds since 1970, so that filters, sorting and histograms are exact to the millisecond.
``SCHEMA_VERSION`` grows when a folder written before can no longer be read as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from math import isfinite
from operator import attrgetter
from typing import Any, get_type_hints

import tantivy

from analysis.errors import StoreError
from analysis.model import EPOCH, FieldInfo, FieldKind, Mention, mention_fields

SCHEMA_VERSION = 1
# Elasticsearch refuses a longer keyword, so every store does.
MAX_KEYWORD_BYTES = 32_766
# Looked up by value, never counted value by value: no column of their own.
NOT_COUNTED = frozenset({"id", "post_id", "url", "bands", "content_hash"})
# Words that are searched. Title, text and quote are found through ``tokens``.
SEARCHED_TEXT = "tokens"
# How many different ones there are is asked often: a column of numbers answers that ten times as fast as of texts.
HASHED = frozenset({"post_id", "story", "author", "thread"})
BODY, HEAD, HASH = "_body", "_head", "_hash."
_SURELY_SHORT = MAX_KEYWORD_BYTES // 4
_TO_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A mention ready to be indexed: its id, when it was last seen (ms), and the values of each index field."""

    id: str
    seen: int
    values: dict[str, Any]


@cache
def fields_by_path() -> dict[str, FieldInfo]:
    """Return the leaf fields of a mention by dotted path."""
    return {item.path: item for item in mention_fields()}


def field_info(path: str) -> FieldInfo:
    """Return what is known of a field. Raises ``StoreError`` for a path that no mention has."""
    info = fields_by_path().get(path)
    if info is None:
        raise StoreError(f"no field is named {path!r}; the fields are {', '.join(sorted(fields_by_path()))}")
    return info


def counted_field(path: str, kind: str) -> FieldInfo:
    """Return a field that an aggregation of ``kind`` may use. Raises ``StoreError`` where there is no such column."""
    info = field_info(path)
    if info.kind == "text" or (path in NOT_COUNTED and not (kind == "cardinality" and path in HASHED)):
        raise StoreError(f"the field {path!r} cannot be aggregated; count by another field or filter by it")
    return info


@cache
def build_schema() -> tantivy.Schema:
    """Return the search schema that follows from the model."""
    builder = tantivy.SchemaBuilder()
    for info in mention_fields():
        if info.kind == "keyword":
            fast = info.path not in NOT_COUNTED
            builder.add_text_field(info.path, fast=fast, tokenizer_name="raw", index_option="basic")
        elif info.kind in {"date", "integer", "boolean"}:
            builder.add_integer_field(info.path, indexed=info.kind == "date", fast=True)
        elif info.kind == "float":
            builder.add_float_field(info.path, fast=True)
        elif info.path == SEARCHED_TEXT:
            builder.add_text_field(info.path, tokenizer_name="whitespace", index_option="position")
        if info.path in HASHED:
            builder.add_integer_field(HASH + info.path, fast=True)
    builder.add_unsigned_field(HEAD, fast=True)
    builder.add_bytes_field(BODY, stored=True)
    return builder.build()


def id_head(mention_id: str) -> int:
    """Return the first 8 bytes of an id as a number: it sorts as ids sort, up to ties that share these bytes."""
    return int.from_bytes(mention_id.encode()[:8].ljust(8, b"\0"), "big")


def to_ms(moment: datetime) -> int:
    """Return whole milliseconds since 1970. Raises ``TypeError`` without a time zone."""
    return (moment - EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """Return the UTC moment of ``to_ms``."""
    return EPOCH + ms * _MILLISECOND


@cache
def _leaves() -> tuple[attrgetter[Any], tuple[tuple[str, FieldKind, bool, str], ...]]:
    """Return what reads all leaves of a mention at once, and of each its path, kind, multiplicity and hash column."""
    infos = mention_fields()
    plan = tuple((info.path, info.kind, info.many, HASH + info.path if info.path in HASHED else "") for info in infos)
    return attrgetter(*(info.path for info in infos)), plan


def encode(mention: Mention) -> Encoded:
    """Return the mention's index values. Raises ``ValueError`` with the field where one cannot be stored."""
    getter, plan = _leaves()
    whole: dict[str, Any] = {}
    index: dict[str, Any] = {}
    for (path, kind, many, hashed), value in zip(plan, getter(mention), strict=True):
        if not value and (value is None or value == "" or value == ()):
            continue
        if kind == "keyword":
            if (max(map(len, value)) if many else len(value)) > _SURELY_SHORT:
                _check_length(path, value if many else (value,))
            index[path] = [part for part in value if part] if many else value
            if hashed:
                index[hashed] = hash_number(value)
        elif kind == "date":
            index[path] = value = _zoned_ms(path, value)
        elif kind == "float":
            index[path] = value = _finite(path, value)
        elif kind != "text" or path == SEARCHED_TEXT:
            index[path] = value
        whole[path] = value
    if not mention.id:
        raise ValueError("id is empty")
    try:
        index[BODY] = _TO_JSON(whole).encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds a lone surrogate, which is no character") from None
    index[HEAD] = id_head(mention.id)
    return Encoded(mention.id, whole["last_seen_at"], index)


def hash_number(value: str) -> int:
    """Return 63 bits that stand for ``value`` where different values are counted: unlike ``hash``, always the same."""
    return int.from_bytes(blake2b(value.encode(errors="replace"), digest_size=8).digest(), "big") >> 1


def _check_length(path: str, parts: tuple[str, ...]) -> None:
    if any(len(part.encode(errors="replace")) > MAX_KEYWORD_BYTES for part in parts):
        raise ValueError(f"{path} is longer than {MAX_KEYWORD_BYTES} bytes")


def _zoned_ms(path: str, value: datetime) -> int:
    if value.tzinfo is None:
        raise ValueError(f"{path} has no time zone")
    return to_ms(value)


def _finite(path: str, value: float) -> float:
    if not isfinite(value):
        raise ValueError(f"{path} is {value}, which is no number")
    return float(value)


def decode(body: bytes) -> Mention:
    """Return the mention that ``encode`` wrote; unknown fields are ignored, missing ones take their default."""
    mention = _builder(Mention, "")(json.loads(body))
    assert isinstance(mention, Mention)
    return mention


@cache
def _builder(cls: type, prefix: str) -> Callable[[dict[str, Any]], Any]:
    """Return a function from flat values to ``cls``: written out once, because an export builds millions."""
    hints = get_type_hints(cls)
    plain: list[tuple[str, str, Callable[[Any], Any] | None]] = []
    nested: list[tuple[str, Callable[[dict[str, Any]], Any]]] = []
    empty: dict[str, Any] = {}
    for item in fields(cls):
        hint, path = hints[item.name], prefix + item.name
        if is_dataclass(hint) and isinstance(hint, type):
            nested.append((item.name, _builder(hint, path + ".")))
            continue
        many = str(hint).startswith("tuple")
        plain.append((item.name, path, from_ms if hint is datetime else tuple if many else None))
        # What encode left out was empty, whatever default the model gives today.
        empty[item.name] = () if many else None if "None" in str(hint) else "" if _is_text(hint) else item.default
    assert MISSING not in empty.values()

    def build(values: dict[str, Any]) -> Any:
        found = dict(empty)
        for name, path, convert in plain:
            value = values.get(path)
            if value is not None:
                found[name] = convert(value) if convert else value
        for name, inner in nested:
            found[name] = inner(values)
        return cls(**found)

    return build


def _is_text(hint: Any) -> bool:
    return hint is str or "Literal" in str(hint)
