"""What stands under a number: its newest mentions, and the posts that are named first in the whole report."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from analysis.measure.scope import Scope, Terms
from analysis.model import Mention
from analysis.store.base import Store
from analysis.track.parts import Evidence, Period, Quote
from analysis.track.quotes import NAMED, evidence, pick, quote
from analysis.track.results import Measures

NEWEST = 30  # How many of the newest mentions under a number are read, for its evidence and for quotes.
WHOLE = 5  # ids under each number whose posts are given whole; the page shows as many


def look(
    scope: Scope,
    total: int,
    terms: Terms,
    *,
    quotes: int = 0,
    period: Period | None = None,
    shown: Collection[str] = (),
    named: bool = True,
) -> tuple[Evidence, tuple[Quote, ...]]:
    """Return the evidence under a number, its newest mentions and up to ``quotes`` of their words.

    Mentions whose words were ``shown`` already are quoted only where there are no others. Where none is ``named``, the
    evidence holds the selection alone.
    """
    span = period or scope.period
    newest: list[Mention] = []
    if total and named:
        limit = NEWEST if quotes else NAMED
        hits = scope.store.search(scope.filter(span, terms), limit=limit, newest_first=True)
        newest = [hit.mention for hit in hits]
    return evidence(total, newest, terms, span), pick(newest, quotes, shown=shown, where=terms)


def with_posts(report: Measures, store: Store) -> Measures:
    """Return the report with the posts that its numbers name first, each once, in the order of their ids."""
    ids = sorted({id_ for proof in evidences(report) for id_ in proof.ids[:WHOLE]})
    mentions = store.get(ids)
    return replace(report, posts=tuple(quote(mentions[id_]) for id_ in ids if id_ in mentions))


def evidences(value: Any) -> Iterator[Evidence]:
    """Yield every evidence in a result, in the order of its fields."""
    if isinstance(value, Evidence):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from evidences(item)
    elif is_dataclass(value):
        for part in fields(value):
            yield from evidences(getattr(value, part.name))
