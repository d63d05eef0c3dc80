"""What the past asks of a mention that comes again: what was erased stays out, the first sight and date stay.

Every way in asks: a crawl or an import (``analysis.ingest.keep``), a store that kept mentions aside while its server
was away, a copy from another store, what is saved of a damaged one, letters that are written again.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from analysis.model import Mention, post_id
from analysis.model.records.audit import TOMBSTONES
from analysis.model.records.base import Records

_JUST_AFTER = timedelta(milliseconds=1)
LEAST_WORDS = 8
"""Shorter texts are alike by chance: they are not known again by their words."""


def url_key(url: str) -> str:
    """Return the key under which the erasure of the post at an address would stand, in whatever form it is written."""
    return f"url:{post_id(url)}"


def tombstone_keys(mention: Mention) -> tuple[str, ...]:
    """Return the keys under which the erasure of a mention's post, author or site would stand."""
    author = (f"author:{mention.author}",) if mention.author else ()
    # An older Candor made the ids of mentions by the very words of their addresses.
    addresses = dict.fromkeys((f"url:{mention.post_id}", url_key(mention.url)))
    return (*addresses, f"domain:{mention.domain}", *author)


def copy_keys(mention: Mention) -> tuple[str, ...]:
    """Return the keys by which what was erased is known again at another address of its site: its words, its story."""
    words = mention.tokens.count(" ") + 1
    text = (f"text:{mention.domain}/{mention.content_hash}",) if mention.content_hash and words >= LEAST_WORDS else ()
    return (*text, f"story:{mention.domain}/{mention.story}") if mention.story else text


def erased_posts(mentions: Sequence[Mention], records: Records, *, stored: Container[str] = ()) -> set[str]:
    """Return the ids of those posts that were erased and must not come back.

    A post whose words were erased at another address is one of them, unless it is among the mentions ``stored``: a copy
    that was left there when the other was erased.
    """
    keys = {mention.id: (tombstone_keys(mention), copy_keys(mention)) for mention in mentions}
    wanted = list(dict.fromkeys(key for pair in keys.values() for some in pair for key in some))
    there = TOMBSTONES.get_many(records, wanted) if wanted else {}
    if not there:
        return set()
    return {
        mention.post_id
        for mention in mentions
        for own, copies in [keys[mention.id]]
        if any(key in there for key in own) or (mention.id not in stored and any(key in there for key in copies))
    }


def not_erased(mentions: Sequence[Mention], records: Records, *, stored: Container[str] = ()) -> list[Mention]:
    """Return those of ``mentions`` whose posts were not erased, as ``erased_posts`` tells."""
    erased = erased_posts(mentions, records, stored=stored)
    return [mention for mention in mentions if mention.post_id not in erased] if erased else list(mentions)


def erased_addresses(urls: Iterable[str], records: Records) -> set[str]:
    """Return those of ``urls`` at which a post was erased."""
    keys = {url: url_key(url) for url in urls}
    there = TOMBSTONES.get_many(records, list(dict.fromkeys(keys.values()))) if keys else {}
    return {url for url, key in keys.items() if key in there}


def aged(mention: Mention, before: Mention | None) -> Mention:
    """Return the mention with the first time that it was seen and, where it tells none itself, the date first told."""
    if before is None:
        return mention
    mention = replace(mention, first_seen_at=min(before.first_seen_at, mention.first_seen_at))
    if mention.published_at_source == "collected":
        # Where neither tells a date, the earlier collection is nearer to it: the later clock may have been ahead.
        told = before.published_at_source != "collected"
        at = before.published_at if told else min(before.published_at, mention.published_at)
        return replace(mention, published_at=at, published_at_source=before.published_at_source)
    return mention


def caught_up(mention: Mention, before: Mention | None, *, now: datetime) -> Mention:
    """Return the mention just after the stored one, where that says that it was last seen in the future.

    A clock was ahead then. Stores write nothing older than what they hold, so the change would be lost for good.
    """
    if before is None or not mention.last_seen_at < before.last_seen_at or before.last_seen_at <= now:
        return mention
    return replace(mention, last_seen_at=before.last_seen_at + _JUST_AFTER)
