"""What each address answers: objects that the commands print as JSON, as the token's role may see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.alert.message import public
from analysis.alert.model import Alert
from analysis.measure.contents import SECTIONS
from analysis.model.errors import UsageError
from analysis.report.json import to_json
from analysis.store.columns import NOT_COUNTED
from analysis.track import questions
from candor.commands.look.sources import row_of
from candor.schedule.history import last_runs
from candor.serve.api.call import ApiCall, Json
from candor.serve.api.entered import MOST_PAGE, PAGE, as_entered
from candor.serve.door.refused import NotAnswered
from candor.serve.look.asked import FIELDS
from candor.serve.look.facets import FACETS
from candor.serve.pages.alerts import evidence_of, known_alerts, shown_of

VALUES = 100
MOST_VALUES = 1000
COUNTED = FIELDS - NOT_COUNTED
"""Fields whose values are counted: not ids, addresses and hashes, of which each mention has its own."""
STATES = ("firing", "resolved", "closed")
PARTS: Mapping[str, tuple[str, ...]] = {
    section.name: (*(section.fields or (section.name,)), *section.beside_fields) for section in SECTIONS
}
"""Section -> the keys of the report that it shows."""
HEAD = ("format", "version", "made_at", "period", "compared", "brands")


def mentions(call: ApiCall) -> Json:
    """Return the next mentions of a list; ``next`` is the place where those behind them begin."""
    wanted, where = call.asked("limit")
    limit = call.number("limit", default=PAGE, most=MOST_PAGE)
    page = call.desk.fresh().page(where, order=wanted.order, limit=limit, after=wanted.place())
    following = wanted.then(page.after).after if page.after else None
    return {"mentions": as_entered(call, page.mentions), "next": following}


def mention(call: ApiCall) -> Json:
    """Return one mention."""
    found = call.desk.mention(call.visitor, call.names["id"])
    if found is None:
        raise _missing(call, "mention", "mentions")
    return as_entered(call, [found])[0]


def counts(call: ApiCall) -> Json:
    """Return how many mentions a list has, and of each field's values how many have it, most first."""
    by = [value for name, value in call.given if name == "by"] or [path for path, _ in FACETS]
    unknown = [path for path in by if path not in COUNTED]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no field that is counted", about=("by",))
    _, where = call.asked("by", "values")
    most = call.number("values", default=VALUES, most=MOST_VALUES)
    store = call.desk.fresh()
    answer = store.aggregate(where, {path: questions.top(path, most) for path in by})
    found = {
        path: [{"value": value, "count": count} for value, count in questions.counts(answer, path).items()]
        for path in by
    }
    return {"total": store.count(where), "counts": found}


def report(call: ApiCall) -> Json:
    """Return the report of a period."""
    return to_json(call.report())


def section(call: ApiCall) -> Json:
    """Return one section of the report, with what it is a section of."""
    name = call.names["section"]
    if name not in PARTS:
        raise NotAnswered(
            404,
            place="section",
            problem=f"{name!r} is no section of the report",
            help=f"ask for one of {', '.join(PARTS)}",
        )
    whole = report(call)
    return {"section": name, **{key: whole[key] for key in (*HEAD, *PARTS[name])}}


def alerts(call: ApiCall) -> Json:
    """Return every alert that is remembered, newest first."""
    state = call.one("state")
    if state and state not in STATES:
        raise UsageError(f"{state!r} is not one of {', '.join(STATES)}", about=("state",))
    return {"alerts": [_alert(call, one) for one in known_alerts(call.desk) if not state or one.state == state]}


def alert(call: ApiCall) -> Json:
    """Return one alert."""
    found = next((one for one in known_alerts(call.desk) if one.id == call.names["id"]), None)
    if found is None:
        raise _missing(call, "alert", "alerts")
    return _alert(call, found)


def sources(call: ApiCall) -> Json:
    """Return how each configured source does."""
    now, records = call.desk.now(), call.desk.fresh().records
    rows = [row_of(source, last_runs(records, source, now=now), now=now) for source in call.desk.config.sources]
    return {"sources": rows}


def _alert(call: ApiCall, alert: Alert) -> dict[str, Any]:
    """Return an alert as the commands tell it, with what it rests on now, without what the role may not read."""
    told = public(alert)
    ids = list(dict.fromkeys((*alert.evidence, *(str(quote.get("id", "")) for quote in alert.quotes))))
    seen = shown_of(call.desk, call.visitor, ids)
    told["quotes"] = [quote for quote in told["quotes"] if quote.get("id") in seen]
    now = evidence_of(call.desk, call.visitor, alert)
    told["evidence"] = {"total": now.count, "ids": [name for name in alert.evidence if name in seen]}
    return told


def _missing(call: ApiCall, what: str, where: str) -> NotAnswered:
    return NotAnswered(
        404,
        place="id",
        problem=f"there is no {what} {call.names['id'][:80]!r} that this token may see",
        help=f"take an id that /api/v1/{where} lists",
    )
