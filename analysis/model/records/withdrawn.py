"""What posts were before they changed: a mention whose post no longer names the brand, or is gone (records of kind
``withdrawn``), and the hash of the words of one that still names it (``edited``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analysis.model.documents import document, mention_from
from analysis.model.mention import Mention
from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time, written


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """A mention as it was, when its post was seen without the brand, and by which run."""

    mention: Mention
    seen_at: datetime
    run: str


def _to_body(gone: Withdrawn) -> Document:
    return {"mention": document(gone.mention), "seen_at": written(gone.seen_at), "run": gone.run}


def _from_body(_: str, body: Document) -> Withdrawn:
    return Withdrawn(mention=mention_from(body["mention"]), seen_at=read_time(body["seen_at"]), run=body["run"])


WITHDRAWN: RecordKind[Withdrawn] = RecordKind(
    name="withdrawn",
    # The post first, so that all that it ever said is asked for by one prefix.
    key=lambda gone: f"{gone.mention.post_id}/{gone.mention.brand.id}/{written(gone.seen_at)}",
    to_body=_to_body,
    from_body=_from_body,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What a post said before it was edited: a hash of its words, when they were last seen, and when no more."""

    post_id: str
    words: str
    last_seen_at: datetime
    seen_at: datetime


def _edited_to_body(edited: Edited) -> Document:
    return {
        "post_id": edited.post_id,
        "words": edited.words,
        "last_seen_at": written(edited.last_seen_at),
        "seen_at": written(edited.seen_at),
    }


def _edited_from_body(_: str, body: Document) -> Edited:
    last_seen_at, seen_at = read_time(body["last_seen_at"]), read_time(body["seen_at"])
    return Edited(post_id=body["post_id"], words=body["words"], last_seen_at=last_seen_at, seen_at=seen_at)


EDITED: RecordKind[Edited] = RecordKind(
    name="edited",
    key=lambda edited: f"{edited.post_id}/{written(edited.seen_at)}",
    to_body=_edited_to_body,
    from_body=_edited_from_body,
)
