"""``candor rules``: what is watched for, how often it is wrong, and what it would have found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from candor.alert_pass import print_lines
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, when, write_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.alert.bursts.chance import ChanceAlerts
    from analysis.alert.model import Alert, Rule
    from analysis.alert.watched.views import WatchedView
    from analysis.model.records.base import Records

app = typer.Typer(help="The alert rules, their error rate, and a replay on history.", invoke_without_command=True)


@app.callback()
def rules(
    context: typer.Context, config: ConfigPath = None, store: StoreAddress = None, as_json: AsJson = False
) -> None:
    """List the rules with their values, how they were marked, and the expected false alerts a week.

    Examples:

      candor rules

      candor rules replay --rule volume_spike --since 90d
    """
    if context.invoked_subcommand is not None:
        context.obj = (config, store)
        return
    from analysis.alert.model import tuned
    from analysis.alert.passes import by_chance
    from analysis.alert.remembered import alerts_of
    from analysis.alert.rules import RULES
    from analysis.model.errors import CandorError
    from candor.alert_pass import watchlist_of
    from candor.commands.told.views import row_of
    from candor.serve.look.watched import alerting

    settings = config_of(config, store, required=False)
    history: list[Alert] = []
    watching: list[dict[str, Any]] = []
    simulated = None
    now = datetime.now(UTC)
    try:
        with opened(settings) as place:
            history = alerts_of(place.records)
            watching = [row_of(view, wrong) for view, _, wrong in alerting(place.records, now)]
            simulated = by_chance(place, watchlist_of(settings), now=now)
    except CandorError:
        pass  # Before the first crawl there is no store, and the rules can still be read.
    rows = [rule_row(tuned(rule, settings.alerts), rule, history) for rule in RULES]
    limit = settings.alerts.q if any(row["enabled"] and row["statistical"] for row in rows) else 0.0
    if as_json:
        write_json(
            [*rows, *({"view": row} for row in watching), {"q": settings.alerts.q, **_expected(simulated, limit)}]
        )
    else:
        _show(rows, watching, settings.alerts.q, limit, simulated)


@app.command("replay")
def replay(
    context: typer.Context,
    rule: Annotated[str, typer.Option("--rule", "-r", help="The rule's id.")],
    since: Annotated[str, typer.Option("--since", help="From this time on: 2026-03-01, or 90d ago.")] = "90d",
    until: Annotated[str | None, typer.Option("--until", help="Before this time; by default now.")] = None,
    step: Annotated[str, typer.Option("--step", help="Time between passes.")] = "1d",
    view: Annotated[
        str, typer.Option("--view", help="Of saved_view: only this view, whether it is an alert yet or not.")
    ] = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Say what a rule would have told on the stored history, week by week, with the evidence. Nothing is written."""
    from analysis.alert import passes
    from analysis.alert.message import public
    from analysis.alert.rules import RULES
    from analysis.model.errors import UsageError
    from analysis.settings.values import seconds
    from candor.alert_pass import watchlist_of

    above = context.obj if isinstance(context.obj, tuple) else (None, None)
    settings = config_of(config or above[0], store or above[1])
    chosen = next((each for each in RULES if each.id == rule), None)
    if chosen is None:
        raise UsageError(f"--rule: {rule!r} is no rule; `candor rules` lists them")
    now = datetime.now(UTC)
    end = when(until, now=now, flag="--until") or now
    try:
        pace = _pace(seconds(step))
    except ValueError as error:
        raise UsageError(f"--step: {error}") from None
    first = when(since, now=end, flag="--since") or end
    with opened(settings) as place:
        own, watchlist = _own(chosen, settings), watchlist_of(settings)
        if view:
            watchlist = replace(watchlist, views=_only(place.records, chosen, view, end))
        alerts = list(passes.replay(place, watchlist, own, since=first, until=end, step=pace))
    if as_json:
        write_json({"type": "would_fire", "week": _week(alert), **public(alert)} for alert in alerts)
        return
    weeks = Counter(map(_week, alerts))
    lines = [f"{_week(alert)}  {alert.opened_at}  {public(alert)['headline']}. {alert.now}" for alert in alerts]
    span = counted((end - first).days, "days")
    lines += [f"{rule} would have told {counted(len(alerts), 'times')} in {span}: {_weeks(weeks)}."]
    print_lines(lines)


def _only(records: Records, rule: Rule, name: str, end: datetime) -> Callable[[Records, datetime], list[WatchedView]]:
    """Return what watches one view, as an alert that tells daily where it is none yet."""
    from analysis.alert.rules.saved_view import RULE
    from analysis.model.errors import UsageError
    from analysis.model.records.view import ViewAlert
    from candor.serve.look.saved import view_named
    from candor.serve.look.watched import as_watched

    if rule.id != RULE.id:
        raise UsageError(f"--view: is of the rule {RULE.id} alone")
    found = view_named(records, name)
    tried = found.alert or ViewAlert(severity=RULE.severity, every="daily", who=found.who, at=end)
    return lambda records, now: [as_watched(records, found, tried, now)]


def _pace(step_s: float) -> timedelta:
    """Return the time between passes. Raises ``ValueError`` for none at all, and for more than a thousand years."""
    if not 0 < step_s < 1e11:
        raise ValueError("the time between passes must be more than nothing; write 1h or 1d")
    return timedelta(seconds=max(step_s, 900.0))


def _own(rule: Rule, settings: Any) -> Rule:
    """The rule with the file's values, even where the file has it switched off: that is when one asks."""
    from analysis.alert.model import tuned

    return tuned(rule, settings.alerts) or rule


def _week(alert: Alert) -> str:
    year, week, _ = datetime.fromisoformat(alert.opened_at).isocalendar()
    return f"{year}-W{week:02d}"


def _weeks(weeks: Counter[str]) -> str:
    return ", ".join(f"{week}: {count}" for week, count in sorted(weeks.items())) or "never"


def rule_row(rule: Rule | None, default: Rule, history: Sequence[Alert]) -> dict[str, Any]:
    """Return a rule as scripts read it: ``rule`` with the file's values, or ``default`` where it is switched off."""
    shown = rule or default
    own = [alert for alert in history if alert.rule == shown.id]
    useful, false = (sum(alert.mark == word for alert in own) for word in ("useful", "false"))
    return {
        "id": shown.id,
        "title": shown.title,
        "enabled": rule is not None,
        "severity": shown.severity,
        "least": shown.least,
        "unit": shown.unit,
        "cooldown_h": shown.cooldown_h,
        "hold_h": shown.hold_h,
        "event": shown.event,
        "statistical": shown.statistical,
        "looks_a_week": shown.looks_a_week,
        "told": len(own),
        "useful": useful,
        "false": false,
        "precision": round(useful / (useful + false), 3) if useful + false else None,
    }


def _expected(simulated: ChanceAlerts | None, limit: float) -> dict[str, Any]:
    """What the simulation gives; what the error rate allows where there is too little past to simulate."""
    if simulated is None or not simulated.series:
        return {"expected_false_a_week": limit, "at_most": limit, "weeks_simulated": 0, "series": 0, "by_rule": {}}
    return {
        "expected_false_a_week": round(simulated.a_week, 4),
        "at_most": limit,
        "weeks_simulated": simulated.weeks,
        "series": simulated.series,
        "by_rule": {name: round(rate, 4) for name, rate in simulated.by_rule.items()},
    }


def counted(count: int, unit: str) -> str:
    """Return "1 story" or "2 stories": a rule's unit is written for many, its noun the first word that ends in s."""
    one = re.sub(r"(?<=\w)(ies|s)\b", lambda end: "y" if end[1] == "ies" else "", unit, count=1)
    return f"{count} {one if count == 1 else unit}"


def _show(
    rows: list[dict[str, Any]],
    watching: list[dict[str, Any]],
    q: float,
    limit: float,
    simulated: ChanceAlerts | None,
) -> None:
    from candor.commands.told.views import line_of

    lines: list[str] = []
    for row in rows:
        judged = row["useful"] + row["false"]
        marked = f"{row['useful']} of {judged} useful" if judged else "not marked"
        state = row["severity"] if row["enabled"] else "off"
        tested = "tested" if row["statistical"] else "counted"
        lines.append(f"{row['id']:<19} {state:<8} {row['title']}")
        lines.append(f"{'':19} {tested}; at least {counted(row['least'], row['unit'])}; told {row['told']}; {marked}")
        if row["id"] == "saved_view":
            lines += [f"{'':19} {line_of(view)}" for view in watching]
    print_lines(
        [
            *lines,
            f"Tested rules share one false-discovery rate, q = {q:g}. If nothing at all happened, at most about "
            f"{limit:g} false alerts a week are expected from them; of what they tell, at most {q:.0%}.",
            _simulated(simulated),
        ]
    )


def _simulated(simulated: ChanceAlerts | None) -> str:
    if simulated is None or not simulated.series:
        return "This store has too little past to simulate its own series without news."
    parts = ", ".join(f"{name} {rate:.2g}" for name, rate in simulated.by_rule.items())
    return (
        f"Expected false alerts a week: {simulated.a_week:.2g} ({parts}), from {simulated.weeks} weeks without news, "
        f"made of the past of this store's own {simulated.series} series."
    )
