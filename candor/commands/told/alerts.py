"""``candor alerts``: what was found and delivered, and what people say of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.times import written_minute
from candor.alert_pass import print_lines
from candor.next_steps import about_alert
from candor.options import AsJson, ConfigPath, SinceOption, StoreAddress, config_of, opened, when, write_json

if TYPE_CHECKING:
    from analysis.alert.model import Alert
    from analysis.alert.outbox import Delivery
    from analysis.model.records.base import Records, Stored

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
    with opened(settings) as place:
        history = [alert for alert in alerts_of(place.records) if start is None or alert.opened_at >= stamp(start)]
        sent = deliveries(place.records)
    if as_json:
        write_json(_row(alert, sent) for alert in history)
    else:
        _show(history)


@app.command("show")
def show(context: typer.Context, name: AlertId, config: ConfigPath = None, store: StoreAddress = None) -> None:
    """Show one alert whole: numbers, quotes, evidence, deliveries."""
    from analysis.alert.message import Limits, message
    from analysis.alert.outbox import deliveries

    call = config_of(*_chosen(context, config, store), required=False).call
    with _records(context, config, store) as records:
        alert = _named(records, name).value
        sent = [delivery for delivery in deliveries(records) if name in delivery.alerts]
    limits = Limits(characters=20_000, json_bytes=200_000)
    text = message([alert], "firing", brand=alert.brand, limits=limits, next_step=partial(about_alert, call=call))
    lines = [text.title, *text.lines, f"State: {alert.state}, opened {alert.opened_at}, mark: {alert.mark or 'none'}"]
    lines += [f"Delivery: {each.channel} {each.occasion} {each.state} {each.cause}".rstrip() for each in sent]
    lines += [f"Evidence ({alert.evidence_total}): {' '.join(alert.evidence)}"] if alert.evidence else []
    print_lines(lines)


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

    from analysis.alert.remembered import ALERTS
    from analysis.model.errors import CandorError, UsageError

    if false == useful:
        raise UsageError("say exactly one of --false and --useful")
    with _records(context, config, store) as records:
        alert = _named(records, name)
        word = "false" if false else "useful"
        done = ALERTS.put(records, replace(alert.value, mark=word), if_version=alert.version)
    if done is None:
        raise CandorError(f"{name} was changed at the same moment; call again")
    print_lines([f"{name} is marked as {word}."])


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

    from analysis.alert.lifecycle import Silence
    from analysis.alert.remembered import SILENCES, alerts_of
    from candor.checks.silences import checked

    now = datetime.now(UTC)
    end = _until(until, now)
    settings = config_of(*_chosen(context, config, store), required=False)
    silence = Silence(
        id=secrets.token_hex(4),
        match=dict(map(_matcher, match)),
        until=end,
        author=author or getpass.getuser(),
        reason=reason,
        created_at=now,
    )
    with _records(context, config, store) as records:
        checked(silence.match, alerts_of(records), settings)
        SILENCES.put(records, silence, if_version=0)
    print_lines([f"Silence {silence.id}: {', '.join(match)} until {written_minute(end)}."])


@app.command("silences")
def silences(
    context: typer.Context,
    end: Annotated[str | None, typer.Option("--end", help="End this silence now.")] = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
) -> None:
    """List silences, the file's and those of the command line; or end one."""
    from dataclasses import replace

    from analysis.alert.lifecycle import written_silences
    from analysis.alert.remembered import SILENCES
    from analysis.model.errors import UsageError

    now = datetime.now(UTC)
    with _records(context, config, store) as records:
        if end is not None:
            ended = SILENCES.get(records, end)
            if ended is None:
                raise UsageError(f"{end} is no silence of the command line; `candor alerts silences` lists them")
            SILENCES.put(records, replace(ended.value, until=now), if_version=ended.version)
        stored = list(SILENCES.values(records))
    settings = config_of(*_chosen(context, config, store), required=False)
    lines = []
    for silence in [*written_silences(settings.alerts.silences), *stored]:
        labels = ", ".join(f"{name}={value}" for name, value in silence.match.items())
        state = "active" if now < silence.until else "ended"
        words = f"{silence.id}  {state}  {labels}  until {written_minute(silence.until)}"
        lines.append(f"{words}  {silence.author}: {silence.reason}")
    print_lines(lines or ["No silences."])


@app.command("mend")
def mend(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(help="The channel's id.")],
    config: ConfigPath = None,
    store: StoreAddress = None,
) -> None:
    """Let a channel that refused for good be tried again by the next pass."""
    from analysis.alert import outbox

    with _records(context, config, store) as records:
        done = outbox.mend(records, channel)
    print_lines([f"{channel} will be tried again." if done else f"{channel} was not broken."])


def _chosen(context: typer.Context, config: Any, store: Any) -> tuple[Any, Any]:
    above = context.obj if isinstance(context.obj, tuple) else (None, None)
    return config or above[0], store or above[1]


def _records(context: typer.Context, config: Any, store: Any) -> Any:
    from contextlib import contextmanager

    settings = config_of(*_chosen(context, config, store), required=False)

    @contextmanager
    def held() -> Any:
        with opened(settings) as chosen:
            yield chosen.records

    return held()


def _named(records: Records, name: str) -> Stored[Alert]:
    from analysis.alert.remembered import ALERTS
    from analysis.model.errors import UsageError

    alert = ALERTS.get(records, name)
    if alert is None:
        raise UsageError(f"{name} is no alert here; `candor alerts` lists them")
    return alert


def _matcher(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    return (name, value) if sign else ("id", text)


def _until(text: str, now: datetime) -> datetime:
    from analysis.model.errors import UsageError
    from analysis.settings.values import seconds

    try:
        end = now + timedelta(seconds=seconds(text))
    except ValueError:
        end = when(text, now=now, flag="--until") or now
    except OverflowError:
        raise UsageError(f"--until: {text!r} is longer than there is time; write a shorter one, such as 30d") from None
    if end <= now:
        raise UsageError(f"--until: {text!r} lies in the past")
    return end


def _row(alert: Alert, sent: list[Delivery]) -> dict[str, Any]:
    from analysis.alert.message import public
    from candor.alert_pass import delivery_row

    return {**public(alert), "deliveries": [delivery_row(delivery) for delivery in sent if alert.id in delivery.alerts]}


def _show(history: list[Alert]) -> None:
    from analysis.alert.message import public

    lines = []
    for alert in history:
        marked = f" ({alert.mark})" if alert.mark else ""
        head = f"{alert.opened_at}  {alert.state:8} {alert.severity:8} {alert.id}"
        lines.append(f"{head}  {public(alert)['headline']}{marked}")
    print_lines(lines or ["No alerts yet. `candor alert` makes a pass."])
