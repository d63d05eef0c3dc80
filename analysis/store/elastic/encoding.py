"""How a mention lies in Elasticsearch: nested as in the model, times as RFC 3339, empty values left out.

What no store can hold is refused here, with the same reasons as in the embedded store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, get_type_hints

from analysis.model import Mention, mention_fields
from analysis.model.documents import several
from analysis.model.times import to_ms, written
from analysis.store.columns import MAX_KEYWORD_BYTES, check_length, finite, hash_number, to_json, zoned_ms
from analysis.store.directions import unpacked

MAX_ID_BYTES = 512
FIRST_YEAR, LAST_YEAR = 2000, 2099
OTHER_YEARS = "other"
NUMBERS = "hash"
"""The object of an indexed mention that holds ``numbers``."""
NEAR = "near"
"""The nested documents of an indexed mention that hold its directions as numbers."""
_SURELY_SHORT = MAX_KEYWORD_BYTES // 4


@dataclass(frozen=True, slots=True)
class ElasticMention:
    """A mention ready to be sent: its id, version (ms of ``last_seen_at``), year, and JSON in one line."""

    id: str
    version: int
    year: str
    body: bytes


def year_of(published_at: datetime) -> str:
    """Return the part of the index's name that holds a mention published then.

    Dates that can only be mistakes share one index, or each would open an index of its own.
    """
    return str(published_at.year) if FIRST_YEAR <= published_at.year <= LAST_YEAR else OTHER_YEARS


def encode(mention: Mention) -> ElasticMention:
    """Return the mention as Elasticsearch gets it. Raises ``ValueError`` with the field that cannot be stored."""
    getter, plan = _leaves()
    whole: dict[str, Any] = {}
    for (path, group, name, kind, many), value in zip(plan, getter(mention), strict=True):
        if not value and (value is None or value == "" or value == ()):
            continue
        if kind == "keyword":
            if (max(map(len, value)) if many else len(value)) > _SURELY_SHORT:
                check_length(path, value if many else (value,))
        elif kind == "date":
            zoned_ms(path, value)
            value = written(value)
        elif kind == "float":
            value = finite(path, value)
        if group:
            whole.setdefault(group, {})[name] = value
        else:
            whole[name] = value
    check_id(mention.id)
    whole["@timestamp"] = whole["published_at"]
    if counted := numbers(mention.story, mention.author):
        whole[NUMBERS] = counted
    if directions := near(mention.meaning.vectors):
        whole[NEAR] = directions
    version = max(0, to_ms(mention.last_seen_at))
    return ElasticMention(mention.id, version, year_of(mention.published_at), to_json(whole))


def numbers(story: str, author: str) -> dict[str, int]:
    """Return the numbers by which different values are counted: a text has to be read for that, a number is there."""
    return {name: hash_number(value) for name, value in (("story", story), ("author", author)) if value}


def near(vectors: Sequence[str]) -> list[dict[str, list[int]]]:
    """Return directions as they are compared. Raises ``ValueError`` where one is none."""
    return [{"vector": unpacked(words).tolist()} for words in vectors]


def check_id(name: str) -> None:
    """Raise ``ValueError`` for what no document can be called."""
    if not name:
        raise ValueError("id is empty")
    try:
        size = len(name) if name.isascii() else len(name.encode())
    except UnicodeEncodeError:
        raise ValueError("id holds a lone surrogate, which is no character") from None
    if size > MAX_ID_BYTES:
        raise ValueError(f"id is longer than {MAX_ID_BYTES} bytes")


def decode(source: dict[str, Any]) -> Mention:
    """Return the mention that ``encode`` wrote; unknown fields are ignored, what was left out is empty."""
    mention = _builder(Mention)(source)
    assert isinstance(mention, Mention)
    return mention


@cache
def _leaves() -> tuple[attrgetter[Any], tuple[tuple[str, str, str, str, bool], ...]]:
    infos = mention_fields()
    plan = []
    for info in infos:
        group, _, name = info.path.rpartition(".")
        plan.append((info.path, group, name, str(info.kind), info.many))
    return attrgetter(*(info.path for info in infos)), tuple(plan)


@cache
def _builder(cls: type) -> Callable[[dict[str, Any]], Any]:
    hints = get_type_hints(cls)
    plain: list[tuple[str, Callable[[Any], Any] | None]] = []
    nested: list[tuple[str, Callable[[dict[str, Any]], Any]]] = []
    empty: dict[str, Any] = {}
    for item in fields(cls):
        hint = hints[item.name]
        if is_dataclass(hint) and isinstance(hint, type):
            nested.append((item.name, _builder(hint)))
            continue
        many = str(hint).startswith("tuple")
        read = datetime.fromisoformat if hint is datetime else several(hint)
        convert: Callable[[Any], Any] | None = read if many or hint is datetime else None
        plain.append((item.name, convert))
        text = hint is str or "Literal" in str(hint)
        empty[item.name] = () if many else None if "None" in str(hint) else "" if text else item.default
    assert MISSING not in empty.values()

    def build(values: dict[str, Any]) -> Any:
        parts = dict(empty)
        for name, convert in plain:
            value = values.get(name)
            if value is not None:
                parts[name] = convert(value) if convert else value
        for name, inner in nested:
            parts[name] = inner(values.get(name) or {})
        return cls(**parts)

    return build
