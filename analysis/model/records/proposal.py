"""What a program proposes and a person decides: a fix for the ledger, or a correction of a judgement.

Kept as records of the kind ``proposal`` under a number with zeros in front. A proposal changes nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time, written

Proposed = Literal["fix", "correction"]
ProposalState = Literal["waiting", "deciding", "accepted", "declined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is proposed, by whom and why, and what became of it.

    ``values`` are the fields of the fix or the correction, as a person would enter them; ``was`` is what the corrected
    field said when it was proposed. ``evidence`` are ids of mentions. ``deciding`` is the state while it is carried
    out; ``made`` is the key of the entry that came of it.
    """

    key: str
    what: Proposed
    at: datetime
    who: str
    reason: str
    values: Mapping[str, str] = field(default_factory=dict)
    was: str = ""
    evidence: tuple[str, ...] = ()
    state: ProposalState = "waiting"
    decided_at: datetime | None = None
    decided_by: str = ""
    note: str = ""
    made: str = ""


def _to_body(proposal: Proposal) -> Document:
    return {
        "what": proposal.what,
        "at": written(proposal.at),
        "who": proposal.who,
        "reason": proposal.reason,
        "values": dict(proposal.values),
        "was": proposal.was,
        "evidence": list(proposal.evidence),
        "state": proposal.state,
        "decided_at": written(proposal.decided_at) if proposal.decided_at else None,
        "decided_by": proposal.decided_by,
        "note": proposal.note,
        "made": proposal.made,
    }


def _from_body(key: str, body: Document) -> Proposal:
    decided = body["decided_at"]
    return Proposal(
        key=key,
        what=cast("Proposed", body["what"]),
        at=read_time(body["at"]),
        who=body["who"],
        reason=body["reason"],
        values={name: str(value) for name, value in body["values"].items()},
        was=body["was"],
        evidence=tuple(body["evidence"]),
        state=cast("ProposalState", body["state"]),
        decided_at=read_time(decided) if decided else None,
        decided_by=body["decided_by"],
        note=body["note"],
        made=body["made"],
    )


PROPOSALS: RecordKind[Proposal] = RecordKind(
    name="proposal", key=lambda proposal: proposal.key, to_body=_to_body, from_body=_from_body
)
