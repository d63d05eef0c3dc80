"""Issues: what was proposed for the team's tracker, whether it was sent, and how it stands there.

Kept as records of the kind ``issue`` under what they are about, so that one complaint is one issue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time, written

IssueState = Literal["proposed", "sending", "sent"]
RemoteState = Literal["", "open", "done", "dropped"]
"""How an issue stands in the tracker: ``done`` is closed as done, ``dropped`` closed as not to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue about a theme of a brand, or about one mention.

    ``quotes`` are the strangers' words in it, each with the mention's id, so that an erasure finds them. ``number`` is
    the tracker's own name for it. ``sending`` is the state while it is sent, and where nobody knows whether it arrived.
    """

    key: str
    about: Literal["theme", "mention"]
    what: str
    brand: str
    title: str
    body: str
    at: datetime
    who: str
    quotes: tuple[Mapping[str, str], ...] = ()
    state: IssueState = "proposed"
    tracker: str = ""
    number: str = ""
    url: str = ""
    sent_at: datetime | None = None
    sent_by: str = ""
    remote: RemoteState = ""
    closed_at: datetime | None = None
    looked_at: datetime | None = None
    cause: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the tracker has closed it: another one may be about the same."""
        return self.remote in ("done", "dropped")


_TIMES = ("at", "sent_at", "closed_at", "looked_at")
_WORDS = (
    *("about", "what", "brand", "title", "body", "who", "state", "tracker", "number", "url", "sent_by", "remote"),
    "cause",
)


def _to_body(issue: Issue) -> Document:
    times = {name: getattr(issue, name) for name in _TIMES}
    return {
        **{name: getattr(issue, name) for name in _WORDS},
        **{name: written(at) if at else None for name, at in times.items()},
        "quotes": [dict(quote) for quote in issue.quotes],
    }


def _from_body(key: str, body: Document) -> Issue:
    sent, closed, looked = (read_time(body[name]) if body[name] else None for name in _TIMES[1:])
    return Issue(
        key=key,
        about=cast("Literal['theme', 'mention']", body["about"]),
        what=body["what"],
        brand=body["brand"],
        title=body["title"],
        body=body["body"],
        at=read_time(body["at"]),
        who=body["who"],
        quotes=tuple({name: str(value) for name, value in quote.items()} for quote in body["quotes"]),
        state=cast("IssueState", body["state"]),
        tracker=body["tracker"],
        number=body["number"],
        url=body["url"],
        sent_at=sent,
        sent_by=body["sent_by"],
        remote=cast("RemoteState", body["remote"]),
        closed_at=closed,
        looked_at=looked,
        cause=body["cause"],
    )


ISSUES: RecordKind[Issue] = RecordKind(
    name="issue", key=lambda issue: issue.key, to_body=_to_body, from_body=_from_body
)
