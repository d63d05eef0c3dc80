"""Views: a name that people gave to a selection of mentions, and the secret of its feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time, written

Told = Literal["at once", "daily", "weekly"]
TOLD: tuple[Told, ...] = get_args(Told)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewAlert:
    """That a view tells of its new mentions: how severe that is, how often at most, who wanted it, and since when."""

    severity: str
    every: Told
    who: str
    at: datetime


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
    alert: ViewAlert | None = None


def _alert_body(alert: ViewAlert | None) -> Document | None:
    if alert is None:
        return None
    return {"severity": alert.severity, "every": alert.every, "who": alert.who, "at": written(alert.at)}


def _alert_from(body: Document | None) -> ViewAlert | None:
    if not body:
        return None
    every: Told = next((one for one in TOLD if one == body["every"]), "daily")
    return ViewAlert(severity=body["severity"], every=every, who=body["who"], at=read_time(body["at"]))


VIEWS: RecordKind[View] = RecordKind(
    name="view",
    key=lambda view: view.key,
    to_body=lambda view: {
        "name": view.name,
        "asks": view.asks,
        "feed": view.feed,
        "who": view.who,
        "at": written(view.at),
        "alert": _alert_body(view.alert),
    },
    from_body=lambda key, body: View(
        key=key,
        name=body["name"],
        asks=body["asks"],
        feed=body["feed"],
        who=body["who"],
        at=read_time(body["at"]),
        alert=_alert_from(body.get("alert")),
    ),
)
