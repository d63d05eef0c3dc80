"""Which fields of a mention have columns to search and count by, and how their values are kept, on every engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import blake2b
from math import isfinite
from typing import Any

import orjson

from analysis.model import FieldInfo, mention_fields
from analysis.model.errors import StoreError
from analysis.model.times import to_ms

# Elasticsearch refuses a longer keyword, so every store does.
MAX_KEYWORD_BYTES = 32_766
# Looked up by value, never counted value by value: no column of their own.
NOT_COUNTED = frozenset({"id", "post_id", "url", "bands", "content_hash"})
# How many different ones there are is asked often: a column of numbers answers that ten times as fast as of texts.
HASHED = frozenset({"post_id", "story", "author", "thread"})
# Of these nearly every mention has its own value. The embedded index finds them by hash, and ids by a longer one.
LOOKED_UP = (NOT_COUNTED | HASHED) - {"id"}
# The embedded index keeps hashes of these in a column of this name and the field's.
HASH = "_hash."
# Words that are searched. Title, text and quote are found through ``tokens``.
SEARCHED_TEXT = "tokens"


@cache
def _by_path() -> dict[str, FieldInfo]:
    """Return the leaf fields of a mention by dotted path."""
    return {item.path: item for item in mention_fields()}


def field_info(path: str) -> FieldInfo:
    """Return what is known of a field. Raises ``StoreError`` for a path that no mention has."""
    info = _by_path().get(path)
    if info is None:
        raise StoreError(f"no field is named {path!r}; the fields are {', '.join(sorted(_by_path()))}")
    return info


def counted_field(path: str, kind: str) -> FieldInfo:
    """Return a field that an aggregation of ``kind`` may use. Raises ``StoreError`` where there is no such column."""
    info = field_info(path)
    if info.kind in {"text", "object", "vector"} or (
        path in NOT_COUNTED and not (kind == "cardinality" and path in HASHED)
    ):
        raise StoreError(f"the field {path!r} cannot be aggregated; count by another field or filter by it")
    return info


def hash_number(value: str) -> int:
    """Return 56 bits that stand for ``value`` where it is looked up or counted: unlike ``hash``, always the same.

    Each byte costs the embedded index about as much as a column. With a million different values one lookup in 10^11
    finds a mention too many.
    """
    return int.from_bytes(blake2b(value.encode(), digest_size=7).digest(), "big")


def to_json(values: Mapping[str, Any]) -> bytes:
    """Return ``values`` as JSON in one line. Raises ``ValueError`` for what JSON or a store cannot hold."""
    try:
        return orjson.dumps(values)
    except TypeError as error:
        if "surrogate" in str(error):
            raise ValueError("a text holds a lone surrogate, which is no character") from None
        raise ValueError(f"a value cannot be stored: {error}") from None


def check_length(path: str, parts: tuple[str, ...]) -> None:
    """Raise ``ValueError`` where a keyword is longer than any engine takes."""
    if any(len(part.encode(errors="replace")) > MAX_KEYWORD_BYTES for part in parts):
        raise ValueError(f"{path} is longer than {MAX_KEYWORD_BYTES} bytes")


def zoned_ms(path: str, value: datetime) -> int:
    """Return ``to_ms``. Raises ``ValueError`` without a time zone."""
    if value.tzinfo is None:
        raise ValueError(f"{path} has no time zone")
    return to_ms(value)


def finite(path: str, value: float) -> float:
    """Return the number. Raises ``ValueError`` for NaN and infinity."""
    if not isfinite(value):
        raise ValueError(f"{path} is {value}, which is no number")
    return float(value)


def whole(path: str, value: int) -> int:
    """Return the number. Raises ``ValueError`` where no engine has room for it."""
    if not -(2**63) <= value < 2**63:
        raise ValueError(f"{path} is {value:.3g}, which is more than any store holds")
    return int(value)


def record_json(kind: str, key: str, body: Mapping[str, Any]) -> str:
    """Return a small record's body as it is kept. Raises ``StoreError`` for what is no JSON."""
    try:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        text.encode()
    except (TypeError, ValueError) as error:
        raise StoreError(f"the record {kind}/{key} cannot be stored as JSON: {error}") from None
    return text
