"""The whole story in three functions: ``ingest`` (posts in, mentions kept), ``measure`` and ``watch``.

A newcomer reads this file first. The stages know only the model; these join them. A crawl imports it, so that what
``measure`` and ``watch`` need (the statistics) is imported when they are called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from analysis.ingest.keep import Ingested, keep, keep_whole
from analysis.ingest.understand import Understood, understand, whole

if TYPE_CHECKING:
    from analysis.alert.watch import watch
    from analysis.measure.report import measure
    from analysis.store.base import Store

BATCH = 250

__all__ = ["BATCH", "Ingested", "Understood", "ingest", "measure", "understand", "watch", "whole"]


def ingest(understood: Iterable[Understood], *, store: Store, run: str, batch: int = BATCH) -> Iterator[Ingested]:
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
            total += keep_whole(items, store=store) if is_whole else keep(items, store=store, run=run)
        yield total


def __getattr__(name: str) -> Any:
    if name == "measure":
        from analysis.measure.report import measure

        return measure
    if name == "watch":
        from analysis.alert.watch import watch

        return watch
    raise AttributeError(name)
