"""What came in and what others did since somebody's last visit, and the log in which all of that stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice, takewhile

from starlette.responses import Response

from analysis.ledger import audit
from analysis.model.errors import UsageError
from analysis.model.records.audit import AuditEntry
from analysis.model.records.ledger import FIXES
from analysis.model.times import read_time, written
from candor.serve.desk import Desk
from candor.serve.look.asked import COLLECTED, Asked
from candor.serve.look.behind import NumberLink
from candor.serve.pages.alerts import known_alerts
from candor.serve.visit import PageVisit

MOST = 1000
PAGE = 100
SAID = {
    "correct": ("correction", "corrections"),
    "triage": ("triage step", "triage steps"),
    "erase": ("erasure", "erasures"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceVisit:
    """What is new to a visitor since ``at``: mentions that were collected, complaints about our brands among them,
    alerts that opened and that ended, and how much others entered, by what it was.
    """

    at: datetime
    collected: NumberLink
    complaints: NumberLink
    opened: int
    ended: int
    entered: tuple[tuple[str, int], ...]


def news(visit: PageVisit) -> SinceVisit | None:
    """Note that the visitor looks now; return what is new to them, None at their first visit."""
    at = visit.desk.looked.since(visit.visitor.name, visit.desk.now())
    if at is None:
        return None
    own = tuple(brand.id for brand in visit.desk.config.brands if brand.role == "own")
    alerts = known_alerts(visit.desk)
    return SinceVisit(
        at=at,
        collected=_collected(visit, at),
        complaints=_collected(visit, at, **{"brand.id": own, "intents": ("complaint",)}),
        opened=sum(read_time(alert.opened_at) > at for alert in alerts),
        ended=sum(alert.state != "firing" and read_time(alert.updated_at) > at for alert in alerts),
        entered=_entered(visit, at),
    )


def log(visit: PageVisit) -> Response:
    """Show the audit log, newest first."""
    given = visit.one("before")
    if given and not (given.isascii() and given.isdigit() and len(given) <= 12):
        raise UsageError(f"before: {given[:40]!r} is no number of an entry")
    found = audit.newest(visit.desk.fresh().records, before=int(given) if given else None)
    page = list(islice(found, PAGE + 1))
    return visit.show(
        "log.html.j2",
        here="log",
        entries=page[:PAGE],
        next=page[PAGE - 1].seq if len(page) > PAGE else 0,
        about=_about,
        about_theme=partial(_about_theme, visit.desk),
    )


def _about(entry: AuditEntry) -> str:
    """Return the mention that an entry is about, if it is about one."""
    details = entry.details
    name = details.get("mention") or (details.get("what") if details.get("about") == "mention" else "")
    return name if isinstance(name, str) else ""


def _about_theme(desk: Desk, entry: AuditEntry) -> str:
    """Return what people call the theme that an entry is about, if it is about one."""
    details = entry.details
    if details.get("about") != "theme" or not isinstance(details.get("what"), str):
        return ""
    brand, _, theme = details["what"].partition("/")
    return f"{desk.name_of('topics', theme)} of {desk.name_of('brand.id', brand)}"


def _collected(visit: PageVisit, at: datetime, **terms: tuple[str, ...]) -> NumberLink:
    wanted = Asked(terms=terms, since=written(at), time=COLLECTED)
    return NumberLink(count=visit.desk.store.count(visit.desk.where(visit.visitor, wanted)), address=wanted.address())


def _entered(visit: PageVisit, at: datetime) -> tuple[tuple[str, int], ...]:
    records = visit.desk.records
    newer = takewhile(lambda entry: read_time(entry.at) > at, islice(audit.newest(records), MOST))
    others = Counter(entry.action.partition(":")[0] for entry in newer if entry.who != visit.visitor.name)
    told = [(SAID.get(action, (action, action))[count != 1], count) for action, count in sorted(others.items())]
    fixes = sum(
        fix.at > at or any(step.at > at for step in fix.history)
        for fix in FIXES.values(records)
        if fix.who != visit.visitor.name or any(step.who != visit.visitor.name for step in fix.history)
    )
    return (*told, *([("fix" if fixes == 1 else "fixes", fixes)] if fixes else []))
