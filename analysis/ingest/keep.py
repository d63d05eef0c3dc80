"""From what was understood to kept mentions: each address once, told apart from what is known and what was erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from analysis.ingest import stories
from analysis.ingest.understand import Understood
from analysis.model import Mention
from analysis.model.addresses import identity
from analysis.model.records.audit import TOMBSTONES
from analysis.model.seen_before import aged, all_tombstone_keys, is_erased
from analysis.store.base import Filter, Store

KNOWN_COPIES = 2000
STALE = "older than the stored copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of the posts: ``read`` is the sum of the next five; ``dropped`` counts the reasons."""

    read: int = 0
    new: int = 0
    updated: int = 0
    unmatched: int = 0
    duplicates: int = 0
    failed: int = 0
    mentions_new: int = 0
    mentions_updated: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    failures: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Ingested) -> Ingested:
        return Ingested(
            read=self.read + other.read,
            new=self.new + other.new,
            updated=self.updated + other.updated,
            unmatched=self.unmatched + other.unmatched,
            duplicates=self.duplicates + other.duplicates,
            failed=self.failed + other.failed,
            mentions_new=self.mentions_new + other.mentions_new,
            mentions_updated=self.mentions_updated + other.mentions_updated,
            dropped=self.dropped + other.dropped,
            failures=self.failures + other.failures,
        )


def keep(understood: Sequence[Understood], *, store: Store, run: str) -> Ingested:
    """Store what was understood: with the times and stories of what is known, and without what was erased.

    Of two with the same address the later counts.
    """
    latest = list({identity(item.url): item for item in understood}.values())
    again = len(understood) - len(latest)
    fresh = [mention for item in latest for mention in item.mentions]
    erased = erased_posts(fresh, store)
    fresh = [replace(mention, run=run) for mention in fresh if mention.post_id not in erased]
    stored = store.get([mention.id for mention in fresh])
    fresh = [aged(mention, stored.get(mention.id)) for mention in fresh]
    written = store.write(stories.with_stories(fresh, [*stored.values(), *_copies(fresh, store)]))
    return _summary(latest, erased=erased, stored=stored, refused=dict(written.refused)) + _repeated(again)


def keep_whole(understood: Sequence[Understood], *, store: Store) -> Ingested:
    """Store mentions as an export wrote them, with their own times, stories and run, except what was erased."""
    given = [mention for item in understood for mention in item.mentions]
    erased = erased_posts(given, store)
    some = [mention for mention in given if mention.post_id not in erased]
    out = len(given) - len(some)
    stored = store.get([mention.id for mention in some])
    written = store.write(some)
    same = sum(stored.get(mention.id) == mention for mention in some)
    changed = max(0, written.updated - same)
    return Ingested(
        read=len(given),
        new=written.created,
        updated=changed,
        unmatched=out,
        duplicates=len(some) - written.created - changed - len(written.refused),
        failed=len(written.refused),
        mentions_new=written.created,
        mentions_updated=changed,
        dropped=Counter({why: n for why, n in (("erased before, kept out", out), (STALE, written.stale)) if n}),
        failures=written.refused,
    )


def erased_posts(fresh: Sequence[Mention], store: Store) -> set[str]:
    """Return the ids of those posts that were erased from the store, and must not come back."""
    keys = all_tombstone_keys(fresh)
    tombstones = TOMBSTONES.get_many(store.records, keys) if keys else {}
    return {mention.post_id for mention in fresh if is_erased(mention, tombstones)}


def _repeated(count: int) -> Ingested:
    why = Counter({"same address twice": count} if count else {})
    return Ingested(read=count, duplicates=count, dropped=why)


def _copies(fresh: Sequence[Mention], store: Store) -> list[Mention]:
    wanted = sorted({band for mention in fresh for band in mention.bands})
    if not wanted:
        return []
    return [hit.mention for hit in store.search(Filter(terms={"bands": wanted}), limit=KNOWN_COPIES, optional=True)]


def _summary(
    understood: Sequence[Understood], *, erased: set[str], stored: dict[str, Mention], refused: dict[str, str]
) -> Ingested:
    total = Ingested()
    for item in understood:
        total += _outcome(item, erased=erased, stored=stored, refused=refused)
    return total


def _outcome(item: Understood, *, erased: set[str], stored: dict[str, Mention], refused: dict[str, str]) -> Ingested:
    if not item.mentions:
        return Ingested(read=1, unmatched=1, dropped=Counter([item.reason]))
    if item.mentions[0].post_id in erased:
        return Ingested(read=1, unmatched=1, dropped=Counter(["erased before, kept out"]))
    causes = [refused[mention.id] for mention in item.mentions if mention.id in refused]
    if causes:
        return Ingested(read=1, failed=1, dropped=Counter(["refused by the store"]), failures=((item.url, causes[0]),))
    new = sum(mention.id not in stored for mention in item.mentions)
    changed = sum(mention.id in stored and _differs(mention, stored[mention.id]) for mention in item.mentions)
    return Ingested(
        read=1,
        new=int(new > 0),
        updated=int(not new and changed > 0),
        duplicates=int(not new and not changed),
        mentions_new=new,
        mentions_updated=changed,
    )


def _differs(mention: Mention, before: Mention) -> bool:
    """Whether a newer copy says something else than the stored one; an older copy changes nothing."""
    if mention.last_seen_at < before.last_seen_at:
        return False
    same = replace(
        mention,
        run=before.run,
        story=before.story,
        first_seen_at=before.first_seen_at,
        last_seen_at=before.last_seen_at,
    )
    if mention.published_at_source == "collected":
        same = replace(same, published_at=before.published_at, published_at_source=before.published_at_source)
    return same != before
