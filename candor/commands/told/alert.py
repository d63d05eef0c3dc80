"""``candor alert``: one pass of measure, judge and deliver, or the digest alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from candor.alert_pass import print_lines
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, when, write_json

if TYPE_CHECKING:
    from analysis.alert.outbox import Delivery
    from analysis.alert.passes import Pass
    from analysis.settings.file import Config
    from analysis.store.base import Store

NowOption = Annotated[str | None, typer.Option("--now", help="Judge as if it were this time.")]


def alert(
    config: ConfigPath = None,
    store: StoreAddress = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be; write and send nothing.")] = False,
    digest: Annotated[
        bool, typer.Option("--digest", help="Only the digest of the newest period: send it, or show it with --dry-run.")
    ] = False,
    now: NowOption = None,
    as_json: AsJson = False,
) -> None:
    """Measure, judge and deliver, once. A second pass over the same store sends nothing new.

    Exit status 1: a message could not be delivered; it is kept and tried again by the next pass.

    Examples:

      candor alert --dry-run

      candor alert --json | jq 'select(.type == "delivery")'

      candor alert --digest --dry-run
    """
    settings = config_of(config, store)
    moment = when(now, now=datetime.now(UTC), flag="--now") or datetime.now(UTC)
    with opened(settings) as place:
        if digest:
            problem = _digest(settings, place, moment, dry_run=dry_run, as_json=as_json)
        else:
            problem = _pass(settings, place, moment, dry_run=dry_run, as_json=as_json)
    if problem:
        from analysis.model.errors import ChannelError

        raise ChannelError(problem)


def _pass(settings: Config, place: Store, now: datetime, *, dry_run: bool, as_json: bool) -> str:
    from candor.alert_pass import alert_pass, pass_rows, problems

    done = alert_pass(settings, place, now=now, dry_run=dry_run)
    if as_json:
        write_json(pass_rows(done))
    else:
        _show_pass(done, dry_run=dry_run)
    return problems(settings, done.deliveries)


def _digest(settings: Config, place: Store, now: datetime, *, dry_run: bool, as_json: bool) -> str:
    from candor.alert_pass import delivery_row, digest_pass, digest_text, problems

    if dry_run:
        text = digest_text(settings, place, now=now)
        if as_json:
            write_json([{"type": "digest", "title": text.title, "text": text.body}])
        else:
            print_lines([text.title, *text.lines])
        return ""
    deliveries = digest_pass(settings, place, now=now)
    if as_json:
        write_json({"type": "delivery", **delivery_row(delivery)} for delivery in deliveries)
    else:
        already = "No digest is due: each channel was told of its newest period already."
        print_lines([_delivered(delivery) for delivery in deliveries] or [already])
    return problems(settings, deliveries)


def _show_pass(done: Pass, *, dry_run: bool) -> None:
    from analysis.alert.message import public

    lines = []
    for change, alert in done.alerts:
        silence = f" (silenced by {alert.silenced_by})" if alert.silenced_by else ""
        lines.append(f"{change:8} {alert.severity:8} {public(alert)['headline']}. {alert.now} [{alert.id}]{silence}")
    lines += [f"held     {judged.finding.headline}: {judged.inhibited}" for judged in done.held]
    lines += [_delivered(delivery, "would go" if dry_run else "") for delivery in done.deliveries]
    lines += [f"removed  {count} old records: {kind}" for kind, count in done.pruned.items()]
    print_lines(lines or [f"Nothing to tell: {done.tested} series tested, none stands out."])


def _delivered(delivery: Delivery, state: str = "") -> str:
    return f"{state or delivery.state:8} to {delivery.channel}: {delivery.title} {delivery.cause}".rstrip()
