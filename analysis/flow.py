"""The whole story in three functions: ``ingest`` (posts in, mentions kept), ``measure`` and ``watch``.

A newcomer reads this file first. The stages know only the model; these join them. A crawl imports it, so that what
``measure`` and ``watch`` need (the statistics) is imported when they are called.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from analysis.ingest.keep import Ingested, keep, keep_whole
from analysis.ingest.understand import Understood, understand, whole

if TYPE_CHECKING:
    from analysis.alert.channels.configured import Channel
    from analysis.alert.passes import Pass
    from analysis.alert.watchlist import Watchlist
    from analysis.measure.scope import Compare
    from analysis.model import Brand, Source
    from analysis.store.base import Filter, Store
    from analysis.track.harm import Weights
    from analysis.track.results import Measures

BATCH = 250

__all__ = ["BATCH", "Ingested", "Understood", "ingest", "measure", "understand", "watch", "whole"]


def ingest(
    understood: Iterable[Understood],
    *,
    store: Store,
    run: str,
    batch: int = BATCH,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Ingested]:
    """Deduplicate what was understood and keep it, a batch at a time; yield what became of each batch.

    ``understood`` comes from ``understand`` (here or in a worker process: it is small and serialisable), or from
    ``whole`` for mentions that an export wrote, which are kept as they are. Streams: at most ``batch`` are held.
    Safe to repeat: a second run with the same posts adds nothing. Raises ``StoreError`` where the store cannot write;
    what was yielded before is stored.
    """
    remaining = iter(understood)
    while some := list(islice(remaining, batch)):
        total = Ingested()
        # In the order given: of two that are about one mention the later counts.
        for is_whole, group in groupby(some, key=lambda item: item.is_whole):
            items = list(group)
            total += keep_whole(items, store=store) if is_whole else keep(items, store=store, run=run, now=clock())
        yield total


def measure(
    store: Store,
    *,
    brands: Sequence[Brand],
    sources: Sequence[Source] = (),
    since: datetime,
    until: datetime,
    now: datetime,
    compare: Compare = "previous",
    where: Filter | None = None,
    topic_names: Mapping[str, str] | None = None,
    judged_languages: Sequence[str] = ("en",),
    error_rate: float = 0.05,
    weights: Weights | None = None,
    moved: bool = False,
    call: Sequence[str] = (),
) -> Measures:
    """Return everything that the report shows of [since, until), compared as asked.

    ``where`` narrows the mentions further (its terms, exclusions and query are printed on the report; its times are
    not used). ``topic_names`` maps topic ids to names for people. ``moved`` says that the period is not the last days,
    because nearly all that is stored lies before them; ``call`` are words that each command shown needs.
    Raises ``UsageError`` where the period is empty.
    """
    # This loads NumPy and SciPy; a crawl, which imports this file for ``ingest``, needs neither.
    from analysis.measure import asking, contents, evidence, frame, scope
    from analysis.track.results import Measures

    about = scope.scope_of(
        store,
        brands=brands,
        sources=sources,
        since=since,
        until=until,
        now=now,
        compare=compare,
        where=where,
        moved=moved,
        call=tuple(call),
    )
    asked = asking.Asking(about, names=topic_names, judged=judged_languages, error_rate=error_rate, weights=weights)
    values: dict[str, Any] = frame.frame(asked)
    for section in contents.SECTIONS:
        values |= section.values(asked)
    return evidence.with_posts(Measures(**values), store)


def watch(
    store: Store,
    watchlist: Watchlist,
    channels: Sequence[Channel],
    *,
    now: datetime,
    dry_run: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> Pass:
    """Judge the store as of ``now``, remember what stands out, and deliver it; with ``dry_run`` only say what would be.

    A second pass on the same store sends nothing new. Each step is written before the next begins, so a crash at any
    point loses nothing: an alert that was not yet put into a message is put there by the next pass, a message that was
    not yet sent is sent by it.
    """
    # Judging takes the report and SciPy; a crawl, which imports this file for ``ingest``, needs neither.
    from analysis.alert import passes, prune, remembered

    before, versions = remembered.known(store.records)
    verdict, facts = passes.judged(store, watchlist, now=now, before=before)
    changed = passes.advanced(store, watchlist, before, verdict, facts, now=now)
    current = passes.current(store.records, watchlist, before, changed, now=now)
    if not dry_run:
        remembered.remember(store.records, passes.news(current, before), versions)
    messages, quiet = passes.messages(store, watchlist, channels, current, now=now), watchlist.options.quiet
    deliveries = passes.sent(store.records, channels, messages, now=now, dry_run=dry_run, pause=pause, quiet=quiet)
    pruned = {} if dry_run else prune.prune(store.records, watchlist, now=now)
    return passes.told(verdict, before, changed, current, deliveries, pruned)
