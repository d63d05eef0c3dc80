"""``candor account``: who may open the team's page from other machines, and which programs may ask it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.errors import UsageError
from analysis.model.times import written, written_minute
from candor.options import AsJson, ConfigPath, config_of, write_json
from candor.streams import say

if TYPE_CHECKING:
    from candor.serve.door.accounts import AccountBook

app = typer.Typer(no_args_is_help=True, help="Who may open the team's page: people by a password, programs by a token.")
Name = Annotated[str, typer.Argument(help="The name that somebody signs in with.")]
TokenName = Annotated[str, typer.Argument(help="What the token is called: the program that has it.")]


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


@app.command("token")
def token(
    name: TokenName,
    role: Annotated[str, typer.Option("--role", help="viewer, analyst or admin.")] = "viewer",
    days: Annotated[int, typer.Option("--days", help="After so many days it is over.")] = 90,
    config: ConfigPath = None,
) -> None:
    """Make a token for a program and show it, this once; one of the same name is over then.

    Examples:

      candor account token dashboard --role viewer --days 90
    """
    from candor.serve.door.tokens import TokenBook

    now = datetime.now(UTC)
    book = TokenBook(config_of(config, None, required=False).state)
    secret = book.make(name, role, days=days, now=now)
    say(f"candor: {name} may ask as {role} until {written_minute(book.all()[name].ends)}; this is not shown again:")
    typer.echo(secret)


@app.command("tokens")
def list_tokens(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """List the tokens with their roles and ends."""
    from candor.serve.door.tokens import TokenBook

    now, found = datetime.now(UTC), TokenBook(config_of(config, None, required=False).state).all().values()
    if as_json:
        write_json({"name": one.name, "role": one.role, "ends": written(one.ends, to="seconds")} for one in found)
        return
    for one in found:
        typer.echo(f"{one.name}  {one.role}  {'until' if now < one.ends else 'ended'} {written_minute(one.ends)}")
    if not found:
        typer.echo("No tokens: `candor account token NAME`.")


@app.command("revoke")
def revoke(name: TokenName, config: ConfigPath = None) -> None:
    """End a token now."""
    from candor.serve.door.tokens import TokenBook

    if not TokenBook(config_of(config, None, required=False).state).remove(name):
        raise UsageError(f"{name} is no token; `candor account tokens` shows them")
    typer.echo(f"{name} may no longer ask.")


def _asked() -> str:
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the password on; hand it in with --stdin")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _accounts(config: ConfigPath) -> AccountBook:
    from candor.serve.door.accounts import AccountBook

    return AccountBook(config_of(config, None, required=False).state)
