"""Proposals of programs: entered by an agent, carried out by a person or not at all.

A proposal is checked when it is made, so that nobody decides about words that mean nothing, and checked again when it
is accepted: what it corrects may have been corrected meanwhile. Who accepts it makes the entry, under their own name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.ledger import corrections, entries, fixes
from analysis.ledger.entries import Stamp
from analysis.ledger.fixes import Known
from analysis.model import MOVES, Mention
from analysis.model.errors import UsageError
from analysis.model.records.audit import CorrectedField
from analysis.model.records.base import Records, Stored
from analysis.model.records.ledger import FIX_STATUSES, Fix
from analysis.model.records.proposal import PROPOSALS, Proposal, Proposed
from analysis.store.base import Store

FIX_FIELDS = ("theme", "brand", "shipped", "version", "note", "status")
CORRECTION_FIELDS = ("mention", "field", "to", "not")
MOST_WAITING = 200
"""Proposals that wait at once: a program that runs wild fills a list that a person can still read."""
MOST_SIGNS = 500
MOST_EVIDENCE = 50
_FIELDS: tuple[CorrectedField, ...] = (
    *("sentiment", "complaint", "topic", "brand", "praise", "wish", "move", "severity", "relevance"),
)


def propose_fix(
    store: Store, values: Mapping[str, str], *, reason: str, evidence: Sequence[str], known: Known, stamp: Stamp
) -> Proposal:
    """Enter the proposal of a fix and return it. Raises ``UsageError`` for what no fix could say, and for a twin."""
    given = _bounded({name: values.get(name, "") for name in FIX_FIELDS})
    day = entries.day_of("shipped", given["shipped"]) if given["shipped"] else None
    status = entries.chosen("status", given["status"] or ("shipped" if day else "open"), FIX_STATUSES)
    fixes.checked(
        Fix(
            key="",
            theme=given["theme"],
            at=stamp.at,
            who=stamp.who,
            brand=given["brand"],
            status=status,
            shipped=day,
            reason=reason,
        ),
        known,
    )
    return _entered(store, "fix", given, was="", reason=reason, evidence=evidence, stamp=stamp)


def propose_correction(
    store: Store, mention: Mention, values: Mapping[str, str], *, reason: str, known: Known, stamp: Stamp
) -> Proposal:
    """Enter the proposal to correct one mention and return it. Raises ``UsageError`` as ``corrections.correct``."""
    given = _bounded({name: values.get(name, "") for name in CORRECTION_FIELDS if name != "mention"})
    what = entries.chosen("field", given["field"], _FIELDS)
    if what == "topic" and given["to"]:
        entries.chosen("to", given["to"], known.topics)
    if what == "move" and given["to"]:
        entries.chosen("to", given["to"], MOVES)
    standing = corrections.current(store.records, mention).said(what)
    removes = what in ("topic", "move") and given["not"] in standing.split()
    if not corrections.would_change(store.records, mention, what=what, to=given["to"], was=given["not"]):
        raise UsageError(f"the mention says {standing or 'none'} already, or not what is to be replaced")
    if what in ("topic", "move") and not (given["to"] or removes):
        raise UsageError("name what it is about (to), or what it is not about (not)")
    values = {"mention": mention.id, **given}
    return _entered(store, "correction", values, was=standing, reason=reason, evidence=[mention.id], stamp=stamp)


def accept(store: Store, key: str, *, known: Known, stamp: Stamp, note: str = "") -> Proposal:
    """Carry a proposal out in the name of who accepts it, and return it as accepted.

    Raises ``UsageError`` where it was decided already, and where what it is about has changed since: it then waits on.
    """
    held = _waiting(store.records, key)
    taken = replace(held.value, state="deciding", decided_at=stamp.at, decided_by=stamp.who, note=note.strip())
    version = PROPOSALS.put(store.records, taken, if_version=held.version)
    if version is None:
        raise UsageError(f"proposal {int(held.key)}: somebody decided it at the same moment; look again")
    try:
        made = _carried_out(store, taken, known=known, stamp=stamp)
    except UsageError:
        PROPOSALS.put(store.records, held.value, if_version=version)
        raise
    done = replace(taken, state="accepted", made=made)
    PROPOSALS.put(store.records, done, if_version=version)
    return done


def decline(records: Records, key: str, *, reason: str, stamp: Stamp) -> Proposal:
    """Decline a proposal, and return it. Raises ``UsageError`` without a reason, and where it was decided already."""
    held, why = _waiting(records, key), entries.needed_reason(reason)
    done = replace(held.value, state="declined", decided_at=stamp.at, decided_by=stamp.who, note=why)
    if PROPOSALS.put(records, done, if_version=held.version) is None:
        raise UsageError(f"proposal {int(held.key)}: somebody decided it at the same moment; look again")
    return done


def waiting(records: Records) -> list[Proposal]:
    """Return what waits for a decision, oldest first; also what a program that was killed was about to carry out."""
    return [one for one in PROPOSALS.values(records) if one.state in ("waiting", "deciding")]


def _waiting(records: Records, key: str) -> Stored[Proposal]:
    held = entries.find(records, PROPOSALS, key)
    if held.value.state == "deciding":
        raise UsageError(
            f"proposal {int(held.key)}: {held.value.decided_by} is accepting it, or was when a program ended; look "
            "whether its entry is there, and enter it by hand where it is not"
        )
    if held.value.state != "waiting":
        raise UsageError(f"proposal {int(held.key)}: {held.value.decided_by} has {held.value.state} it already")
    return held


def _carried_out(store: Store, proposal: Proposal, *, known: Known, stamp: Stamp) -> str:
    values, reason = proposal.values, f"{proposal.reason} (proposed by {proposal.who})"
    if proposal.what == "fix":
        given = {name: values.get(name, "") for name in FIX_FIELDS}
        return fixes.add(store.records, **given, reason=reason, known=known, stamp=stamp).key
    mention = store.get([values["mention"]]).get(values["mention"])
    if mention is None:
        raise UsageError("the mention is not stored any more; decline the proposal")
    what = entries.chosen("field", values["field"], _FIELDS)
    standing = corrections.current(store.records, mention).said(what)
    if standing != proposal.was:
        raise UsageError(
            f"the mention's {what} says {standing or 'none'} now; when this was proposed it said "
            f"{proposal.was or 'none'}; decline it, or correct the mention by hand"
        )
    made = corrections.correct(
        store.records, mention, what=what, to=values["to"], was=values["not"], reason=reason, stamp=stamp
    )
    return made.key


def _entered(
    store: Store,
    what: Proposed,
    values: Mapping[str, str],
    *,
    was: str,
    reason: str,
    evidence: Sequence[str],
    stamp: Stamp,
) -> Proposal:
    why = _bounded({"reason": entries.needed_reason(reason)})["reason"]
    others = waiting(store.records)
    if twin := next((one for one in others if one.what == what and one.values == values), None):
        raise UsageError(f"proposal {int(twin.key)} says the same and waits for a decision")
    if len(others) >= MOST_WAITING:
        raise UsageError(f"{MOST_WAITING} proposals wait already; none is taken until people have decided some")
    if len(evidence) > MOST_EVIDENCE:
        raise UsageError(f"name {MOST_EVIDENCE} mentions at most", about=("evidence",))
    there = store.get(list(evidence))
    if missing := [name for name in evidence if name not in there]:
        raise UsageError(f"no mention has the id {missing[0][:80]!r}", about=("evidence",))
    made = Proposal(
        key="",
        what=what,
        at=stamp.at,
        who=stamp.who,
        reason=why,
        values=values,
        was=was,
        evidence=tuple(dict.fromkeys(evidence)),
    )
    return entries.add(store.records, PROPOSALS, made)


def _bounded(given: Mapping[str, str]) -> dict[str, str]:
    for name, value in given.items():
        if len(value) > MOST_SIGNS:
            raise UsageError(f"has {len(value)} signs; {MOST_SIGNS} are the most", about=(name,))
    return {name: value.strip() for name, value in given.items()}
