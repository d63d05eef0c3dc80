"""``candor audit``: what was deleted and relabelled by hand, in a chain that cannot be changed unseen."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from analysis.model.errors import UsageError
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json
from candor.signing import ReasonOption, WhoOption, stamp

app = typer.Typer(no_args_is_help=True, help="The log of every deletion and correction.")


@app.command("verify")
def verify(
    noted: Annotated[
        str | None, typer.Option("--noted", help="NUMBER:HASH that an earlier check printed and you kept elsewhere.")
    ] = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Check the whole log; the first broken entry is named, and makes the exit status 1.

    Keep the number and hash that it prints somewhere else: with --noted a log that was written anew is seen too.

    Examples:

      candor audit verify

      candor audit verify --noted 12:9f2c41d07be1
    """
    from analysis.ledger.checks import check
    from candor.streams import Terminal

    with opened(config_of(config, store, required=False)) as opened_store:
        checked = check(opened_store.records, noted=_noted(noted))
    if as_json:
        write_json([{"sound": checked.sound, **dataclasses.asdict(checked)}])
    else:
        out = Terminal(highlight=False, soft_wrap=True)
        chain = checked.chain
        if chain.broken:
            out.print(f"BROKEN at {chain.broken_at}: {chain.broken}; {chain.entries} entries before it are sound.")
        for words in checked.differing:
            out.print(f"BROKEN: {words}", markup=False)
        for words in checked.unfinished:
            out.print(f"Unfinished: {words}; run the command again, it does the rest.", markup=False)
        if checked.sound:
            out.print(f"Sound: {chain.entries} entries. Note elsewhere: {chain.entries}:{chain.newest[:16]}")
    if not checked.sound:
        raise typer.Exit(1)


@app.command("accept")
def accept(reason: ReasonOption, by: WhoOption = "", config: ConfigPath = None, store: StoreAddress = None) -> None:
    """Go on with a log whose end is missing, because an older copy of the store was put back; the log says so itself.

    Example:

      candor audit accept --reason "the disk died on 3 May; copy of 2 May put back"
    """
    from analysis.ledger import audit

    with opened(config_of(config, store, required=False)) as opened_store:
        entry = audit.accept(opened_store.records, reason=reason, stamp=stamp(by))
    print(f"Accepted: {entry.details['kept']} of {entry.details['known']} entries are there. Logged as {entry.seq}.")


@app.command("show")
def show(
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many of the newest.")] = 50,
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Show the log, oldest first: what was deleted or corrected, by whom, when and why.

    Example:

      candor audit show --json
    """
    from collections import deque

    from rich.table import Table
    from rich.text import Text

    from analysis.ledger import audit
    from candor.streams import Terminal

    with opened(config_of(config, store, required=False)) as opened_store:
        newest = deque(audit.entries(opened_store.records), maxlen=last)
    if as_json:
        write_json(dataclasses.asdict(entry) for entry in newest)
        return
    table = Table("no", "when", "who", "what", "details", "reason", box=None, header_style="bold", pad_edge=False)
    for entry in newest:
        details = " ".join(f"{name}={value}" for name, value in entry.details.items() if name in _SHOWN)
        cells = (entry.at[:16], entry.who, entry.action, details, entry.reason)
        table.add_row(str(entry.seq), *(Text(cell) for cell in cells))
    Terminal(highlight=False).print(table if newest else "The log is empty: nothing was deleted or corrected.")


_SHOWN = ("target", "count", "brand", "from", "to", "erasure")


def _noted(text: str | None) -> tuple[int, str] | None:
    if not text:
        return None
    number, _, beginning = text.partition(":")
    if not number.isdigit() or len(beginning) < 8 or not set(beginning) <= set("0123456789abcdef"):
        raise UsageError(f"--noted: {text!r} is not NUMBER:HASH as `candor audit verify` prints it")
    return int(number), beginning
