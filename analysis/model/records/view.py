"""Views: a name that people gave to a selection of mentions, and the secret of its feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analysis.model.records.base import RecordKind
from analysis.model.times import read_time, written


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A selection of mentions under a name. ``asks`` is the query of its address on the team's page.

    ``feed`` is what a feed reader shows to read it: whoever has it sees what was written in public, and nothing else.
    """

    key: str
    name: str
    asks: str
    feed: str
    who: str
    at: datetime


VIEWS: RecordKind[View] = RecordKind(
    name="view",
    key=lambda view: view.key,
    to_body=lambda view: {
        "name": view.name,
        "asks": view.asks,
        "feed": view.feed,
        "who": view.who,
        "at": written(view.at),
    },
    from_body=lambda key, body: View(
        key=key, name=body["name"], asks=body["asks"], feed=body["feed"], who=body["who"], at=read_time(body["at"])
    ),
)
