"""Pages of matches in an order of several keys, from one state of the Tantivy index.

Tantivy sorts by one column and leaves the order of equals open. So the next values of the first key are looked up, and
the matches of the last of them, of which some may be missing, are asked for again in the order of the other keys. Each
step is bounded by the length of the page, however many mentions share a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tantivy
from tantivy import FieldType, Occur

from analysis.model import Mention
from analysis.store.base import Order, Place
from analysis.store.columns import field_info
from analysis.store.embedded.reading import mention_at
from analysis.store.embedded.schema import HEAD, id_head
from analysis.store.filters import sort_value

_MOST_ALIKE = 64


def ordered(
    searcher: Any, schema: tantivy.Schema, query: Any, *, order: Sequence[Order], limit: int, after: Place | None
) -> list[Mention]:
    """Return the next ``limit`` matches behind ``after``."""
    if not order:
        return _by_id(searcher, schema, query, limit=limit, after=str(after[0]) if after else "")
    first, rest = order[0], order[1:]
    found: list[Mention] = []
    edge: Any = None
    if after is not None:
        edge = after[0]
        found = ordered(
            searcher,
            schema,
            _and(query, _range(schema, first.path, edge, edge)),
            order=rest,
            limit=limit,
            after=after[1:],
        )
    while len(found) < limit:
        wanted = limit - len(found)
        beyond = query if edge is None else _and(query, _beyond(schema, first, edge))
        way = tantivy.Order.Desc if first.falling else tantivy.Order.Asc
        hits = searcher.search(beyond, limit=wanted, count=False, order_by_field=first.path, order=way).hits
        if not hits:
            break
        near = [mention_at(searcher, address) for _, address in hits]
        edge = sort_value(near[-1], first.path)
        whole = [mention for mention in near if sort_value(mention, first.path) != edge]
        found += sorted(whole, key=lambda mention: _rank(mention, order))
        same = _and(query, _range(schema, first.path, edge, edge))
        found += ordered(searcher, schema, same, order=rest, limit=limit - len(found), after=None)
    return found


def _by_id(searcher: Any, schema: tantivy.Schema, query: Any, *, limit: int, after: str) -> list[Mention]:
    rest = query if not after else _and(query, _range(schema, HEAD, id_head(after), None, FieldType.Unsigned))
    size = limit + _MOST_ALIKE
    while True:
        hits = searcher.search(rest, limit=size, count=False, order_by_field=HEAD, order=tantivy.Order.Asc).hits
        mentions = sorted((mention_at(searcher, address) for _, address in hits), key=lambda mention: mention.id)
        behind = [mention for mention in mentions if mention.id > after][:limit]
        # A page may not end among ids that begin alike, of which some are missing.
        if len(hits) < size or (len(behind) == limit and id_head(behind[-1].id) < id_head(mentions[-1].id)):
            return behind
        size *= 2


def _rank(mention: Mention, order: Sequence[Order]) -> tuple[Any, ...]:
    values = [sort_value(mention, key.path) for key in order]
    return (*(-value if key.falling else value for value, key in zip(values, order, strict=True)), mention.id)


def _beyond(schema: tantivy.Schema, key: Order, edge: Any) -> Any:
    kind = _kind(key.path)
    if key.falling:
        return _silent(tantivy.Query.range_query(schema, key.path, kind, None, _typed(kind, edge), True, False))
    return _silent(tantivy.Query.range_query(schema, key.path, kind, _typed(kind, edge), None, False, True))


def _range(schema: tantivy.Schema, path: str, low: Any, high: Any, kind: Any = None) -> Any:
    kind = kind or _kind(path)
    first, last = (None if edge is None else _typed(kind, edge) for edge in (low, high))
    return _silent(tantivy.Query.range_query(schema, path, kind, first, last))


def _kind(path: str) -> Any:
    return FieldType.Float if field_info(path).kind == "float" else FieldType.Integer


def _typed(kind: Any, edge: Any) -> float | int:
    return float(edge) if kind == FieldType.Float else int(edge)


def _and(query: Any, other: Any) -> Any:
    return tantivy.Query.boolean_query([(Occur.Must, query), (Occur.Must, other)])


def _silent(query: Any) -> Any:
    return tantivy.Query.const_score_query(query, 0.0)
