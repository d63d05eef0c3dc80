"""``candor alerts``: what was found and delivered, and what people say of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from candor.alert_pass import print_lines as _print
from candor.options import AsJson, ConfigPath, SinceOption, StoreAddress, config_of, opened, when, write_json

if TYPE_CHECKING:
    from analysis.alert.model import Alert
    from analysis.alert.outbox import Delivery
    from analysis.store.base import Records

app = typer.Typer(help="The history of alerts; mark, silence and mend.", invoke_without_command=True)
AlertId = Annotated[str, typer.Argument(help="The alert's id, as the message shows it.")]


@app.callback()
def alerts(
    context: typer.Context,
    config: ConfigPath = None,
    store: StoreAddress = None,
    since: SinceOption = None,
    as_json: AsJson = False,
) -> None:
    """List alerts, newest first, with their numbers, evidence and deliveries.

    Examples:

      candor alerts

      candor alerts --json | jq 'select(.state == "firing")'
    """
    if context.invoked_subcommand is not None:
        context.obj = (config, store)
        return
    from analysis.alert.model import stamp
    from analysis.alert.outbox import deliveries
    from analysis.alert.remembered import alerts_of

    settings = config_of(config, store, required=False)
    start = when(since, now=datetime.now(UTC), flag="--since")
    with opened(settings) as kept:
        found = [one for one in alerts_of(kept.records) if start is None or one.opened_at >= stamp(start)]
        sent = deliveries(kept.records)
    if as_json:
        write_json(_row(one, sent) for one in found)
    else:
        _show(found)


@app.command("show")
def show(context: typer.Context, name: AlertId, config: ConfigPath = None, store: StoreAddress = None) -> None:
    """Show one alert whole: numbers, quotes, evidence, deliveries."""
    from analysis.alert.message import Limits, message

    with _records(context, config, store) as records:
        found = _found(records, name)
        from analysis.alert.outbox import deliveries

        sent = [one for one in deliveries(records) if name in one.alerts]
    text = message([found], "firing", brand=found.brand, limits=Limits(characters=20_000, json_bytes=200_000))
    lines = [text.title, *text.lines, f"State: {found.state}, opened {found.opened_at}, mark: {found.mark or 'none'}"]
    lines += [f"Delivery: {one.channel} {one.occasion} {one.state} {one.cause}".rstrip() for one in sent]
    lines += [f"Evidence ({found.evidence_total}): {' '.join(found.evidence)}"] if found.evidence else []
    _print(lines)


@app.command("mark")
def mark(
    context: typer.Context,
    name: AlertId,
    false: Annotated[bool, typer.Option("--false", help="It was wrong: no repeats, a longer rest.")] = False,
    useful: Annotated[bool, typer.Option("--useful", help="It helped.")] = False,
    config: ConfigPath = None,
    store: StoreAddress = None,
) -> None:
    """Say whether an alert was useful; `candor rules` shows each rule's precision."""
    from dataclasses import replace

    from analysis.alert.model import body_of
    from analysis.alert.remembered import ALERT
    from analysis.model.errors import CandorError, UsageError

    if false == useful:
        raise UsageError("say exactly one of --false and --useful")
    with _records(context, config, store) as records:
        found = _found(records, name)
        version = records.get(ALERT, name)
        word = "false" if false else "useful"
        done = records.put(
            ALERT, name, body_of(replace(found, mark=word)), if_version=version.version if version else None
        )
    if done is None:
        raise CandorError(f"{name} was changed at the same moment; call again")
    _print([f"{name} is marked as {word}."])


@app.command("silence")
def silence(
    context: typer.Context,
    match: Annotated[list[str], typer.Argument(help="An alert's id, or label=value such as rule=volume_spike.")],
    until: Annotated[str, typer.Option("--until", help="A time, or how long: 2h, 3d.")] = "1d",
    author: Annotated[str, typer.Option("--author", help="Who says so.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "not told",
    config: ConfigPath = None,
    store: StoreAddress = None,
) -> None:
    """Send nothing about an alert, or about labels, until a time. Alerts are still recorded.

    Examples:

      candor alerts silence 356f1c27a715-1 --until 2d --reason 'known, fix ships Monday'

      candor alerts silence rule=first_mention brand=tessaro --until 2026-12-24
    """
    import getpass
    import secrets

    from analysis.alert.remembered import SILENCE

    now = datetime.now(UTC)
    end = _until(until, now)
    body = {
        "match": dict(_matcher(one) for one in match),
        "until": end.isoformat(),
        "author": author or getpass.getuser(),
        "reason": reason,
        "created_at": now.isoformat(),
    }
    key = secrets.token_hex(4)
    with _records(context, config, store) as records:
        records.put(SILENCE, key, body, if_version=0)
    _print([f"Silence {key}: {', '.join(match)} until {end:%Y-%m-%d %H:%M} UTC."])


@app.command("silences")
def silences(
    context: typer.Context,
    end: Annotated[str | None, typer.Option("--end", help="End this silence now.")] = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
) -> None:
    """List silences, the file's and those of the command line; or end one."""
    from analysis.alert.lifecycle import written_silences
    from analysis.alert.remembered import SILENCE, stored_silences
    from analysis.model.errors import UsageError

    now = datetime.now(UTC)
    with _records(context, config, store) as records:
        if end is not None:
            record = records.get(SILENCE, end)
            if record is None:
                raise UsageError(f"{end} is no silence of the command line; `candor alerts silences` lists them")
            records.put(SILENCE, end, {**record.body, "until": now.isoformat()}, if_version=record.version)
        found = stored_silences(records)
    settings = config_of(*_chosen(context, config, store), required=False)
    lines = []
    for one in [*written_silences(settings.alerts.silences), *found]:
        labels = ", ".join(f"{name}={value}" for name, value in one.match.items())
        state = "active" if now < one.until else "ended"
        lines.append(f"{one.id}  {state}  {labels}  until {one.until:%Y-%m-%d %H:%M} UTC  {one.author}: {one.reason}")
    _print(lines or ["No silences."])


@app.command("mend")
def mend(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(help="The channel's id.")],
    config: ConfigPath = None,
    store: StoreAddress = None,
) -> None:
    """Let a channel that refused for good be tried again by the next pass."""
    from analysis.alert.outbox import mend as mended

    with _records(context, config, store) as records:
        done = mended(records, channel)
    _print([f"{channel} will be tried again." if done else f"{channel} was not broken."])


def _chosen(context: typer.Context, config: Any, store: Any) -> tuple[Any, Any]:
    above = context.obj if isinstance(context.obj, tuple) else (None, None)
    return config or above[0], store or above[1]


def _records(context: typer.Context, config: Any, store: Any) -> Any:
    from contextlib import contextmanager

    settings = config_of(*_chosen(context, config, store), required=False)

    @contextmanager
    def held() -> Any:
        with opened(settings) as kept:
            yield kept.records

    return held()


def _found(records: Records, name: str) -> Alert:
    from analysis.alert.model import alert_from
    from analysis.alert.remembered import ALERT
    from analysis.model.errors import UsageError

    record = records.get(ALERT, name)
    if record is None:
        raise UsageError(f"{name} is no alert here; `candor alerts` lists them")
    return alert_from(record.body)


def _matcher(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    return (name, value) if sign else ("id", text)


def _until(text: str, now: datetime) -> datetime:
    from analysis.model.errors import UsageError
    from analysis.settings.tables import seconds

    try:
        end = now + timedelta(seconds=seconds(text))
    except ValueError:
        end = when(text, now=now, flag="--until") or now
    if end <= now:
        raise UsageError(f"--until: {text!r} lies in the past")
    return end


def _row(alert: Alert, sent: list[Delivery]) -> dict[str, Any]:
    from analysis.alert.message import public
    from candor.alert_pass import delivery_row

    return {**public(alert), "deliveries": [delivery_row(one) for one in sent if alert.id in one.alerts]}


def _show(found: list[Alert]) -> None:
    from analysis.alert.message import public

    lines = []
    for one in found:
        marked = f" ({one.mark})" if one.mark else ""
        lines.append(f"{one.opened_at}  {one.state:8} {one.severity:8} {one.id}  {public(one)['headline']}{marked}")
    _print(lines or ["No alerts yet. `candor alert` makes a pass."])
