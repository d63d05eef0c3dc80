"""A saved view as an alert: what it would have told, replayed before it is switched on; how often, and how severe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from analysis.alert import passes
from analysis.alert.message import public
from analysis.alert.model import SEVERITIES, Alert, Severity, tuned
from analysis.alert.rules.saved_view import RULE
from analysis.alert.watched.views import WatchedView
from analysis.ledger.entries import chosen
from analysis.model.errors import UsageError
from analysis.model.records.base import Records
from analysis.model.records.view import TOLD, VIEWS, Told, View, ViewAlert
from candor.alert_pass import watchlist_of
from candor.serve.live.replaying import Replayed
from candor.serve.look.asked import asked
from candor.serve.look.saved import alert_by, no_alert
from candor.serve.look.watched import as_watched, rhythm, severity_of, wrong_with
from candor.serve.pages.alerts import evidence_of, known_alerts
from candor.serve.pages.post import not_here
from candor.serve.pages.rules import DAYS, MOST_ALERTS, MOST_SHOWN, STEP
from candor.serve.visit import PageVisit

PLAIN: tuple[Severity, Told, int] = ("info", "daily", 30)
TOLD_SHOWN = 10


def view(visit: PageVisit) -> Response:
    """Show a view: what it selects, whether it is an alert, what it told, and its replay where one was asked for."""
    stored = VIEWS.get(visit.desk.records, visit.names["key"])
    if stored is None:
        return not_here(visit)
    found, now = stored.value, visit.desk.now()
    severity, every, days = _asked(visit.given, found.alert)
    replayed = visit.desk.replays.of(_name(found, severity, every, days))
    opened = replayed.alerts if replayed else ()
    wrong = wrong_with(visit.desk.records, found, now)
    wanted = None if wrong else asked(parse_qsl(found.asks))
    told = [one for one in known_alerts(visit.desk) if one.labels.get("view") == found.key][:TOLD_SHOWN]
    return visit.show(
        "view.html.j2",
        here="views",
        view=found,
        list=wanted,
        count=visit.desk.fresh().count(visit.desk.where(visit.visitor, wanted)) if wanted else 0,
        severity=severity,
        every=every,
        days=days,
        severities=SEVERITIES,
        rhythms=TOLD,
        rhythm=rhythm,
        all_days=DAYS,
        replayed=replayed,
        weeks=replayed.weeks() if replayed and replayed.done and not replayed.wrong else (),
        opened=[(public(one), evidence_of(visit.desk, visit.visitor, one)) for one in opened[: -MOST_SHOWN - 1 : -1]],
        told=[(public(one), evidence_of(visit.desk, visit.visitor, one)) for one in told],
        enabled=tuned(RULE, visit.desk.config.alerts) is not None,
        wrong=wrong,
        said=visit.one("said")[:200],
    )


def replay_view(visit: PageVisit) -> Response:
    """Replay a view as an alert on the stored history; nothing is written or sent."""
    stored = VIEWS.get(visit.desk.records, visit.names["key"])
    if stored is None:
        return not_here(visit)
    severity, every, days = _asked(visit.form, stored.value.alert)
    until = visit.desk.now()
    begun = Replayed(since=until - timedelta(days=days), until=until)
    tried = ViewAlert(severity=severity, every=every, who=visit.visitor.name, at=begun.since)
    found = stored.value

    def only(records: Records, now: datetime) -> Sequence[WatchedView]:
        return [as_watched(records, found, tried, now)]

    def make() -> Sequence[Alert]:
        watchlist = replace(watchlist_of(visit.desk.config), views=only)
        rule = tuned(RULE, visit.desk.config.alerts) or RULE
        told = passes.replay(visit.desk.fresh(), watchlist, rule, since=begun.since, until=until, step=STEP)
        return [one for _, one in takewhile(lambda pair: pair[0] < MOST_ALERTS, enumerate(told))]

    visit.desk.replays.begin(_name(found, severity, every, days), begun, make)
    return visit.go(f"/views/{found.key}?{urlencode({'severity': severity, 'every': every, 'days': days})}")


def alert_by_view(visit: PageVisit) -> Response:
    """Make a view an alert, change how it tells, or let it be none."""
    wanted = chosen("enabled", visit.field("enabled"), ("yes", "no")) == "yes"
    records, key = visit.desk.records, visit.names["key"]
    with visit.desk.deciding:
        stored = VIEWS.get(records, key)
        if stored is None:
            return not_here(visit)
        severity, every, _ = _asked(visit.form, stored.value.alert)
        if wanted:
            alert_by(records, key, severity=severity, every=every, stamp=visit.stamp())
        else:
            no_alert(records, key)
    said = f"It is an alert: {rhythm(every)}." if wanted else "It is no alert any more."
    return visit.go(f"/views/{key}?{urlencode({'said': said})}")


def _asked(given: Sequence[tuple[str, str]], alert: ViewAlert | None) -> tuple[Severity, Told, int]:
    """Return severity, rhythm and days of a form or an address, with the view's own where it says nothing."""
    words = dict(given)
    own = (severity_of(alert.severity), alert.every, PLAIN[2]) if alert else PLAIN
    days = words.get("days", str(own[2]))
    if days not in map(str, DAYS):
        raise UsageError(f"{days[:40]!r} is not one of {', '.join(map(str, DAYS))}", about=("days",))
    severity = chosen("severity", words.get("severity", own[0]), SEVERITIES)
    return severity, chosen("every", words.get("every", own[1]), TOLD), int(days)


def _name(found: View, severity: Severity, every: Told, days: int) -> tuple[str, int, str, int]:
    return f"view {found.key} {every}", 1, severity, days
