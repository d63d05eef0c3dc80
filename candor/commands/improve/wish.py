"""``candor wish``: what became of what people asked for."""

from __future__ import annotations

from typing import Annotated

import typer

from analysis.model.records.ledger import WISHES
from candor.checks.values import as_id
from candor.ledger_tables import entry_row, history, shown_entries
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json
from candor.signing import ReasonOption, ThemeOption, WhoOption, known, stamp

app = typer.Typer(no_args_is_help=True, help="The ledger of wishes: open, planned, shipped or declined, and why.")


@app.command("add")
def add(
    theme: ThemeOption,
    note: Annotated[str, typer.Option("--note", help="What people wish for, in a few words.")],
    brand: Annotated[str, typer.Option("--brand", "-b", help="Which of our brands; all if not given.")] = "",
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Enter a wish; it is open until `candor wish set` says otherwise.

    Example:

      candor wish add --theme charging --note "charge over USB-C"
    """
    from analysis.ledger import wishes
    from candor.streams import Terminal

    settings = config_of(config, store)
    with opened(settings) as opened_store:
        made = wishes.add(
            opened_store.records,
            theme=as_id("topics", theme, config=settings),
            note=note,
            brand=as_id("brand.id", brand, config=settings),
            known=known(settings),
            stamp=stamp(by),
        )
    if as_json:
        write_json([entry_row(WISHES, made)])
    else:
        Terminal(highlight=False).print(f"Wish {int(made.key)} added: {theme}, open.", markup=False)


@app.command("set")
def settle(
    key: Annotated[str, typer.Argument(help="The wish's number, as `candor wish list` shows it.")],
    status: Annotated[str, typer.Option("--status", help="open, planned, shipped or declined.")],
    reason: ReasonOption,
    shipped: Annotated[str, typer.Option("--shipped", help="For a shipped wish: the day; today if not given.")] = "",
    version: Annotated[str, typer.Option("--version", help="For a shipped wish: the version that has it.")] = "",
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Say what becomes of a wish, and why. What was said before stays in its history.

    Example:

      candor wish set 2 --status declined --reason "needs a new connector; planned for the next model"
    """
    from analysis.ledger import wishes

    settings = config_of(config, store)
    with opened(settings) as opened_store:
        made = wishes.settle(
            opened_store.records,
            key,
            status=status,
            reason=reason,
            known=known(settings),
            stamp=stamp(by),
            shipped=shipped,
            version=version,
        )
    if as_json:
        write_json([entry_row(WISHES, made)])
    else:
        shown_entries([made], empty="")
        history(made)


@app.command("list")
def list_wishes(config: ConfigPath = None, store: StoreAddress = None, as_json: AsJson = False) -> None:
    """List the wishes, newest last; with --json each with its history.

    Example:

      candor wish list
    """
    with opened(config_of(config, store)) as opened_store:
        entered = list(WISHES.values(opened_store.records))
    if as_json:
        write_json(entry_row(WISHES, wish) for wish in entered)
    else:
        shown_entries(entered, empty='No wishes yet: candor wish add --theme charging --note "charge over USB-C"')
