"""What the past asks of a mention that comes again: what was erased stays out, the first sight and date stay. Pure.

``analysis.ingest.keep`` asks before it writes; a store that kept mentions aside while its server was away asks
afterwards.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from analysis.model import Mention


def tombstone_keys(mention: Mention) -> tuple[str, ...]:
    """Return the keys under which the erasure of a mention's post, author or site would stand."""
    author = (f"author:{mention.author}",) if mention.author else ()
    return (f"url:{mention.post_id}", f"domain:{mention.domain}", *author)


def all_tombstone_keys(mentions: Iterable[Mention]) -> list[str]:
    """Return the keys of them all, each once."""
    return list(dict.fromkeys(key for mention in mentions for key in tombstone_keys(mention)))


def is_erased(mention: Mention, tombstones: Container[str]) -> bool:
    """Return whether the post, its author or its site was erased; ``tombstones`` are the keys that exist."""
    return any(key in tombstones for key in tombstone_keys(mention))


def aged(mention: Mention, before: Mention | None) -> Mention:
    """Return the mention with the first time that it was seen and, where it tells none itself, the date first told."""
    if before is None:
        return mention
    mention = replace(mention, first_seen_at=min(before.first_seen_at, mention.first_seen_at))
    if mention.published_at_source == "collected":
        return replace(mention, published_at=before.published_at, published_at_source=before.published_at_source)
    return mention
