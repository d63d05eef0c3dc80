"""How far a file of the past was taken into the store, and what it gave. Kept as records of kind ``past_file``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time, written


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFile:
    """A file that ``candor history`` takes, as far as it is stored.

    ``reached`` is the byte where the next record begins, or the number of rows for what is read by rows; ``size`` the
    file's bytes when it was begun. ``records`` are the pages or rows in it, ``posts`` what they held, ``mentions`` what
    those gave, ``new`` the mentions that were not stored before, ``unmatched`` the posts that name no brand, ``errors``
    what could not be read or stored. ``dropped`` counts the reasons of all that gave no mention; ``error`` is why it
    was not read to its end.
    """

    kind: str
    name: str
    begun_at: datetime
    size: int = 0
    reached: int = 0
    is_done: bool = False
    records: int = 0
    posts: int = 0
    mentions: int = 0
    new: int = 0
    updated: int = 0
    unmatched: int = 0
    errors: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    error: str = ""


_NUMBERS = ("size", "reached", "records", "posts", "mentions", "new", "updated", "unmatched", "errors")


def _to_body(file: PastFile) -> Document:
    return {
        "kind": file.kind,
        "name": file.name,
        "begun_at": written(file.begun_at),
        "is_done": file.is_done,
        **{name: getattr(file, name) for name in _NUMBERS},
        "dropped": dict(sorted(file.dropped.items())),
        "error": file.error,
    }


def _from_body(_: str, body: Document) -> PastFile:
    return PastFile(
        kind=body["kind"],
        name=body["name"],
        begun_at=read_time(body["begun_at"]),
        is_done=body["is_done"],
        **{name: body[name] for name in _NUMBERS},
        dropped=body["dropped"],
        error=body["error"],
    )


PAST_FILES = RecordKind(
    name="past_file", key=lambda file: f"{file.kind}/{file.name}", to_body=_to_body, from_body=_from_body
)
