"""How a reader opens what stands under a number: the command that lists all of it, and the posts that are named first.

Sits beside ``analysis.measure.report``; the pure tracks know neither a command nor a store.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any

from analysis.store.base import Filter, Store
from analysis.track.quotes import quote
from analysis.track.results import Evidence, Measures

NAMED = 5  # ids under each number whose posts are given whole; the page shows as many


def command(where: Filter) -> str:
    """Return the command line that writes every mention that ``where`` selects."""
    words = ["candor", "export"]
    for flag, conditions in (("--where", where.terms), ("--without", where.exclude)):
        for path, values in sorted(conditions.items()):
            for value in values:
                words += [flag, f"{path}={value}"]
    for flag, moment in (("--since", where.since), ("--until", where.until)):
        words += [flag, _time(moment)] if moment else []
    words += ["--query", where.query.source] if where.query else []
    return shlex.join(words)


def _time(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return text.removesuffix("T00:00:00Z")


def with_posts(report: Measures, store: Store) -> Measures:
    """Return the report with the posts that its numbers name first, each once, in the order of their ids."""
    ids = sorted({id_ for found in evidences(report) for id_ in found.ids[:NAMED]})
    kept = store.get(ids)
    return replace(report, posts=tuple(quote(kept[id_]) for id_ in ids if id_ in kept))


def evidences(value: Any) -> Iterator[Evidence]:
    """Yield every evidence in a result, in the order of its fields."""
    if isinstance(value, Evidence):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from evidences(item)
    elif is_dataclass(value):
        for one in fields(value):
            yield from evidences(getattr(value, one.name))
