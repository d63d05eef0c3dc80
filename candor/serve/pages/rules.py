"""A rule of alerts: what it would have told on the stored history, before it is switched on or changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import takewhile
from urllib.parse import urlencode

from starlette.responses import Response

from analysis.alert import passes
from analysis.alert.message import public
from analysis.alert.model import SEVERITIES, Alert, Rule, Severity, tuned
from analysis.alert.rules import RULES
from analysis.ledger.entries import chosen
from analysis.model.errors import CandorError, UsageError
from analysis.settings.blocks import with_key
from candor.alert_pass import watchlist_of
from candor.files.configuration import change
from candor.serve.live.progress import told_to_read_again
from candor.serve.live.replaying import Ask, Replayed
from candor.serve.pages.alerts import evidence_of
from candor.serve.pages.post import not_here
from candor.serve.visit import PageVisit

DAYS = (30, 90, 180)
STEP = timedelta(days=1)
MOST_SHOWN = 60
MOST_ALERTS = 2000


def rule(visit: PageVisit, *, wrong: str = "", status: int = 200) -> Response:
    """Show a rule with its values, and its replay where one was asked for."""
    found = _rule(visit)
    if found is None:
        return not_here(visit)
    own = tuned(found, visit.desk.config.alerts)
    shown = _asked(own or found, visit.given)
    replayed = visit.desk.replays.of(shown)
    opened = replayed.alerts if replayed else ()
    return visit.show(
        "rule.html.j2",
        status=status,
        here="alerts",
        rule=found,
        own=own,
        least=shown[1],
        severity=shown[2],
        days=shown[3],
        all_days=DAYS,
        severities=SEVERITIES,
        replayed=replayed,
        weeks=replayed.weeks() if replayed and replayed.done and not replayed.wrong else (),
        opened=[(public(one), evidence_of(visit.desk, visit.visitor, one)) for one in opened[:-MOST_SHOWN - 1:-1]],
        editable=visit.desk.config.path is not None,
        wrong=wrong,
        said=visit.one("said")[:200],
    )  # fmt: skip


def replay(visit: PageVisit) -> Response:
    """Replay a rule with the values of the form on the stored history; nothing is written."""
    found = _rule(visit)
    if found is None:
        return not_here(visit)
    own = tuned(found, visit.desk.config.alerts) or found
    ask = _asked(own, visit.form)
    until = visit.desk.now()
    begun = Replayed(since=until - timedelta(days=ask[3]), until=until)
    tried = replace(own, least=ask[1], severity=_severity(ask[2]))

    def make() -> Sequence[Alert]:
        told = passes.replay(
            visit.desk.fresh(), watchlist_of(visit.desk.config), tried, since=begun.since, until=until, step=STEP
        )
        return [one for _, one in takewhile(lambda pair: pair[0] < MOST_ALERTS, enumerate(told))]

    visit.desk.replays.begin(ask, begun, make)
    words = {"least": ask[1], "severity": ask[2], "days": ask[3]}
    return visit.go(f"/rules/{found.id}?{urlencode(words)}")


def switch(visit: PageVisit) -> Response:
    """Switch a rule on, with the values of the form, or off."""
    found = _rule(visit)
    if found is None:
        return not_here(visit)
    wanted = chosen("enabled", visit.field("enabled"), ("yes", "no")) == "yes"
    _, least, severity, _ = _asked(found, visit.form)
    desk = visit.desk

    def made(text: str) -> str:
        place = ("alerts", "rules", found.id)
        text = with_key(text, (*place, "enabled"), wanted)
        if wanted:
            text = with_key(text, (*place, "least"), least)
            text = with_key(text, (*place, "severity"), severity)
        return text

    with desk.deciding:
        try:
            desk.take(change(desk.config.path, made, what=found.id))
        except CandorError as error:
            return rule(visit, wrong=str(error), status=400)
    said = f"{found.id} is {'on' if wanted else 'off'}."
    told = told_to_read_again(desk.config.state)
    return visit.go(f"/rules/{found.id}?{urlencode({'said': said + (' candor watch was told.' if told else '')})}")


def _rule(visit: PageVisit) -> Rule | None:
    return next((one for one in RULES if one.id == visit.names["name"]), None)


def _asked(own: Rule, given: Sequence[tuple[str, str]]) -> Ask:
    """Return what a form or an address asks for, with the rule's own values where it says nothing."""
    words = dict(given)
    least, days = words.get("least", str(own.least)), words.get("days", "90")
    if not (least.isascii() and least.isdigit() and 1 <= int(least[:9]) <= 1_000_000):
        raise UsageError(f"{least[:40]!r} is not a whole number above 0", about=("least",))
    if days not in map(str, DAYS):
        raise UsageError(f"{days[:40]!r} is not one of {', '.join(map(str, DAYS))}", about=("days",))
    return own.id, int(least), _severity(words.get("severity", own.severity)), int(days)


def _severity(text: str) -> Severity:
    return chosen("severity", text, SEVERITIES)
