"""``candor account``: who may open the team's page from other machines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.errors import UsageError
from candor.options import AsJson, ConfigPath, config_of, write_json

if TYPE_CHECKING:
    from candor.serve.door.accounts import AccountBook

app = typer.Typer(no_args_is_help=True, help="Accounts of the team's page: names, roles, passwords.")
Name = Annotated[str, typer.Argument(help="The name that somebody signs in with.")]


@app.command("add")
def add(
    name: Name,
    role: Annotated[str, typer.Option("--role", help="viewer, analyst or admin.")] = "viewer",
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the password's line from standard input.")] = False,
    config: ConfigPath = None,
) -> None:
    """Make an account, or give one another role and password; its sessions are over then.

    Examples:

      candor account add ann --role analyst
    """
    password = sys.stdin.readline().rstrip("\r\n") if stdin else _asked()
    _accounts(config).put(name, role, password)
    typer.echo(f"{name} may sign in as {role}.")


@app.command("list")
def list_accounts(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """List the accounts with their roles."""
    found = _accounts(config).all().values()
    if as_json:
        write_json({"name": one.name, "role": one.role} for one in found)
        return
    for one in found:
        typer.echo(f"{one.name}  {one.role}")
    if not found:
        typer.echo("No accounts: `candor account add NAME`.")


@app.command("remove")
def remove(name: Name, config: ConfigPath = None) -> None:
    """Remove an account; its sessions are over."""
    if not _accounts(config).remove(name):
        raise UsageError(f"{name} is no account; `candor account list` shows them")
    typer.echo(f"{name} may no longer sign in.")


def _asked() -> str:
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the password on; hand it in with --stdin")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _accounts(config: ConfigPath) -> AccountBook:
    from candor.serve.door.accounts import AccountBook

    return AccountBook(config_of(config, None, required=False).state)
