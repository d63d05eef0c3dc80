"""The whole story in three functions: ``ingest`` (posts in, mentions kept), ``measure`` and ``watch``.

A newcomer reads this file first, and then the three that it names. The stages know only the model; these join them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from analysis.ingest.keep import Ingested, ingest, keep
from analysis.ingest.understand import Understood, understand
from analysis.measure.report import measure

if TYPE_CHECKING:
    from analysis.alert.channels.configured import Channel
    from analysis.alert.passes import Pass
    from analysis.alert.watchlist import Watchlist
    from analysis.store.base import Store

__all__ = ["Ingested", "Understood", "ingest", "keep", "measure", "understand", "watch"]


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

    verdict, facts = passes.judged(store, watchlist, now=now)
    before, versions = remembered.known(store.records)
    changed = passes.advanced(store, watchlist, before, verdict, facts, now=now)
    current = passes.current(store.records, watchlist, before, changed, now=now)
    if not dry_run:
        remembered.remember(store.records, passes.news(current, before), versions)
    bodies = passes.messages(store, watchlist, channels, current, now=now)
    deliveries = passes.sent(store.records, channels, bodies, now=now, dry_run=dry_run, pause=pause)
    pruned = {} if dry_run else prune.prune(store.records, watchlist, now=now)
    return passes.told(verdict, before, changed, current, deliveries, pruned)
