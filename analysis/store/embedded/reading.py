"""Reading one state of the Tantivy index: whole mentions by their addresses, in order of rank or of id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy

from analysis.model import Mention
from analysis.model.query import Nearby, Query, Terms, matches
from analysis.model.text import token_words
from analysis.store.embedded.folder import damaged, unusable
from analysis.store.embedded.schema import BODY, HEAD, decode, id_head

SCAN_PAGE = 5_000


@contextmanager
def told_if_damaged(folder: Path) -> Iterator[None]:
    """Turn what the index or a mention's bytes raise where they are damaged into ``StoreError``."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, AssertionError) as error:
        raise damaged(folder, f"a mention cannot be read ({error})") from error
    except OSError as error:
        raise unusable(folder, error) from error
    except BaseException as error:
        # What Rust calls a panic is no ``Exception``.
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(folder, f"the index cannot be read ({error})") from None


def mention_at(searcher: Any, address: Any) -> Mention:
    """Return the mention that lies at an address."""
    return decode(bytes(searcher.doc(address).get_first(BODY)))


def ranked(searcher: Any, query: Any, wanted: int, order: str) -> list[tuple[float, Any]]:
    """Return (rank, address) of the first ``wanted`` matches and of all that tie with the last of them.

    ``order`` is a column (``_head`` rising, others falling) or empty for the score.
    """
    options = {"order_by_field": order, "order": tantivy.Order.Asc if order == HEAD else tantivy.Order.Desc}
    size = wanted + 1
    while True:
        hits = searcher.search(query, limit=size, count=False, **(options if order else {})).hits
        if len(hits) < size or hits[wanted - 1][0] != hits[-1][0]:
            break
        size *= 4
    heads = searcher.fast_field_values(HEAD, [address for _, address in hits])
    rows = [(0.0 if order == HEAD else rank, head, address) for (rank, address), head in zip(hits, heads, strict=True)]
    rows.sort(key=lambda row: (-row[0], row[1]))
    edge = rows[wanted - 1][:2] if len(rows) > wanted else None
    return [(rank, address) for at, (rank, head, address) in enumerate(rows) if at < wanted or (rank, head) == edge]


def by_id(searcher: Any, schema: tantivy.Schema, query: Any) -> Iterator[Mention]:
    """Yield every match in order of id, a page at a time."""
    low, size = 0, SCAN_PAGE
    while True:
        hits = searcher.search(_from(schema, query, low), size, False, HEAD, 0, tantivy.Order.Asc).hits
        more = len(hits) == size
        # The page may end among ids that begin alike: these wait for the next.
        whole = [hit for hit in hits if hit[0] < hits[-1][0]] if more else hits
        size = SCAN_PAGE if whole else 2 * size
        yield from _in_order(searcher, whole)
        if not more:
            return
        low = hits[-1][0]


def holding(searcher: Any, leaf: Terms | Nearby, around: Any, few: int | None) -> list[str] | None:
    """Return the ids of those matches of ``around`` whose words do hold ``leaf``, or None for more than ``few``."""
    most = searcher.search(around, limit=1).count
    if few is not None and most > few:
        return None
    if not most:
        return []
    query = Query("", leaf)
    candidates = (mention_at(searcher, address) for _, address in searcher.search(around, limit=most, count=False).hits)
    return [m.id for m in candidates if matches(query, token_words(f"{m.title}\n{m.text}"))]


def _from(schema: tantivy.Schema, query: Any, low: int) -> Any:
    if not low:
        return query
    rest = tantivy.Query.range_query(schema, HEAD, tantivy.FieldType.Unsigned, low, None)
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, rest)])


def _in_order(searcher: Any, hits: Sequence[tuple[int, Any]]) -> Iterator[Mention]:
    alike: list[Mention] = []
    for _, address in hits:
        mention = mention_at(searcher, address)
        if alike and id_head(alike[-1].id) != id_head(mention.id):
            yield from sorted(alike, key=lambda mention: mention.id)
            alike = []
        alike.append(mention)
    yield from sorted(alike, key=lambda mention: mention.id)
