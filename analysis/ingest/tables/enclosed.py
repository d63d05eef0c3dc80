"""The list of rows in an object, as APIs answer: ``{"status": "ok", "data": {"articles": [...]}}``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

COMMON = frozenset(("articles", "data", "documents", "entries", "hits", "items", "posts", "records", "results", "rows"))
"""What a list of all that was asked for is called."""
_DEEPEST = 3


def rows_in(value: Mapping[str, Any], is_row: Callable[[Any], bool]) -> tuple[str, list[Any]] | None:
    """Return the list of rows in ``value`` with its name: the only one, else the only one with a name of ``COMMON``.

    ``is_row`` tells whether something is a row; an empty list of such a name has none. None where there is no such
    list, or nobody can say which of several it is.
    """
    found = [(name, each) for name, each in lists_in(value) if any(map(is_row, each))]
    found = found or [(name, each) for name, each in lists_in(value) if not each and name in COMMON]
    if len(found) > 1:
        found = [(name, each) for name, each in found if name in COMMON]
    return found[0] if len(found) == 1 else None


def lists_in(value: Mapping[str, Any], depth: int = 1) -> Iterator[tuple[str, list[Any]]]:
    """Yield each list in ``value``, or in an object in it, with its name in small letters."""
    for name, each in value.items():
        if isinstance(each, list):
            yield str(name).casefold(), each
        elif isinstance(each, dict) and depth < _DEEPEST:
            yield from lists_in(each, depth + 1)
