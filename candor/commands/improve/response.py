"""``candor response``: how fast complaints are collected, acknowledged and fixed."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from candor.options import (
    AsJson,
    ConfigPath,
    SinceOption,
    StoreAddress,
    UntilOption,
    config_of,
    opened,
    when,
    write_json,
)

if TYPE_CHECKING:
    from analysis.ledger.response import Delay, Delays


def response(
    since: SinceOption = "90d",
    until: UntilOption = None,
    now: Annotated[str | None, typer.Option("--now", help="As if it were this time.")] = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Show how long complaints about our brands waited: until collected, first acknowledged (`candor ack`), and fixed.

    What still waits counts as longer than until now, so that an unanswered pile never flatters.

    Example:

      candor response --since 30d
    """
    from analysis.measure.sections.response import responses

    settings = config_of(config, store)
    moment = when(now, now=datetime.now(UTC), flag="--now") or datetime.now(UTC)
    first = when(since, now=moment, flag="--since")
    assert first is not None
    last = when(until, now=moment, flag="--until") or moment
    with opened(settings) as opened_store:
        delays = responses(opened_store, settings.brands, since=first, until=last, now=moment)
    if as_json:
        write_json([dataclasses.asdict(delays)])
    else:
        _show(delays)


def _show(delays: Delays) -> None:
    from rich.table import Table

    from candor.streams import Terminal

    out = Terminal(highlight=False)
    table = Table("from the post to", "reached", "half within", "nine of ten within", box=None, pad_edge=False)
    for words, delay in (
        ("its collection", delays.collected),
        ("the first acknowledgement", delays.acknowledged),
        ("a shipped fix", delays.fixed),
    ):
        table.add_row(words, f"{delay.reached} of {delay.of}", _span(delay.median_s, delay), _span(delay.p90_s, delay))
    out.print(f"{delays.posts} complaints{' (a random part of all)' if delays.sampled else ''}")
    out.print(table)


def _span(seconds: float | None, delay: Delay) -> str:
    if seconds is None:
        return "not yet" if delay.of else "nothing to count"
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
