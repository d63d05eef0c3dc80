"""Do the audit log and the records that it speaks of agree?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.ledger import audit, corrections, erasure
from analysis.ledger.audit import Chain
from analysis.model.records.audit import CORRECTIONS, ERASURES, Correction, Erasure
from analysis.model.records.base import Records


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
    waiting = [f"correction {entry.key}" for entry in audit.entries(records) if corrections.is_missing(records, entry)]
    waiting += [f"erasure {entry.key}" for entry in erasure.unfinished(records)]
    return Checked(chain=chain, differing=tuple(_differing(records)), unfinished=tuple(waiting))


def _differing(records: Records) -> Iterator[str]:
    corrected: dict[str, Correction] = {}
    begun: dict[str, Erasure] = {}
    done: dict[str, Erasure] = {}
    for entry in audit.entries(records):
        if entry.action == corrections.ACTION:
            corrected[entry.key] = corrections.correction_of(entry)
        elif entry.action == erasure.BEGUN:
            begun[entry.key] = erasure.erasure_of(entry)
        elif entry.action == erasure.DONE and (first := begun.get(str(entry.details["erasure"]))):
            done[first.key] = erasure.ended(first, entry)
    for correction in CORRECTIONS.values(records):
        logged = corrected.get(correction.key)
        if logged != correction:
            yield f"{CORRECTIONS.name} {correction.key} {_how(logged)}"
    for record in ERASURES.values(records):
        if record != (done if record.state == "done" else begun).get(record.key):
            yield f"{ERASURES.name} {record.key} {_how(begun.get(record.key))}"


def _how(logged: Correction | Erasure | None) -> str:
    return "says something else than the log" if logged else "stands in no entry of the log"
