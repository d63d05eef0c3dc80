"""Mentions that waited while the server was away, brought in line with what it holds.

They were written without a look at the store, so what ``analysis.flow`` asks of it before a write is asked now: was the
post erased, when was it first seen. The same rules, in the one place that may not import the flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from analysis.model import Mention

TOMBSTONE = "tombstone"


def tombstone_keys(mention: Mention) -> tuple[str, ...]:
    """Return the keys under which the erasure of a mention's post, author or site would stand."""
    author = (f"author:{mention.author}",) if mention.author else ()
    return (f"url:{mention.post_id}", f"domain:{mention.domain}", *author)


def in_line(mentions: Sequence[Mention], store: Any) -> list[Mention]:
    """Return those that were not erased, with the first time that each was seen and the date first told."""
    keys = list({key for mention in mentions for key in tombstone_keys(mention)})
    erased = store.records.get_many(TOMBSTONE, keys)
    kept = [mention for mention in mentions if not any(key in erased for key in tombstone_keys(mention))]
    stored = store.get([mention.id for mention in kept])
    return [_aged(mention, stored.get(mention.id)) for mention in kept]


def _aged(mention: Mention, before: Mention | None) -> Mention:
    if before is None:
        return mention
    mention = replace(mention, first_seen_at=min(before.first_seen_at, mention.first_seen_at))
    if mention.published_at_source == "collected":
        return replace(mention, published_at=before.published_at, published_at_source=before.published_at_source)
    return mention
