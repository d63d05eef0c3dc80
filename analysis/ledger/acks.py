"""Acknowledgements: the first time that the brand says "we have seen this", of a theme, an alert or one post."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from analysis.ledger import entries
from analysis.ledger.entries import Stamp
from analysis.model.errors import UsageError
from analysis.store.base import Record, Records

ACK = "ack"
About = Literal["theme", "alert", "post"]


def add(
    records: Records,
    *,
    about: About,
    what: str,
    note: str,
    stamp: Stamp,
    brand: str = "",
    mentions: Sequence[str] = (),
) -> Record:
    """Add an acknowledgement and return it. ``what`` is a theme, an alert's id or a post's id.

    ``mentions`` are the ids that an alert rested on: with the alert they are acknowledged. An address is not kept, so
    that an erased post leaves nothing here. Raises ``UsageError`` without a note.
    """
    if not note.strip():
        raise UsageError("--note: is missing; say what was answered, and where")
    body = {"about": about, "what": what, "brand": brand, "note": note.strip(), "mentions": list(mentions)}
    return entries.add(records, ACK, body, stamp)


def earlier(records: Records, *, about: About, what: str, brand: str = "") -> Record | None:
    """Return the first acknowledgement of the same thing, or None."""
    wanted = (about, what, brand)
    return next(
        (one for one in records.all(ACK) if (one.body["about"], one.body["what"], one.body["brand"]) == wanted), None
    )
