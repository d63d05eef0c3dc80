"""The list that every number opens into: search, facets, time, order, page after page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from analysis.ledger import corrections
from analysis.ledger.corrections import CountsAs
from analysis.ledger.triage import of_some
from analysis.model import MOVES, SENTIMENTS, SEVERITIES, Mention
from analysis.model.errors import QueryError, UsageError
from analysis.model.records.audit import AUDIT_HEADS, CORRECTIONS, NEWEST, Correction, audit_key
from analysis.model.records.base import Records
from analysis.model.records.triage import TRIAGE_STATUSES, Triage, TriageStep
from analysis.store.base import Filter
from candor.serve.look.asked import SORTS, Asked, asked
from candor.serve.look.changes import SIGNS
from candor.serve.look.facets import overview
from candor.serve.look.marked import MarkedWords, leading
from candor.serve.look.triaged import triage_facets
from candor.serve.visit import PageVisit

PAGE = 50
_OTHER = {"only": "none", "none": "only"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionRow:
    """A mention in a list: as the machine judged it, as it counts now, what the team entered, what says it best."""

    mention: Mention
    counts: CountsAs
    corrected: bool
    entered: TriageStep | None
    pieces: tuple[MarkedWords, ...]


def rows_of(records: Records, mentions: Sequence[Mention]) -> list[MentionRow]:
    """Return the rows of mentions, in the order given."""
    given, entered = given_to(records, mentions), of_some(records, "mention", [mention.id for mention in mentions])
    return [row_of(mention, given.get(mention.id, []), entered.get(mention.id)) for mention in mentions]


def row_of(mention: Mention, given: Sequence[Correction], entered: Triage | None = None) -> MentionRow:
    """Return the row of a mention with the corrections that it was given and what the team entered of it."""
    counts = corrections.corrected(corrections.judged(mention), given)
    return MentionRow(
        mention=mention,
        counts=counts,
        corrected=counts != corrections.judged(mention),
        entered=entered.now if entered else None,
        pieces=leading(mention),
    )


def audit_now(records: Records) -> str:
    """Return the key of the newest entry of the audit log: who acts on a list says with it what they saw."""
    head = AUDIT_HEADS.get(records, NEWEST)
    return audit_key(head.value.seq) if head else ""


def given_to(records: Records, mentions: Sequence[Mention]) -> dict[str, list[Correction]]:
    """Return mention -> its corrections, oldest first, of those that have some."""
    wanted = {mention.id for mention in mentions}
    return corrections.by_mention(one for one in CORRECTIONS.values(records) if one.mention in wanted)


def mentions(visit: PageVisit) -> Response:
    """Show the list that the address asks for, or its next page alone."""
    try:
        wanted = asked([(name, value) for name, value in visit.given if name not in ("said", "undo")])
        where = visit.desk.where(visit.visitor, wanted)
        place = wanted.place()
    except UsageError as error:
        return refused(visit, error)
    if wanted.private == "only" and not visit.visitor.may("analyst"):
        return refused(visit, UsageError("private: what was written to the team alone is shown to analysts"))
    store = visit.desk.fresh()
    untriaged = visit.desk.seen_by(visit.visitor, wanted.where(visit.desk.now()))
    page = store.page(where, order=wanted.order, limit=PAGE, after=place)
    shown: dict[str, Any] = {
        "wanted": wanted,
        "rows": rows_of(store.records, page.mentions),
        "next": wanted.then(page.after).address() if page.after else "",
    }
    if visit.fragment and place is not None:
        return visit.show("parts/rows.html.j2", **shown)
    around = overview(store, where, wanted, now=visit.desk.now())
    return visit.show(
        "mentions.html.j2",
        here="mentions",
        total=around.total,
        facets=(*triage_facets(store, untriaged, wanted), *around.facets),
        histogram=around.histogram,
        private=_private(visit, wanted, where, around.total),
        sorts=SORTS,
        labels=SENTIMENTS,
        severities=(*SEVERITIES, corrections.NO_HARM),
        all_moves=MOVES,
        signs=SIGNS,
        statuses=TRIAGE_STATUSES,
        said=visit.one("said")[:200],
        undo=visit.one("undo")[:60],
        seen=audit_now(store.records),
        **shown,
    )


def _private(visit: PageVisit, wanted: Asked, where: Filter, total: int) -> list[tuple[str, int, bool, str]]:
    """Return what privacy can be narrowed to: its name, how many, whether it is chosen, the address."""
    if not visit.visitor.may("analyst"):
        return []
    store = visit.desk.store
    if wanted.private:
        of_all = store.count(replace(where, private=None))
        counts = {wanted.private: total, _OTHER[wanted.private]: of_all - total}
    else:
        private = store.count(replace(where, private=True))
        counts = {"only": private, "none": total - private}
        if not private:
            return []
    names = {"only": "to the team alone", "none": "in public"}
    return [
        (
            names[way],
            counts[way],
            wanted.private == way,
            wanted.but(private="" if wanted.private == way else way).address(),
        )
        for way in ("none", "only")
        if counts[way] or wanted.private == way
    ]


def refused(visit: PageVisit, error: UsageError) -> Response:
    """Show the search box with what is wrong in it, and where."""
    column = error.column if isinstance(error, QueryError) else 0
    return visit.show(
        "mentions_refused.html.j2",
        status=400,
        here="mentions",
        said=str(error),
        column=column,
        words_asked=visit.one("q"),
        kept=[(name, value) for name, value in visit.given if name not in ("q", "after")],
    )
