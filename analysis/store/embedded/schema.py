"""How a mention lies in the embedded store: a search field for each leaf of the model, and the whole mention as bytes.

Times are integers of milliseconds since 1970, so that filters, sorting and histograms are exact to the millisecond.
``SCHEMA_VERSION`` grows when a folder written before can no longer be read as it is.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from typing import Any, get_type_hints

import orjson
import tantivy

from analysis.model import Mention, mention_fields
from analysis.model.documents import several
from analysis.model.times import from_ms
from analysis.store.columns import (
    HASH,
    HASHED,
    LOOKED_UP,
    MAX_KEYWORD_BYTES,
    NOT_COUNTED,
    SEARCHED_TEXT,
    check_length,
    finite,
    hash_number,
    to_json,
    whole,
    zoned_ms,
)
from analysis.store.directions import unpacked

SCHEMA_VERSION = 2
HASHED_SINCE = 2
BODY, HEAD, KEY, BANDS = "_body", "_head", "_key", HASH + "bands"
# A tokenizer that finds nothing to search for in a text, and leaves its column alone.
COLUMN_ONLY = "column_only"


Made = tuple[str, bytes]
"""A mention's directions: who made them, and all of them one behind the other."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A mention ready to be indexed: its id, its ``id_key``, when it was last seen (ms), each index field's values, and
    its directions.
    """

    id: str
    key: str
    seen: int
    values: dict[str, Any]
    made: Made


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which leaves of a mention are made ready in which way."""

    read: attrgetter[Any]
    paths: tuple[str, ...]
    dates: tuple[str, ...]
    floats: tuple[str, ...]
    integers: tuple[str, ...]
    many: tuple[str, ...]
    keywords: tuple[str, ...]
    looked_up: tuple[tuple[str, str], ...]
    body_only: tuple[str, ...]


@cache
def build_schema() -> tantivy.Schema:
    """Return the search schema that follows from the model.

    A field of which nearly every mention has its own value is found by the hash of it: a dictionary of a million
    long texts would cost more than all the rest of the index.
    """
    builder = tantivy.SchemaBuilder()
    for info in mention_fields():
        looked_up = info.path in LOOKED_UP
        if looked_up:
            builder.add_unsigned_field(HASH + info.path, indexed=True, fast=info.path in HASHED)
        if info.kind == "keyword" and info.path not in NOT_COUNTED:
            words = COLUMN_ONLY if looked_up else "raw"
            builder.add_text_field(info.path, fast=True, tokenizer_name=words, index_option="basic")
        elif info.kind in {"date", "integer", "boolean"}:
            builder.add_integer_field(info.path, fast=True)
        elif info.kind == "float":
            builder.add_float_field(info.path, fast=True)
        elif info.path == SEARCHED_TEXT:
            builder.add_text_field(info.path, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field(KEY, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field(HEAD, fast=True)
    builder.add_bytes_field(BODY, stored=True)
    return builder.build()


def open_index(path: Path, *, create: bool) -> Any:
    """Return the index in a folder, at its last commit. Raises ``ValueError`` and ``OSError``."""
    if create:
        path.mkdir(parents=True, exist_ok=True)
        index = tantivy.Index(build_schema(), str(path))
    else:
        index = tantivy.Index.open(str(path))
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer("whitespace", words)
    nothing = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).filter(tantivy.Filter.remove_long(0)).build()
    index.register_tokenizer(COLUMN_ONLY, nothing)
    index.register_fast_field_tokenizer(COLUMN_ONLY, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).build())
    index.config_reader("manual")
    index.reload()
    return index


def id_head(mention_id: str) -> int:
    """Return the first 8 bytes of an id as a number: it sorts as ids sort, up to ties that share these bytes."""
    return int.from_bytes(mention_id.encode()[:8].ljust(8, b"\0"), "big")


def id_key(mention_id: str) -> str:
    """Return 72 bits that stand for an id: that two of ten million mentions share them is less likely than 1 in 10^8.

    Text, because Tantivy deletes by a text or a number only, and the 64 bits of a number are too few for that.
    """
    digest = blake2b(mention_id.encode(), digest_size=9).digest()
    return b2a_base64(digest, newline=False).decode()


@cache
def _plan() -> _Plan:
    infos = mention_fields()
    paths = tuple(info.path for info in infos)
    texts = tuple(
        info.path for info in infos if info.kind in {"text", "object", "vector"} and info.path != SEARCHED_TEXT
    )
    return _Plan(
        read=attrgetter(*paths),
        paths=paths,
        dates=tuple(info.path for info in infos if info.kind == "date"),
        floats=tuple(info.path for info in infos if info.kind == "float"),
        integers=tuple(info.path for info in infos if info.kind == "integer"),
        many=tuple(info.path for info in infos if info.many),
        keywords=tuple(info.path for info in infos if info.kind == "keyword"),
        looked_up=tuple((path, HASH + path) for path in sorted(LOOKED_UP) if path != "bands"),
        body_only=(*texts, *sorted(NOT_COUNTED)),
    )


def encode(mention: Mention) -> Encoded:
    """Return the mention's index values. Raises ``ValueError`` with the field where one cannot be stored."""
    plan = _plan()
    values = {path: value for path, value in zip(plan.paths, plan.read(mention), strict=True) if value or value == 0}
    for path in plan.dates:
        values[path] = zoned_ms(path, values[path])
    for path in plan.floats:
        if path in values:
            values[path] = finite(path, values[path])
    for path in plan.integers:
        if path in values:
            values[path] = whole(path, values[path])
    if not mention.id:
        raise ValueError("id is empty")
    made = made_of(mention)
    body = to_json(values)
    if len(body) > MAX_KEYWORD_BYTES:
        for path in plan.keywords:
            value = values.get(path, "")
            check_length(path, (value,) if isinstance(value, str) else value)
    seen = values["last_seen_at"]
    _to_index(plan, values)
    values[BODY], values[HEAD], values[KEY] = body, id_head(mention.id), id_key(mention.id)
    return Encoded(mention.id, values[KEY], seen, values, made)


def made_of(mention: Mention) -> Made:
    """Return a mention's directions. Raises ``ValueError`` where one is none."""
    return mention.meaning.maker, b"".join(unpacked(words).tobytes() for words in mention.meaning.vectors)


def _to_index(plan: _Plan, values: dict[str, Any]) -> None:
    """Leave in ``values`` what is searched or counted, in the form in which it is."""
    for path in plan.many:
        if path in values:
            values[path] = [part for part in values[path] if part]
    for path, hashed in plan.looked_up:
        if path in values:
            values[hashed] = hash_number(values[path])
    if "bands" in values:
        values[BANDS] = [band_number(band) for band in values["bands"]]
    for path in plan.body_only:
        values.pop(path, None)


def band_number(value: str) -> int:
    """Return 48 bits that stand for a band: a mention has many, and whoever looks for copies compares the bands."""
    return int.from_bytes(blake2b(value.encode(), digest_size=6).digest(), "big")


def decode(body: bytes) -> Mention:
    """Return the mention that ``encode`` wrote; unknown fields are ignored, missing ones take their default."""
    mention = _builder(Mention, "")(orjson.loads(body))
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
        plain.append((item.name, path, from_ms if hint is datetime else several(hint) if many else None))
        # What encode left out was empty, whatever default the model gives today.
        empty[item.name] = () if many else None if "None" in str(hint) else "" if _is_text(hint) else item.default
    assert MISSING not in empty.values()

    def build(values: dict[str, Any]) -> Any:
        parts = dict(empty)
        for name, path, convert in plain:
            value = values.get(path)
            if value is not None:
                parts[name] = convert(value) if convert else value
        for name, inner in nested:
            parts[name] = inner(values)
        return cls(**parts)

    return build


def _is_text(hint: Any) -> bool:
    return hint is str or "Literal" in str(hint)
