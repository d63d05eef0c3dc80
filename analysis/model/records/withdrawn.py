"""What a mention was before its post was edited and no longer named the brand: records of kind ``withdrawn``."""

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
