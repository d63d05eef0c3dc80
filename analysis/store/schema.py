"""How a mention lies in the embedded store: a search field for each leaf of the model, and the whole mention as bytes.

Times are integers of milliseconds since 1970, so that filters, sorting and histograms are exact to the millisecond.
``SCHEMA_VERSION`` grows when a folder written before can no longer be read as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, get_type_hints

import tantivy

from analysis.model import FieldKind, Mention, mention_fields
from analysis.store.values import (
    HASH,
    HASHED,
    MAX_KEYWORD_BYTES,
    NOT_COUNTED,
    SEARCHED_TEXT,
    check_length,
    finite,
    from_ms,
    zoned_ms,
)

SCHEMA_VERSION = 1
BODY, HEAD = "_body", "_head"
_SURELY_SHORT = MAX_KEYWORD_BYTES // 4
_TO_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Encoded:
    """A mention ready to be indexed: its id, when it was last seen (ms), and the values of each index field."""

    id: str
    seen: int
    values: dict[str, Any]


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
                check_length(path, value if many else (value,))
            index[path] = [part for part in value if part] if many else value
            if hashed:
                index[hashed] = hash_number(value)
        elif kind == "date":
            index[path] = value = zoned_ms(path, value)
        elif kind == "float":
            index[path] = value = finite(path, value)
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
