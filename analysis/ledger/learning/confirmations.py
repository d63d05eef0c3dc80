"""Confirmations of judgements, and answers to what people are asked: a confirmation, or else a correction.

A confirmation stands under the number of its entry in the audit log, as a correction does, and changes no figure. It is
kept because what is right teaches as much as what is wrong (``truths``), and because only both together tell how often
the machine is right (``precision``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from analysis.ledger import corrections
from analysis.ledger.derived import Derived
from analysis.ledger.entries import Stamp
from analysis.model import Mention
from analysis.model.records.audit import (
    CONFIRMATIONS,
    CORRECTIONS,
    AuditEntry,
    Confirmation,
    CorrectedField,
    Correction,
)
from analysis.model.records.base import Document, Records

if TYPE_CHECKING:
    from analysis.track.statistics.intervals import Interval

ACTION = "confirm"
SEVERAL = frozenset({"topic", "move"})
"""Fields of which a mention may say several; one answer speaks of one of them."""
LOT, DOUBT = "lot", "doubt"
NONE = corrections.NO_HARM
"""What an answer says where nothing of the kind is told of."""
GivenAnswer: TypeAlias = Correction | Confirmation


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How often what the machine says is right, by answers about mentions that were drawn by lot.

    ``judged`` is what it said; empty for all of a task together. ``right`` is the share with Wilson's interval.
    """

    task: str
    judged: str
    right: Interval


def answer(
    records: Records,
    mention: Mention,
    *,
    what: CorrectedField,
    says: str,
    stamp: Stamp,
    was: str = "",
    drawn: str = "",
    reason: str = "",
) -> GivenAnswer:
    """Record that ``mention`` counts as ``says`` in ``what``: confirmed where it does, else corrected.

    Of a topic or a move ``was`` is the one asked about, and ``says`` the right one: the same, another, or ``none``.
    Raises ``UsageError`` where ``says`` is no value of the field.
    """
    before = corrections.current(records, mention)
    now = was or NONE if what in SEVERAL else before.said(what)
    if says != now:
        to = "" if what in SEVERAL and says == NONE else says
        why = reason or "answered when asked"
        gone = "" if was == NONE else was
        return corrections.correct(records, mention, what=what, to=to, was=gone, reason=why, stamp=stamp, drawn=drawn)
    judged = now if what in SEVERAL else corrections.judged(mention).said(what)
    details: Document = {
        "mention": mention.id,
        "post": mention.post_id,
        "brand": mention.brand.id,
        "field": what,
        "judged": judged,
        "model": mention.model,
        "said": says,
        "drawn": drawn,
    }
    why = reason or "right, when asked"
    return DERIVED.enter(records, reason=why, details=details, stamp=stamp)


def confirmation_of(entry: AuditEntry) -> Confirmation:
    """Return the confirmation that an entry of the log makes."""
    words = {"who": entry.who, "at": entry.at, "audit": entry.hash}
    return CONFIRMATIONS.from_body(entry.key, {**entry.details, **words})


DERIVED = Derived(action=ACTION, kind=CONFIRMATIONS, made=confirmation_of)
"""The records of confirmations, and those that a killed program left out."""


def given(records: Records) -> list[GivenAnswer]:
    """Return all corrections and confirmations, oldest first."""
    both: list[GivenAnswer] = [*CORRECTIONS.values(records), *CONFIRMATIONS.values(records)]
    return sorted(both, key=lambda one: one.key)


def values_of(one: GivenAnswer) -> tuple[str, ...]:
    """Return what an answer speaks of: of a topic or a move those that it names, else nothing but its field."""
    if one.field not in SEVERAL:
        return ("",)
    return (one.said,) if isinstance(one, Confirmation) else (one.was or NONE, one.to or NONE)


def truths(records: Records) -> dict[tuple[str, str], str]:
    """Return (mention, task) -> what people say it is, the newest word of several; ``none`` for no harm and no move.

    That nobody can tell (``unsure``) teaches nothing. Not about the brand is a relevance of ``not``; topics are left
    out.
    """
    found: dict[tuple[str, str], str] = {}
    for one in given(records):
        task, label = _truth(one)
        if label:
            found[one.mention, task] = label
        else:
            found.pop((one.mention, task), None)
    return found


def _truth(one: GivenAnswer) -> tuple[str, str]:
    says = one.said if isinstance(one, Confirmation) else one.to
    match one.field:
        case "topic":
            return "topic", ""
        case "brand":
            return "relevance", "not" if says == "not about" else ""
        case "sentiment":
            return "sentiment", "" if says == "unsure" else says
        case "move":
            return "move", says or NONE
        case _:
            return one.field, says


def precision(records: Records, *, since: datetime | None = None) -> list[Precision]:
    """Return how often the machine was right where mentions were drawn by lot, for each task and each of its answers.

    Of several answers about one judgement the newest counts. What a judgement was corrected to before does not: it is
    the machine's own word that is right or wrong.
    """
    from analysis.track.statistics.intervals import share

    newest: dict[tuple[str, str, str], GivenAnswer] = {}
    for one in given(records):
        if one.drawn == LOT and (since is None or one.at >= since):
            newest[one.mention, one.field, values_of(one)[0]] = one
    counts: dict[tuple[str, str], list[bool]] = {}
    for one in newest.values():
        said, right = judged_and_right(one)
        for label in ("", said):
            counts.setdefault((one.field, label), []).append(right)
    return [
        Precision(task=task, judged=label, right=share(sum(answers), len(answers)))
        for (task, label), answers in sorted(counts.items())
    ]


def judged_and_right(one: GivenAnswer) -> tuple[str, bool]:
    """Return what the machine said, and whether the answer says that it was right."""
    if isinstance(one, Confirmation):
        return one.judged, one.judged == one.said
    if one.field in SEVERAL:
        return one.was or NONE, False
    return one.judged, one.judged == one.to


def asked_already(records: Records) -> Iterator[tuple[str, str, str, str]]:
    """Yield (mention, field, value, how it was drawn) of every answer; the value is empty but of topics and moves."""
    for one in given(records):
        for value in values_of(one):
            yield one.mention, one.field, value, one.drawn
