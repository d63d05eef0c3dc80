"""What keeps the hands honest: the audit log, what was corrected, confirmed and erased by it, and tombstones.

A correction, a confirmation or an erasure stands under the key of its entry in the log, and says what that says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast, get_args

from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time, written

CorrectedField = Literal[
    "sentiment", "complaint", "topic", "brand", "praise", "wish", "question", "move", "severity", "relevance"
]
ErasedBy = Literal["url", "author", "domain", "older"]
ERASED_BY: tuple[str, ...] = get_args(ErasedBy)
NEWEST = "newest"
COPIED = "copied: "
"""Begins the erasure of a tombstone that another store's erasure laid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry of the log. ``details`` hold what was done, never the text of what was erased.

    ``at`` is a text (RFC 3339 in UTC), because ``hash`` is over its very signs; ``previous`` is the hash before.
    """

    seq: int
    at: str
    who: str
    action: str
    reason: str
    details: Mapping[str, Any]
    previous: str
    hash: str

    @property
    def key(self) -> str:
        """The key of its record; what the entry makes stands under the same key."""
        return audit_key(self.seq)


def audit_key(seq: int) -> str:
    """Return the key of the entry of this number."""
    return f"{seq:012d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """The newest entry's number and hash, kept beside the log so that a cut end is seen."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's word that a judgement is wrong: ``field`` of ``mention`` says ``was`` and should say ``to``.

    ``judged`` is what the machine said, by ``model``; ``audit`` the hash of the entry in the log. ``drawn`` is ``lot``
    where the judgement was asked about by lot, ``doubt`` where it was asked as one of the least sure.
    """

    key: str
    mention: str
    brand: str
    was: str
    to: str
    reason: str
    who: str
    at: datetime
    audit: str
    post: str = ""
    published_at: datetime | None = None
    field: CorrectedField = "sentiment"
    judged: str = ""
    model: str = ""
    drawn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A person's word that ``mention`` counts rightly as ``said`` in ``field``: of a topic or a move, that very one.

    ``judged`` is what the machine said, by ``model``, which a correction may have changed before; ``drawn`` as in
    ``Correction``.
    """

    key: str
    mention: str
    brand: str
    said: str
    who: str
    at: datetime
    audit: str
    post: str = ""
    field: CorrectedField = "sentiment"
    judged: str = ""
    model: str = ""
    drawn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was erased: ``values`` of a kind ``target``, and how many mentions that were.

    ``audit`` is the hash of the entry that it began with; ``ended_at`` and ``audit_done`` are there once it is done.
    """

    key: str
    target: ErasedBy
    values: tuple[str, ...]
    count: int
    reason: str
    who: str
    at: datetime
    audit: str
    state: Literal["begun", "done"] = "begun"
    ended_at: datetime | None = None
    audit_done: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """Keeps what was erased from coming back: ``of`` is such as ``url:<post id>``; ``erasure`` the key of who did."""

    of: str
    erasure: str
    at: str


def _entry_to_body(entry: AuditEntry) -> Document:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "who": entry.who,
        "action": entry.action,
        "reason": entry.reason,
        "details": dict(entry.details),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _entry_from_body(_: str, body: Document) -> AuditEntry:
    # One that someone damaged is read too: what is wrong with it is found by a check of the whole log.
    return AuditEntry(
        seq=body.get("seq", 0),
        at=body.get("at", ""),
        who=body.get("who", ""),
        action=body.get("action", ""),
        reason=body.get("reason", ""),
        details=body.get("details", {}),
        previous=body.get("previous", ""),
        hash=body.get("hash", ""),
    )


def _correction_to_body(correction: Correction) -> Document:
    published = correction.published_at
    drawn = {"drawn": correction.drawn} if correction.drawn else {}
    return {
        "mention": correction.mention,
        "post": correction.post,
        "brand": correction.brand,
        "published_at": written(published) if published else None,
        "field": correction.field,
        "judged": correction.judged,
        "model": correction.model,
        "from": correction.was,
        "to": correction.to,
        "reason": correction.reason,
        "who": correction.who,
        "at": written(correction.at),
        "audit": correction.audit,
        **drawn,
    }


def _correction_from_body(key: str, body: Document) -> Correction:
    # What was corrected before there were several fields is the sentiment.
    published = body.get("published_at")
    return Correction(
        key=key,
        mention=body["mention"],
        brand=body["brand"],
        was=body["from"],
        to=body["to"],
        reason=body["reason"],
        who=body["who"],
        at=read_time(body["at"]),
        audit=body["audit"],
        post=body.get("post", ""),
        published_at=read_time(published) if published else None,
        field=cast("CorrectedField", body.get("field", "sentiment")),
        judged=body.get("judged", ""),
        model=body.get("model", ""),
        drawn=body.get("drawn", ""),
    )


def _confirmation_to_body(confirmation: Confirmation) -> Document:
    return {
        "mention": confirmation.mention,
        "post": confirmation.post,
        "brand": confirmation.brand,
        "field": confirmation.field,
        "judged": confirmation.judged,
        "model": confirmation.model,
        "said": confirmation.said,
        "drawn": confirmation.drawn,
        "who": confirmation.who,
        "at": written(confirmation.at),
        "audit": confirmation.audit,
    }


def _confirmation_from_body(key: str, body: Document) -> Confirmation:
    return Confirmation(
        key=key,
        mention=body["mention"],
        post=body["post"],
        brand=body["brand"],
        field=cast("CorrectedField", body["field"]),
        judged=body["judged"],
        model=body["model"],
        said=body["said"],
        drawn=body["drawn"],
        who=body["who"],
        at=read_time(body["at"]),
        audit=body["audit"],
    )


def _erasure_to_body(erasure: Erasure) -> Document:
    body: Document = {
        "target": erasure.target,
        "values": list(erasure.values),
        "count": erasure.count,
        "reason": erasure.reason,
        "who": erasure.who,
        "at": written(erasure.at),
        "state": erasure.state,
        "audit": erasure.audit,
    }
    if erasure.ended_at is not None:
        body |= {"ended_at": written(erasure.ended_at), "audit_done": erasure.audit_done}
    return body


def _erasure_from_body(key: str, body: Document) -> Erasure:
    ended = body.get("ended_at")
    return Erasure(
        key=key,
        target=cast("ErasedBy", body["target"]),
        values=tuple(body["values"]),
        count=body["count"],
        reason=body["reason"],
        who=body["who"],
        at=read_time(body["at"]),
        audit=body["audit"],
        state=body["state"],
        ended_at=read_time(ended) if ended else None,
        audit_done=body.get("audit_done", ""),
    )


AUDIT_LOG: RecordKind[AuditEntry] = RecordKind(
    name="audit",
    key=lambda entry: entry.key,
    to_body=_entry_to_body,
    from_body=_entry_from_body,
)
AUDIT_HEADS: RecordKind[AuditHead] = RecordKind(
    name="audit_head",
    key=lambda _: NEWEST,
    to_body=lambda head: {"seq": head.seq, "hash": head.hash},
    from_body=lambda _, body: AuditHead(seq=int(body["seq"]), hash=str(body["hash"])),
)
CORRECTIONS: RecordKind[Correction] = RecordKind(
    name="correction",
    key=lambda correction: correction.key,
    to_body=_correction_to_body,
    from_body=_correction_from_body,
)
CONFIRMATIONS: RecordKind[Confirmation] = RecordKind(
    name="confirmation",
    key=lambda confirmation: confirmation.key,
    to_body=_confirmation_to_body,
    from_body=_confirmation_from_body,
)
ERASURES: RecordKind[Erasure] = RecordKind(
    name="erasure",
    key=lambda erasure: erasure.key,
    to_body=_erasure_to_body,
    from_body=_erasure_from_body,
)
TOMBSTONES: RecordKind[Tombstone] = RecordKind(
    name="tombstone",
    key=lambda tombstone: tombstone.of,
    to_body=lambda tombstone: {"erasure": tombstone.erasure, "at": tombstone.at},
    from_body=lambda key, body: Tombstone(of=key, erasure=body["erasure"], at=body["at"]),
)
