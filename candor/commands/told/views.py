"""``candor views``: the lists of mentions that people saved under a name, and those of them that are alerts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from candor.alert_pass import print_lines
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json
from candor.signing import WhoOption, stamp

if TYPE_CHECKING:
    from analysis.model.records.view import View
    from analysis.settings.file import Config

app = typer.Typer(help="Saved lists of mentions; make one an alert.", invoke_without_command=True)
ViewName = Annotated[str, typer.Argument(help="The view's name, or its key.")]


@app.callback()
def views(
    context: typer.Context, config: ConfigPath = None, store: StoreAddress = None, as_json: AsJson = False
) -> None:
    """List the saved views, what each selects, and whether it is an alert.

    Examples:

      candor views

      candor views add "Battery" "brand.id=tessaro&complaint_topics=battery"

      candor rules replay --rule saved_view --view Battery --since 90d

      candor views alert Battery --every daily --severity warning
    """
    if context.invoked_subcommand is not None:
        context.obj = (config, store)
        return
    from analysis.model.records.view import VIEWS
    from candor.serve.look.watched import wrong_with

    now = datetime.now(UTC)
    with opened(config_of(config, store, required=False)) as place:
        found = sorted(VIEWS.values(place.records), key=lambda view: (view.name.casefold(), view.key))
        rows = [row_of(view, wrong_with(place.records, view, now)) for view in found]
    if as_json:
        write_json(rows)
    else:
        print_lines([line_of(row) for row in rows] or ["No view is saved yet; candor views add saves one."])


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What people call it.")],
    asks: Annotated[str, typer.Argument(help="The address of a list on the team's page, or what stands behind its ?.")],
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Save a list of mentions under a name."""
    from candor.serve.look.saved import save_view

    with opened(_settings(context, config, store)) as place:
        _show(save_view(place.records, name=name, asks=asks, stamp=stamp(by)), as_json=as_json)


@app.command("alert")
def alert(
    context: typer.Context,
    view: ViewName,
    every: Annotated[str, typer.Option("--every", help="How often at most: daily, weekly, or at once.")] = "daily",
    severity: Annotated[str, typer.Option("--severity", help="info, warning or urgent.")] = "info",
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Make a view an alert: from now on each pass tells its new mentions, each once."""
    from analysis.alert.model import SEVERITIES
    from analysis.ledger.entries import chosen
    from analysis.model.records.view import TOLD
    from candor.serve.look.saved import alert_by, view_named

    how, worst = chosen("every", every, TOLD), chosen("severity", severity, SEVERITIES)
    with opened(_settings(context, config, store)) as place:
        key = view_named(place.records, view).key
        _show(alert_by(place.records, key, severity=worst, every=how, stamp=stamp(by)), as_json=as_json)


@app.command("quiet")
def quiet(
    context: typer.Context,
    view: ViewName,
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Let a view be no alert any more; it stays saved."""
    from candor.serve.look.saved import no_alert, view_named

    with opened(_settings(context, config, store)) as place:
        _show(no_alert(place.records, view_named(place.records, view).key), as_json=as_json)


def row_of(view: View, wrong: str = "") -> dict[str, Any]:
    """Return a view as scripts read it: the secret of its feed is no part of it."""
    told = view.alert
    return {
        "key": view.key,
        "name": view.name,
        "asks": view.asks,
        "by": view.who,
        "at": view.at.isoformat(),
        "alert": {"every": told.every, "severity": told.severity, "by": told.who, "since": told.at.isoformat()}
        if told
        else None,
        "wrong": wrong or None,
    }


def _settings(context: typer.Context, config: Any, store: str | None) -> Config:
    above = context.obj if isinstance(context.obj, tuple) else (None, None)
    return config_of(config or above[0], store or above[1], required=False)


def _show(view: View, *, as_json: bool) -> None:
    if as_json:
        write_json([row_of(view)])
    else:
        print_lines([line_of(row_of(view))])


def line_of(row: dict[str, Any]) -> str:
    """Return a view in a line for people."""
    from analysis.report.words import clean

    told = row["alert"]
    alert = f"alert, {told['severity']}, {told['every']}" if told else "no alert"
    wrong = f"; cannot be read: {row['wrong']}" if row["wrong"] else ""
    return f"{row['key']}  {clean(row['name'])}: {alert}; {clean(row['asks']) or 'all mentions'}{wrong}"
