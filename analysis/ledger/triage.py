"""Triage of mentions and themes: status, who sees to it, tags, notes. Every change stands in the audit log.

Nothing of it changes a judgement or a figure. What nobody has touched is ``new``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from analysis.ledger import audit, entries
from analysis.ledger.entries import TRIES, Stamp
from analysis.model.errors import StoreError, UsageError
from analysis.model.records.base import Records
from analysis.model.records.triage import (
    TRIAGE_STATUSES,
    TRIAGES,
    Triage,
    Triaged,
    TriageStatus,
    TriageStep,
    triage_key,
)

ACTION = "triage"
LONGEST = 100
"""Signs of a tag or of a name."""
LONGEST_NOTE = 2000
MOST_TAGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageChange:
    """What somebody enters. Empty, or None, leaves that as it is; an empty ``assignee`` means nobody."""

    status: str = ""
    assignee: str | None = None
    tags: Sequence[str] | None = None
    add_tags: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triages:
    """All that was triaged of one sort, by what it is about."""

    of: Mapping[str, Triage] = field(default_factory=dict)

    def chosen(self, *, status: Sequence[str] = (), assignee: Sequence[str] = (), tag: Sequence[str] = ()) -> set[str]:
        """Return what has one of the statuses, one of the assignees and one of the tags; no values make no difference.

        What is ``new`` because nobody touched it is not here.
        """
        wanted: tuple[tuple[Sequence[str], Callable[[TriageStep], Iterable[str]]], ...] = (
            (status, lambda step: (step.status,)),
            (assignee, lambda step: (step.assignee,)),
            (tag, lambda step: step.tags),
        )
        return {
            what
            for what, one in self.of.items()
            if all(not values or set(values) & set(has(one.now)) for values, has in wanted)
        }

    def touched(self) -> set[str]:
        """Return what has another status than new."""
        return {what for what, one in self.of.items() if one.now.status != "new"}

    def assignees(self) -> list[str]:
        """Return who sees to something, the most first."""
        return _most(one.now.assignee for one in self.of.values() if one.now.assignee)

    def tags(self) -> list[str]:
        """Return the tags in use, the most used first."""
        return _most(tag for one in self.of.values() for tag in one.now.tags)


def of_all(records: Records, about: Triaged) -> Triages:
    """Return all that was triaged of mentions, or of themes."""
    return Triages(of={one.what: one for one in TRIAGES.values(records, prefix=triage_key(about, ""))})


def of_some(records: Records, about: Triaged, names: Sequence[str]) -> dict[str, Triage]:
    """Return what was entered of these, by name."""
    found = TRIAGES.get_many(records, [triage_key(about, name) for name in names])
    return {one.what: one for one in found.values()}


def changed(before: Triage | None, change: TriageChange, stamp: Stamp) -> TriageStep | None:
    """Return the step that a change makes; None where it says nothing new. Raises ``UsageError`` for bad values."""
    was = before.now if before else TriageStep(at=stamp.at, who=stamp.who, status="new")
    if change.status:
        entries.chosen("status", change.status, TRIAGE_STATUSES)
    note = change.note.strip()
    if len(note) > LONGEST_NOTE:
        raise UsageError(f"holds {LONGEST_NOTE} signs at most", about=("note",))
    step = replace(
        was,
        at=stamp.at,
        who=stamp.who,
        status=cast("TriageStatus", change.status or was.status),
        assignee=was.assignee if change.assignee is None else _named("assignee", change.assignee),
        tags=_tags([*(was.tags if change.tags is None else change.tags), *change.add_tags]),
        note=note,
        audit=0,
    )
    same = (step.status, step.assignee, step.tags) == (was.status, was.assignee, was.tags)
    return None if same and not note else step


def enter(
    records: Records, *, about: Triaged, what: str, change: TriageChange, stamp: Stamp, reason: str = ""
) -> Triage | None:
    """Enter a change of a mention's or a theme's triage and return what it says now; None where it says so already.

    The log is written first. Two who enter at once both have their words kept, the later one's on top.
    """
    key = triage_key(about, what)
    logged = 0
    for _ in range(TRIES):
        stored = TRIAGES.get(records, key)
        before = stored.value if stored else None
        step = changed(before, change, stamp)
        if step is None:
            return None
        if not logged:
            logged = _log(records, before, step, about, what, stamp, reason)
        made = Triage(about=about, what=what, steps=(*(before.steps if before else ()), replace(step, audit=logged)))
        if TRIAGES.put(records, made, if_version=stored.version if stored else 0) is not None:
            return made
    raise StoreError(f"the triage of {what} is being written by too many at once; try again")


def take_back(records: Records, *, about: Triaged, what: str, stamp: Stamp) -> Triage | None:
    """Put back what stood before the newest step, as a step of its own; notes stay. None where nothing was entered."""
    stored = TRIAGES.get(records, triage_key(about, what))
    if stored is None:
        return None
    steps = stored.value.steps
    before = steps[-2] if len(steps) > 1 else TriageStep(at=stamp.at, who=stamp.who, status="new")
    change = TriageChange(status=before.status, assignee=before.assignee, tags=before.tags)
    return enter(records, about=about, what=what, change=change, stamp=stamp, reason="taken back")


def difference(before: TriageStep | None, after: TriageStep) -> str:
    """Return in words what a step changed."""
    was = before or TriageStep(at=after.at, who=after.who, status="new")
    ways = (
        ("status", was.status, after.status),
        ("for", was.assignee, after.assignee),
        ("tags", ", ".join(was.tags), ", ".join(after.tags)),
    )
    told = [f"{name} {old or 'nobody'} to {new or 'nobody'}" for name, old, new in ways[:2] if old != new]
    told += [f"{name} {old or 'none'} to {new or 'none'}" for name, old, new in ways[2:] if old != new]
    return "; ".join(told)


def _log(
    records: Records, before: Triage | None, step: TriageStep, about: Triaged, what: str, stamp: Stamp, reason: str
) -> int:
    details = {
        "about": about,
        "what": what,
        "status": step.status,
        "assignee": step.assignee,
        "tags": list(step.tags),
        "noted": bool(step.note),
    }
    told = reason or difference(before.now if before else None, step) or "a note"
    return audit.append(records, action=ACTION, reason=told, details=details, stamp=stamp).seq


def _tags(given: Iterable[str]) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys(filter(None, (_named("tag", " ".join(tag.split())) for tag in given))))
    if len(tags) > MOST_TAGS:
        raise UsageError(f"there may be {MOST_TAGS} at most", about=("tag",))
    return tags


def _named(what: str, text: str) -> str:
    named = text.strip()
    if len(named) > LONGEST:
        raise UsageError(f"has {LONGEST} signs at most", about=(what,))
    return named


def _most(names: Iterable[str]) -> list[str]:
    return [name for name, _ in sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))]
