"""Mailings: a report that was due by e-mail on a day, and what became of it. Records of the kind ``mailing``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast

from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time, written

MailingState = Literal["leased", "waiting", "sent", "given up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """One report on one day. No address is kept, only how many there were.

    ``until`` is when the lease of whoever sends it ends, or when it is tried again; ``since`` when it was first tried.
    """

    report: str
    due: date
    state: MailingState
    since: datetime
    until: datetime | None = None
    holder: str = ""
    attempts: int = 0
    sent_at: datetime | None = None
    people: int = 0
    cause: str = ""


def mailing_key(report: str, due: date) -> str:
    """Return the key of a report's mailing: the report and then the day, so that its last ones are asked for by it."""
    return f"{report}/{due.isoformat()}"


def _to_body(mailing: Mailing) -> Document:
    return {
        "report": mailing.report,
        "due": mailing.due.isoformat(),
        "state": mailing.state,
        "since": written(mailing.since),
        "until": written(mailing.until) if mailing.until else None,
        "holder": mailing.holder,
        "attempts": mailing.attempts,
        "sent_at": written(mailing.sent_at) if mailing.sent_at else None,
        "people": mailing.people,
        "cause": mailing.cause,
    }


def _from_body(_: str, body: Document) -> Mailing:
    until, sent = body["until"], body["sent_at"]
    return Mailing(
        report=body["report"],
        due=date.fromisoformat(body["due"]),
        state=cast("MailingState", body["state"]),
        since=read_time(body["since"]),
        until=read_time(until) if until else None,
        holder=body["holder"],
        attempts=body["attempts"],
        sent_at=read_time(sent) if sent else None,
        people=body["people"],
        cause=body["cause"],
    )


MAILINGS: RecordKind[Mailing] = RecordKind(
    name="mailing",
    key=lambda mailing: mailing_key(mailing.report, mailing.due),
    to_body=_to_body,
    from_body=_from_body,
)
