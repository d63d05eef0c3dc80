"""A new generation of the indices: made beside the old, filled by copying, put in place by one atomic alias swap.

Readers go on throughout. Writers find the old indices blocked, keep what they have in their spools, and go on in the
new ones. The old indices stay, blocked and behind no alias, until somebody removes them by name. Safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from analysis.model.errors import StoreError
from analysis.store.columns import to_json
from analysis.store.elastic.bulk import BulkLine, send
from analysis.store.elastic.encoding import NEAR, NUMBERS, near, numbers
from analysis.store.elastic.records import pages
from analysis.store.elastic.server.client import Connection
from analysis.store.elastic.server.setup import Setup

_PAGE = 1_000


def upgrade(connection: Connection, setup: Setup, *, tell: Callable[[str], None]) -> list[str]:
    """Move every mention to indices of the next generation and return the names of the old ones.

    Raises ``StoreError``, with the old indices unblocked and still in use, where a copy is not complete.
    """
    setup.install()
    old, generation = setup.indices(), setup.generation() + 1
    new = {index: setup.names.mentions(generation, setup.names.year(index)) for index in old}
    _block(connection, old, blocked=True)
    try:
        for index, target in new.items():
            tell(f"copying {index} to {target}")
            setup.create(target, hidden=True)
            _copy(connection, index, target)
        _compare(connection, new)
        alias = setup.names.alias
        actions = [{"remove": {"index": index, "alias": alias}} for index in old]
        actions += [{"add": {"index": target, "alias": alias}} for target in new.values()]
        connection.ask("POST", "/_aliases", {"actions": actions})
    except BaseException:
        if setup.indices() == old:
            _block(connection, old, blocked=False)
        raise
    tell(f"{alias} now answers from generation {generation}")
    return old


def _copy(connection: Connection, index: str, target: str) -> None:
    connection.ask("POST", f"/{index}/_refresh")
    lines: list[BulkLine] = []
    for line in _lines(connection, index, target):
        lines.append(line)
        if len(lines) == _PAGE:
            _send(connection, lines)
            lines = []
    if lines:
        _send(connection, lines)
    connection.ask("POST", f"/{target}/_refresh")


def _lines(connection: Connection, index: str, target: str) -> Iterator[BulkLine]:
    for hit in pages(lambda: connection, index, {"match_all": {}}, ["_doc"], size=_PAGE):
        meta = {"_index": target, "_id": hit["_id"], "version": hit["_version"], "version_type": "external_gte"}
        source = hit["_source"]
        source[NUMBERS] = numbers(source.get("story", ""), source.get("author", ""))
        source[NEAR] = near(source.get("meaning", {}).get("vectors", ()))
        yield BulkLine(hit["_id"], to_json({"index": meta}), to_json(source))


def _send(connection: Connection, lines: list[BulkLine]) -> None:
    for line, outcome in zip(lines, send(connection, lines), strict=True):
        if outcome.result == "refused":
            raise StoreError(f"the new index refuses {line.id}: {outcome.reason}; nothing was changed")


def _compare(connection: Connection, new: dict[str, str]) -> None:
    for index, target in new.items():
        before, after = (connection.ask("GET", f"/{name}/_count")["count"] for name in (index, target))
        if before != after:
            raise StoreError(f"{target} has {after} mentions and {index} has {before}; nothing was changed, run again")


def _block(connection: Connection, indices: list[str], *, blocked: bool) -> None:
    connection.ask("PUT", f"/{','.join(indices)}/_settings", {"index.blocks.write": blocked or None})
