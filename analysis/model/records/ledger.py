"""What people enter by hand: fixes, wishes and acknowledgements. Each keeps what it said before, who changed it, why.

Kept as records of the kinds ``fix``, ``wish`` and ``ack`` under a number with zeros in front.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast, get_args

from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time, written

FixStatus = Literal["open", "planned", "shipped", "declined"]
FIX_STATUSES: tuple[FixStatus, ...] = get_args(FixStatus)
Acknowledged = Literal["theme", "alert", "post"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChange:
    """One change of an entry: which fields, each from and to what, in the words of the record."""

    at: datetime
    who: str
    reason: str
    changes: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What was done, or not, about a complaint; or what becomes of a wish, which is kept apart and written alike.

    ``brand`` is empty where it is for all of ours, ``shipped`` None where nothing was shipped yet. ``at`` and ``who``
    tell of the entry, ``history`` of every change since.
    """

    key: str
    theme: str
    at: datetime
    who: str
    brand: str = ""
    status: FixStatus = "open"
    shipped: date | None = None
    version: str = ""
    note: str = ""
    reason: str = ""
    history: tuple[EntryChange, ...] = ()

    def words(self, field: str) -> str:
        """Return a field in the words of the record: a day as 2026-10-01, an empty text where there is none."""
        value = getattr(self, field)
        return value.isoformat() if isinstance(value, date) else str(value or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """The brand said "we have seen this" of a theme, an alert or one post.

    ``what`` is the theme, the alert's id or the post's id; ``mentions`` are the ids that an alert rested on.
    """

    key: str
    about: Acknowledged
    what: str
    at: datetime
    who: str
    note: str
    brand: str = ""
    mentions: tuple[str, ...] = ()


def _fix_to_body(fix: Fix) -> Document:
    return {
        "theme": fix.theme,
        "brand": fix.brand,
        "shipped": fix.words("shipped"),
        "version": fix.version,
        "note": fix.note,
        "status": fix.status,
        "reason": fix.reason,
        "at": written(fix.at),
        "who": fix.who,
        "history": [_change_to_body(change) for change in fix.history],
    }


def _fix_from_body(key: str, body: Document) -> Fix:
    return Fix(
        key=key,
        theme=body["theme"],
        at=read_time(body["at"]),
        who=body["who"],
        brand=body["brand"],
        status=cast("FixStatus", body["status"]),
        shipped=date.fromisoformat(body["shipped"]) if body["shipped"] else None,
        version=body["version"],
        note=body["note"],
        reason=body["reason"],
        history=tuple(_change_from_body(change) for change in body["history"]),
    )


def _change_to_body(change: EntryChange) -> Document:
    return {
        "at": written(change.at),
        "who": change.who,
        "reason": change.reason,
        "changes": {field: {"from": was, "to": to} for field, (was, to) in change.changes.items()},
    }


def _change_from_body(body: Document) -> EntryChange:
    return EntryChange(
        at=read_time(body["at"]),
        who=body["who"],
        reason=body["reason"],
        changes={field: (str(way["from"] or ""), str(way["to"] or "")) for field, way in body["changes"].items()},
    )


def _ack_to_body(ack: Ack) -> Document:
    return {
        "about": ack.about,
        "what": ack.what,
        "brand": ack.brand,
        "note": ack.note,
        "mentions": list(ack.mentions),
        "at": written(ack.at),
        "who": ack.who,
        "history": [],
    }


def _ack_from_body(key: str, body: Document) -> Ack:
    return Ack(
        key=key,
        about=cast("Acknowledged", body["about"]),
        what=body["what"],
        at=read_time(body["at"]),
        who=body["who"],
        note=body["note"],
        brand=body["brand"],
        mentions=tuple(body["mentions"]),
    )


FIXES: RecordKind[Fix] = RecordKind(name="fix", key=lambda fix: fix.key, to_body=_fix_to_body, from_body=_fix_from_body)
WISHES: RecordKind[Fix] = RecordKind(
    name="wish", key=lambda wish: wish.key, to_body=_fix_to_body, from_body=_fix_from_body
)
ACKS: RecordKind[Ack] = RecordKind(name="ack", key=lambda ack: ack.key, to_body=_ack_to_body, from_body=_ack_from_body)
