"""Triage: who sees to a mention or a theme, how far that is, and what the team noted beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast, get_args

from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time, written

Triaged = Literal["mention", "theme"]
TriageStatus = Literal["new", "open", "answered", "done"]
TRIAGE_STATUSES: tuple[str, ...] = get_args(TriageStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageStep:
    """What somebody entered, and what stood there from then on. ``audit`` is the number of its entry in the log."""

    at: datetime
    who: str
    status: TriageStatus
    assignee: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    audit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """The steps of one mention (``what`` is its id) or of one theme (brand/topic), oldest first; one at least."""

    about: Triaged
    what: str
    steps: tuple[TriageStep, ...]

    @property
    def key(self) -> str:
        """The key of its record."""
        return triage_key(self.about, self.what)

    @property
    def now(self) -> TriageStep:
        """What stands there."""
        return self.steps[-1]

    @property
    def notes(self) -> tuple[TriageStep, ...]:
        """The steps at which something was noted."""
        return tuple(step for step in self.steps if step.note)


def triage_key(about: Triaged, what: str) -> str:
    """Return the key of a mention's or a theme's record."""
    return f"{about}/{what}"


def _to_body(triage: Triage) -> Document:
    return {
        "about": triage.about,
        "what": triage.what,
        "steps": [
            {
                "at": written(step.at),
                "who": step.who,
                "status": step.status,
                "assignee": step.assignee,
                "tags": list(step.tags),
                "note": step.note,
                "audit": step.audit,
            }
            for step in triage.steps
        ],
    }


def _from_body(_: str, body: Document) -> Triage:
    steps = tuple(
        TriageStep(
            at=read_time(step["at"]),
            who=step["who"],
            status=cast("TriageStatus", step["status"]),
            assignee=step["assignee"],
            tags=tuple(step["tags"]),
            note=step["note"],
            audit=int(step["audit"]),
        )
        for step in body["steps"]
    )
    if not steps:
        raise ValueError("it has no steps")
    return Triage(about=cast("Triaged", body["about"]), what=body["what"], steps=steps)


TRIAGES: RecordKind[Triage] = RecordKind(
    name="triage", key=lambda triage: triage.key, to_body=_to_body, from_body=_from_body
)
