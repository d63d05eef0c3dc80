"""``candor proposals``: what agents propose, and a person's word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.records.proposal import PROPOSALS
from candor.ledger_tables import entry_row
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json
from candor.signing import ReasonOption, WhoOption, known, stamp

if TYPE_CHECKING:
    from analysis.model.records.proposal import Proposal

app = typer.Typer(no_args_is_help=True, help="Proposals of agents: nothing is done until a person accepts one.")
Key = Annotated[str, typer.Argument(help="The proposal's number.")]


@app.command("list")
def list_proposals(
    everything: Annotated[bool, typer.Option("--all", help="Those that were decided, too.")] = False,
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for a decision, oldest first.

    Example:

      candor proposals list --all --json
    """
    from analysis.ledger.proposals import waiting

    with opened(config_of(config, store)) as kept:
        found = list(PROPOSALS.values(kept.records)) if everything else waiting(kept.records)
    if as_json:
        write_json(entry_row(PROPOSALS, one) for one in found)
        return
    _print([line for one in found for line in lines_of(one)] or ["No proposal waits."])


@app.command("accept")
def accept(
    key: Key,
    note: Annotated[str, typer.Option("--note", help="A word on it. It is kept.")] = "",
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Carry a proposal out, in your name: the fix is entered, the judgement corrected.

    Example:

      candor proposals accept 3
    """
    from analysis.ledger import proposals

    settings = config_of(config, store)
    with opened(settings) as kept:
        made = proposals.accept(kept, key, known=known(settings), stamp=stamp(by), note=note)
    if as_json:
        write_json([entry_row(PROPOSALS, made)])
    else:
        _print([f"Accepted: {made.what} {made.made.lstrip('0')} is entered."])


@app.command("decline")
def decline(
    key: Key,
    reason: ReasonOption,
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Decline a proposal, and say why: the agent can read it.

    Example:

      candor proposals decline 3 --reason "it is irony"
    """
    from analysis.ledger import proposals

    with opened(config_of(config, store)) as kept:
        made = proposals.decline(kept.records, key, reason=reason, stamp=stamp(by))
    if as_json:
        write_json([entry_row(PROPOSALS, made)])
    else:
        _print([f"Declined: proposal {int(made.key)}."])


def lines_of(one: Proposal) -> list[str]:
    """Return a proposal as a person reads it."""
    values = ", ".join(f"{name} {value}" for name, value in one.values.items() if value)
    was = f" (says {one.was} now)" if one.was else ""
    decided = f" by {one.decided_by}: {one.note}" if one.decided_by else ""
    return [
        f"{int(one.key)}  {one.what}: {values}{was}",
        f"   {one.state}{decided}; proposed by {one.who} on {one.at:%Y-%m-%d %H:%M}: {one.reason}",
        f"   rests on {', '.join(one.evidence)}",
    ]


def _print(lines: list[str]) -> None:
    from candor.streams import Terminal

    Terminal(highlight=False, soft_wrap=True).print("\n".join(lines), markup=False)
