"""What the team entered of mentions, as programs read it: what each counts as now, its triage, all corrections."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from analysis.ledger import corrections as ledger
from analysis.ledger.corrections import CountsAs
from analysis.ledger.triage import of_some
from analysis.model import Mention, document
from analysis.model.records.audit import CORRECTIONS
from analysis.model.records.triage import Triage
from analysis.model.times import written
from candor.ledger_tables import entry_row
from candor.serve.api.call import ApiCall, Json
from candor.serve.look.changes import beside
from candor.serve.pages.alerts import shown_of
from candor.serve.pages.browse import MentionRow, rows_of

PAGE = 100
MOST_PAGE = 500


def as_entered(call: ApiCall, found: Sequence[Mention]) -> list[Json]:
    """Return mentions with what they count as after corrections and with their triage beside."""
    records = call.desk.records
    triages = of_some(records, "mention", [one.id for one in found])
    return [_told(call, row, triages.get(row.mention.id)) for row in rows_of(records, found)]


def corrections(call: ApiCall) -> Json:
    """Return corrections in the order in which they were made; ``next`` is where those behind them begin."""
    limit, after = call.number("limit", default=PAGE, most=MOST_PAGE), call.one("after")
    later = (one for one in CORRECTIONS.values(call.desk.records) if one.key > after)
    page = list(islice(later, limit + 1))
    shown, more = page[:limit], len(page) > limit
    seen = shown_of(call.desk, call.visitor, list({one.mention for one in shown}))
    rows = [entry_row(CORRECTIONS, one) for one in shown if one.mention in seen]
    return {"corrections": rows, "next": shown[-1].key if more else None}


def _told(call: ApiCall, row: MentionRow, triage: Triage | None) -> Json:
    corrected = beside(ledger.judged(row.mention), row.counts)
    own = {"counts_as": _counts(row.counts), "corrected": sorted(corrected), "triage": _triage(call, triage)}
    return {**document(row.mention), **own}


def _counts(standing: CountsAs) -> dict[str, Any]:
    return {
        "counted": standing.counts,
        "sentiment": standing.label,
        "intents": [name for name in ("complaint", "wish", "praise", "question") if standing.said(name) == "yes"],
        "complaint_topics": sorted(standing.topics),
        "moves": sorted(standing.moves),
        "severity": standing.severity,
        "relevance": standing.relevance,
    }


def _triage(call: ApiCall, triage: Triage | None) -> dict[str, Any] | None:
    """Return what stands there; notes are between the team, and so for analysts."""
    if triage is None:
        return None
    notes = triage.notes if call.visitor.may("analyst") else ()
    return {
        "status": triage.now.status,
        "assignee": triage.now.assignee,
        "tags": list(triage.now.tags),
        "at": written(triage.now.at),
        "notes": [{"who": step.who, "at": written(step.at), "note": step.note} for step in notes],
    }
