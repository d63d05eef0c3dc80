"""Alerts: why each fired, what it rests on, and what people say of it; silences; the rules and how right they were."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from analysis.alert.grouping import silenced
from analysis.alert.lifecycle import Silence, written_silences
from analysis.alert.message import public
from analysis.alert.model import Alert, tuned
from analysis.alert.remembered import ALERTS, SILENCES, alerts_of
from analysis.alert.rules import RULES
from analysis.ledger import acks, entries
from analysis.model.errors import UsageError
from analysis.model.records.ledger import ACKS
from candor.checks.silences import checked
from candor.commands.told.rules import counted, rule_row
from candor.serve.desk import Desk
from candor.serve.door.visitors import Visitor
from candor.serve.look.behind import NumberLink, of_alert
from candor.serve.visit import PageVisit

MOST = 100
FOR_DAYS = (1, 3, 7, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertShown:
    """An alert, what is told of it in trusted words, the mentions that it rests on now, and who has seen it."""

    alert: Alert
    told: Mapping[str, Any]
    evidence: NumberLink
    quotes: tuple[Mapping[str, Any], ...]
    seen_by: str


def alerts(visit: PageVisit) -> Response:
    """List alerts, those that fire first, then the newest."""
    history = known_alerts(visit.desk)
    firing = [alert for alert in history if is_open(alert)]
    rest = [alert for alert in history if not is_open(alert)][: MOST - len(firing)]
    acked = {ack.what: ack for ack in ACKS.values(visit.desk.records) if ack.about == "alert"}
    options = visit.desk.config.alerts
    stored = list(SILENCES.values(visit.desk.records))
    now = visit.desk.now()
    return visit.show(
        "alerts.html.j2",
        here="alerts",
        firing=[_shown(visit, alert, acked) for alert in firing],
        rest=[_shown(visit, alert, acked) for alert in rest],
        silences=[one for one in (*stored, *written_silences(options.silences)) if now < one.until],
        stored={one.id for one in stored},
        rules=[rule_row(tuned(rule, options), rule, history) for rule in RULES],
        days=FOR_DAYS,
        counted=counted,
        said=visit.one("said")[:200],
    )


def known_alerts(desk: Desk) -> list[Alert]:
    """Return every alert as it is now, newest first, with the silence that covers it."""
    silences = [*written_silences(desk.config.alerts.silences), *SILENCES.values(desk.records)]
    return silenced(alerts_of(desk.fresh().records), silences, desk.now())


def is_open(alert: Alert) -> bool:
    """Return whether an alert waits for somebody: it fires, and nobody called it false or silenced it."""
    return alert.state == "firing" and alert.mark != "false" and not alert.silenced_by


def evidence_of(desk: Desk, visitor: Visitor, alert: Alert) -> NumberLink:
    """Return how many mentions an alert rests on that the visitor may see, with their address."""
    wanted = of_alert(alert)
    if not any(wanted.terms.values()) and not wanted.words and not wanted.since:
        return NumberLink(count=0, address="")
    where = desk.where(visitor, wanted)
    return NumberLink(count=desk.store.count(where), address=wanted.address())


def shown_of(desk: Desk, visitor: Visitor, ids: Sequence[str]) -> set[str]:
    """Return which of these mentions are stored and may be seen by the visitor."""
    there = desk.store.get(ids) if ids else {}
    return {name for name, one in there.items() if not one.private or visitor.may("analyst")}


def mark(visit: PageVisit) -> Response:
    """Say that an alert was useful or false."""
    word = entries.chosen("mark", visit.field("mark"), ("useful", "false"))
    found = ALERTS.get(visit.desk.records, visit.names["name"])
    if found is None:
        raise UsageError("there is no such alert")
    if ALERTS.put(visit.desk.records, replace(found.value, mark=word), if_version=found.version) is None:
        raise UsageError("the alert was changed at the same moment; look again")
    return visit.go(f"/alerts?said=Marked+as+{word}.")


def acknowledge(visit: PageVisit) -> Response:
    """Say that the mentions of an alert were seen."""
    found = ALERTS.get(visit.desk.records, visit.names["name"])
    if found is None:
        raise UsageError("there is no such alert")
    acks.add(
        visit.desk.records,
        about="alert",
        what=found.value.id,
        note=visit.field("note"),
        mentions=found.value.evidence,
        stamp=visit.stamp(),
    )
    visit.desk.forget_measures()
    return visit.go("/alerts?said=Acknowledged.")


def silence(visit: PageVisit) -> Response:
    """Send nothing about an alert until a time; it is still recorded."""
    days = entries.chosen("days", visit.field("days"), map(str, FOR_DAYS))
    now = visit.desk.now()
    made = Silence(
        id=secrets.token_hex(4),
        match={"id": visit.names["name"]},
        until=now + timedelta(days=int(days)),
        author=visit.visitor.name,
        reason=entries.needed_reason(visit.field("reason")),
        created_at=now,
    )
    checked(made.match, alerts_of(visit.desk.records), visit.desk.config)
    SILENCES.put(visit.desk.records, made, if_version=0)
    return visit.go("/alerts?said=Silenced.")


def end_silence(visit: PageVisit) -> Response:
    """End a silence now."""
    found = SILENCES.get(visit.desk.records, visit.names["name"])
    if found is None:
        raise UsageError("there is no such silence here; those of the configuration end there")
    SILENCES.put(visit.desk.records, replace(found.value, until=visit.desk.now()), if_version=found.version)
    return visit.go("/alerts?said=The+silence+is+over.")


def _shown(visit: PageVisit, alert: Alert, acked: Mapping[str, Any]) -> AlertShown:
    told = public(alert)
    may = shown_of(visit.desk, visit.visitor, [str(quote.get("id", "")) for quote in told["quotes"]])
    ack = acked.get(alert.id)
    return AlertShown(
        alert=alert,
        told=told,
        evidence=evidence_of(visit.desk, visit.visitor, alert),
        quotes=tuple(quote for quote in told["quotes"] if quote.get("id") in may),
        seen_by=f"{ack.who}: {ack.note}" if ack else "",
    )
