"""Acknowledgements: the first time that the brand says "we have seen this", of a theme, an alert or one post."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.ledger import entries
from analysis.ledger.entries import Stamp
from analysis.model.errors import UsageError
from analysis.model.records.base import Records
from analysis.model.records.ledger import ACKS, Ack, Acknowledged


def add(
    records: Records,
    *,
    about: Acknowledged,
    what: str,
    note: str,
    stamp: Stamp,
    brand: str = "",
    mentions: Sequence[str] = (),
) -> Ack:
    """Add an acknowledgement and return it. ``what`` is a theme, an alert's id or a post's id.

    ``mentions`` are the ids that an alert rested on: with the alert they are acknowledged. An address is not kept, so
    that an erased post leaves nothing here. Raises ``UsageError`` without a note.
    """
    if not note.strip():
        raise UsageError("is missing; say what was answered, and where", about=("note",))
    ack = Ack(
        key="",
        about=about,
        what=what,
        at=stamp.at,
        who=stamp.who,
        note=note.strip(),
        brand=brand,
        mentions=tuple(mentions),
    )
    return entries.add(records, ACKS, ack)


def earlier(records: Records, *, about: Acknowledged, what: str, brand: str = "") -> Ack | None:
    """Return the first acknowledgement of the same thing, or None."""
    wanted = (about, what, brand)
    return next((ack for ack in ACKS.values(records) if (ack.about, ack.what, ack.brand) == wanted), None)
