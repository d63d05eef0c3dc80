"""The layer that was learnt from people's answers, as it lies in a store: one, which judges what comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time, written

CURRENT = "current"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLayer:
    """A learnt layer: its bytes as text, the hash that names it, the weights it was made for, and what it rests on.

    ``tested`` are the figures of each task when it was learnt; ``audit`` the hash of the entry in the log.
    """

    hash: str
    made_for: str
    layer: str
    answers: int
    tested: Mapping[str, Any]
    who: str
    at: datetime
    audit: str


def _layer_to_body(kept: KeptLayer) -> Document:
    return {
        "hash": kept.hash,
        "made_for": kept.made_for,
        "layer": kept.layer,
        "answers": kept.answers,
        "tested": dict(kept.tested),
        "who": kept.who,
        "at": written(kept.at),
        "audit": kept.audit,
    }


def _layer_from_body(_: str, body: Document) -> KeptLayer:
    return KeptLayer(
        hash=body["hash"],
        made_for=body["made_for"],
        layer=body["layer"],
        answers=body["answers"],
        tested=body["tested"],
        who=body["who"],
        at=read_time(body["at"]),
        audit=body["audit"],
    )


LAYERS: RecordKind[KeptLayer] = RecordKind(
    name="learnt_layer",
    key=lambda _: CURRENT,
    to_body=_layer_to_body,
    from_body=_layer_from_body,
)
