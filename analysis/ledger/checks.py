"""Do the audit log and the records that it speaks of agree? What ``candor audit verify`` asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.ledger import audit, corrections, erasure
from analysis.ledger.audit import Chain
from analysis.store.base import Document, Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The chain, records that say something else than it, and work that was begun and never finished."""

    chain: Chain
    differing: tuple[str, ...]
    unfinished: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was changed or removed; unfinished work is no fraud."""
        return not self.chain.broken and not self.differing


def check(records: Records, *, noted: tuple[int, str] | None = None) -> Checked:
    """Return what a check of the whole log finds; ``noted`` as in ``audit.verify``."""
    chain = audit.verify(records, noted=noted)
    if chain.broken:
        return Checked(chain=chain, differing=(), unfinished=())
    waiting = [f"correction {one.key}" for one in audit.entries(records) if corrections.is_missing(records, one)]
    waiting += [f"erasure {one.key}" for one in erasure.unfinished(records)]
    return Checked(chain=chain, differing=tuple(_differing(records)), unfinished=tuple(waiting))


def _differing(records: Records) -> Iterator[str]:
    made: dict[tuple[str, str], Document] = {}
    done: dict[str, Document] = {}
    for entry in audit.entries(records):
        if entry.action == corrections.ACTION:
            made[corrections.CORRECTION, entry.key] = corrections.body_of(entry)
        elif entry.action == erasure.BEGUN:
            made[erasure.ERASURE, entry.key] = erasure.body_of(entry)
        elif entry.action == erasure.DONE:
            done[str(entry.details["erasure"])] = {"count": entry.details["count"], "audit_done": entry.hash}
    for kind in (corrections.CORRECTION, erasure.ERASURE):
        for record in records.all(kind):
            told = made.get((kind, record.key))
            if told is None:
                yield f"{kind} {record.key} stands in no entry of the log"
            elif not _agrees(record.body, told, done.get(record.key)):
                yield f"{kind} {record.key} says something else than the log"


def _agrees(body: Document, told: Document, done: Document | None) -> bool:
    if body.get("state") == "done":
        return done is not None and body == {**told, **done, "state": "done", "ended_at": body.get("ended_at")}
    return body == told
