"""What can be read of a damaged store goes into a new one, with what was erased kept out, and an entry that says so."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from analysis.ledger import audit
from analysis.ledger.entries import Stamp
from analysis.model.errors import UsageError
from analysis.model.records.base import Document
from analysis.model.seen_before import not_erased
from analysis.store.base import Filter, Store
from analysis.store.embedded.folder import WITNESS
from analysis.store.embedded.salvage import Found, mentions_of, records_of
from analysis.store.moving import put_all
from analysis.store.witness import FileWitness

ACTION = "salvage"
BATCH = 1000


def rescue(folder: Path, target: Store, *, stamp: Stamp, tell: Callable[[int], None] | None = None) -> Found:
    """Copy what can be read of the store at ``folder`` into ``target``, a new one; return what was, and what was lost.

    Records come first, so that what was erased stays out. The audit log comes as it is: a check of it names what is
    missing. Raises ``UsageError`` where ``target`` holds something already, and ``StoreError``.
    """
    if target.count(Filter()) or target.records.kinds():
        raise UsageError(f"{target.address}: holds something already; name a new folder to save into", about=("to",))
    found = Found()
    put_all(target.records, records_of(folder, found))
    mentions, done = mentions_of(folder, found), 0
    while batch := list(islice(mentions, BATCH)):
        target.write(not_erased(batch, target.records))
        done += len(batch)
        if tell is not None:
            tell(done)
    target.refresh()
    found.mentions = target.count(Filter())
    for words in FileWitness([folder / WITNESS]).told():
        target.records.witness.tell(words)
    audit.append(target.records, action=ACTION, reason="the store was damaged", details=_details(found), stamp=stamp)
    return found


def _details(found: Found) -> Document:
    return {
        "mentions": found.mentions,
        "mentions_lost": found.lost,
        "records": found.records,
        "records_lost": found.records_lost,
        "records_gone": found.records_gone,
        "more_may_be_lost": found.unsure,
    }
