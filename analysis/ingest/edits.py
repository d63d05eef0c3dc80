"""Posts that were edited: what one said of a brand that it no longer names is counted and quoted no more.

It is not forgotten: the mention as it was goes into the history (records of kind ``withdrawn``), and leaves the store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from analysis.ingest.understand import Reread, Understood, words_hash
from analysis.model import Mention, post_id
from analysis.model.records.base import Records
from analysis.model.records.withdrawn import EDITED, WITHDRAWN, Edited, Withdrawn
from analysis.store.base import Filter, Store

GONE = "gone from its site: no longer counted"
DELETED = "deleted since, with its thread"
EDITED_AWAY = "edited since: no longer names the brand"
_PAGE = 500


def edited_away(understood: Sequence[Understood], store: Store, *, now: datetime) -> list[tuple[Understood, Mention]]:
    """Return each stored mention of a brand that its post, read again and changed, no longer names."""
    again = {post_id(item.url): item for item in understood if item.reread is not None and item.reread.tracked}
    found = []
    for stored in _mentions_of(list(again), store):
        item = again[stored.post_id]
        if item.reread is not None and _dropped(stored, item, item.reread, now=now):
            found.append((item, stored))
    return found


def withdraw(away: Sequence[tuple[Understood, Mention]], store: Store, *, run: str) -> Counter[str]:
    """Move these mentions out of the store into the history, and return how many that were of each address."""
    if not away:
        return Counter()
    gone = [
        Withdrawn(mention=stored, seen_at=item.reread.seen_at, run=run)
        for item, stored in away
        if item.reread is not None
    ]
    WITHDRAWN.put_many(store.records, gone)
    store.erase([stored.id for _, stored in away])
    return Counter(item.url for item, _ in away)


def note_edits(placed: Sequence[Mention], stored: Mapping[str, Mention], records: Records) -> None:
    """Keep a hash of the former words of each post whose words are others now, with the time they were last seen."""
    found = {}
    for mention in placed:
        before = stored.get(mention.id)
        if before is None or mention.last_seen_at < before.last_seen_at:
            continue
        words = words_hash(before.title, before.text)
        if words != words_hash(mention.title, mention.text):
            found[mention.post_id] = Edited(
                post_id=mention.post_id, words=words, last_seen_at=before.last_seen_at, seen_at=mention.last_seen_at
            )
    if found:
        EDITED.put_many(records, found.values())


def withdraw_gone(urls: Iterable[str], source: str, store: Store, *, run: str, now: datetime) -> int:
    """Move what ``source`` read at addresses that are no more out of the store into the history; return how many.

    What another source read there stays: it may have it from elsewhere.
    """
    return _taken_out("post_id", [post_id(url) for url in urls], source, store, run=run, now=now)


def withdraw_threads(threads: Iterable[str], source: str, store: Store, *, run: str, now: datetime) -> int:
    """Do the same with all that ``source`` read of discussions that are deleted, told by their addresses."""
    return _taken_out("thread", sorted(threads), source, store, run=run, now=now)


def _taken_out(name: str, values: Sequence[str], source: str, store: Store, *, run: str, now: datetime) -> int:
    stored = [each for each in _mentions_with(name, values, store) if each.source.id == source]
    WITHDRAWN.put_many(store.records, [Withdrawn(mention=each, seen_at=now, run=run) for each in stored])
    return store.erase([each.id for each in stored]) if stored else 0


def _mentions_of(posts: Sequence[str], store: Store) -> Iterator[Mention]:
    return _mentions_with("post_id", posts, store)


def _mentions_with(name: str, values: Sequence[str], store: Store) -> Iterator[Mention]:
    for first in range(0, len(values), _PAGE):
        where = Filter(terms={name: list(values[first : first + _PAGE])})
        yield from (hit.mention for hit in store.search(where, limit=20 * _PAGE, optional=True))


def _dropped(stored: Mention, item: Understood, reread: Reread, *, now: datetime) -> bool:
    if stored.brand.id not in reread.tracked or any(mention.brand.id == stored.brand.id for mention in item.mentions):
        return False
    is_older = reread.seen_at < stored.last_seen_at <= now
    if is_older or reread.words == words_hash(stored.title, stored.text):
        return False
    return reread.is_sure or (stored.title != "" and stored.title == reread.title)
