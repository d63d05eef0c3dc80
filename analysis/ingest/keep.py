"""From what was understood to kept mentions: each address once, told apart from what is known and what was erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from analysis.ingest import edits, stories
from analysis.ingest.understand import Understood
from analysis.model import Mention
from analysis.model.addresses import identity
from analysis.model.seen_before import aged, caught_up, erased_posts
from analysis.store.base import Filter, Store

KNOWN_COPIES = 2000
STALE = "older than the stored copy"
MOST_FAILURES = 1000
ERASED = "erased before, kept out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of the posts: ``read`` is the sum of the next five; ``dropped`` counts the reasons.

    ``failures`` are the first of them.
    """

    read: int = 0
    new: int = 0
    updated: int = 0
    unmatched: int = 0
    duplicates: int = 0
    failed: int = 0
    mentions_new: int = 0
    mentions_updated: int = 0
    mentions_withdrawn: int = 0
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
            mentions_withdrawn=self.mentions_withdrawn + other.mentions_withdrawn,
            dropped=self.dropped + other.dropped,
            failures=(self.failures + other.failures)[:MOST_FAILURES],
        )


def keep(understood: Sequence[Understood], *, store: Store, run: str, now: datetime) -> Ingested:
    """Store what was understood: with the times and stories of what is known, and without what was erased.

    ``now`` is the time of the clock that the posts were read by. Of two with the same address the later counts. What a
    post said of a brand that it no longer names is withdrawn; of words that were edited, a hash and the time are kept.
    """
    latest = list({identity(item.url): item for item in understood}.values())
    again = len(understood) - len(latest)
    withdrawn = edits.withdraw(edits.edited_away(latest, store, now=now), store, run=run)
    stored = store.get([mention.id for item in latest for mention in item.mentions])
    latest = [_caught_up(item, stored, now=now) for item in latest]
    fresh = [replace(mention, run=run) for item in latest for mention in item.mentions]
    erased = erased_posts(fresh, store.records, stored=stored)
    fresh = [aged(mention, stored.get(mention.id)) for mention in fresh if mention.post_id not in erased]
    placed = stories.with_stories(fresh, [*stored.values(), *_copies(fresh, store)])
    # A copy of what was erased is known by its story too.
    copies = [mention for mention in placed if mention.story != mention.post_id]
    erased |= erased_posts(copies, store.records, stored=stored)
    alive = [mention for mention in placed if mention.post_id not in erased]
    edits.note_edits(alive, stored, store.records)
    written = store.write(alive)
    summary = _summary(latest, erased=erased, stored=stored, refused=dict(written.refused), withdrawn=withdrawn)
    return summary + _repeated(again)


def keep_whole(understood: Sequence[Understood], *, store: Store) -> Ingested:
    """Store mentions as an export wrote them, with their own times, stories and run, except what was erased."""
    given = [mention for item in understood for mention in item.mentions]
    stored = store.get([mention.id for mention in given])
    erased = erased_posts(given, store.records, stored=stored)
    some = [mention for mention in given if mention.post_id not in erased]
    out = len(given) - len(some)
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
        dropped=Counter({why: n for why, n in ((ERASED, out), (STALE, written.stale)) if n}),
        failures=written.refused,
    )


def _caught_up(item: Understood, stored: dict[str, Mention], *, now: datetime) -> Understood:
    mentions = tuple(caught_up(mention, stored.get(mention.id), now=now) for mention in item.mentions)
    return replace(item, mentions=mentions)


def _repeated(count: int) -> Ingested:
    why = Counter({"same address twice": count} if count else {})
    return Ingested(read=count, duplicates=count, dropped=why)


def _copies(fresh: Sequence[Mention], store: Store) -> list[Mention]:
    wanted = sorted({band for mention in fresh for band in mention.bands})
    if not wanted:
        return []
    return [hit.mention for hit in store.search(Filter(terms={"bands": wanted}), limit=KNOWN_COPIES, optional=True)]


def _summary(
    understood: Sequence[Understood],
    *,
    erased: set[str],
    stored: dict[str, Mention],
    refused: dict[str, str],
    withdrawn: Counter[str],
) -> Ingested:
    total = Ingested()
    for item in understood:
        total += _outcome(item, erased=erased, stored=stored, refused=refused, withdrawn=withdrawn[item.url])
    return total


def _outcome(
    item: Understood, *, erased: set[str], stored: dict[str, Mention], refused: dict[str, str], withdrawn: int
) -> Ingested:
    if not item.mentions:
        why = edits.EDITED_AWAY if withdrawn else item.reason
        return Ingested(read=1, unmatched=1, mentions_withdrawn=withdrawn, dropped=Counter([why]))
    if item.mentions[0].post_id in erased:
        return Ingested(read=1, unmatched=1, dropped=Counter([ERASED]))
    causes = [refused[mention.id] for mention in item.mentions if mention.id in refused]
    if causes:
        return Ingested(read=1, failed=1, dropped=Counter(["refused by the store"]), failures=((item.url, causes[0]),))
    new = sum(mention.id not in stored for mention in item.mentions)
    older = [
        mention.id in stored and mention.last_seen_at < stored[mention.id].last_seen_at for mention in item.mentions
    ]
    changed = sum(mention.id in stored and _differs(mention, stored[mention.id]) for mention in item.mentions)
    return Ingested(
        read=1,
        new=int(new > 0),
        updated=int(not new and (changed > 0 or withdrawn > 0)),
        duplicates=int(not new and not changed and not withdrawn),
        mentions_new=new,
        mentions_updated=changed,
        mentions_withdrawn=withdrawn,
        dropped=Counter([STALE] if all(older) else ()),
    )


def _is_older(mention: Mention, before: Mention | None) -> bool:
    return before is not None and mention.last_seen_at < before.last_seen_at


def _differs(mention: Mention, before: Mention) -> bool:
    """Whether a newer copy says something else than the stored one; an older copy changes nothing."""
    if _is_older(mention, before):
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
