"""Mentions that waited while the server was away, brought in line with what it holds.

They were written without a look at the store, so what ``analysis.ingest.keep`` asks of it before a write is asked now:
was the post erased, when was it first seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.model import Mention
from analysis.model.seen_before import aged, not_erased


def in_line(mentions: Sequence[Mention], store: Any) -> list[Mention]:
    """Return those that were not erased, with the first time that each was seen and the date first told."""
    stored = store.get([mention.id for mention in mentions])
    return [aged(mention, stored.get(mention.id)) for mention in not_erased(mentions, store.records, stored=stored)]
