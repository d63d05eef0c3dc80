"""``candor store``: set up, check, upgrade and copy stores; look at what a store refused."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.errors import UsageError
from candor.hints import with_command
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, write_json

if TYPE_CHECKING:
    from analysis.store.base import Store
    from analysis.store.elastic.server.client import Connection
    from analysis.store.elastic.server.names import Names
    from analysis.store.letters import DeadLetters

app = typer.Typer(no_args_is_help=True, help="Set up, check, upgrade and copy stores.")
_BATCH = 200


@app.command("setup")
def setup(
    config: ConfigPath = None,
    store: StoreAddress = None,
    roles: Annotated[bool, typer.Option("--roles", help="Also make the roles for writers and readers.")] = False,
    key: Annotated[str | None, typer.Option("--key", help="Make an API key for a writer or a reader.")] = None,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for the server to come up.")] = 0,
) -> None:
    """Install Candor's templates and indices on an Elasticsearch server; safe to repeat.

    With --key the new key is the one line on standard output. It is shown this once.

    Examples:

      candor store setup --store https://elastic.example:9200 --roles

      candor store setup --key writer > writer.key
    """
    from analysis.store.elastic.server.roles import ROLES, make_key, make_roles
    from analysis.store.elastic.server.setup import Setup, wait_for_server

    if key is not None and key not in ROLES:
        raise UsageError(f"--key: {key!r} is not one of {', '.join(ROLES)}")
    with _server(_address(config, store)) as (connection, names):
        if wait:
            wait_for_server(connection, seconds=wait)
        done = Setup(connection, names).install()
        _tell([with_command(step.fact, step.cure) for step in done] or ["everything is as it should be"])
        if roles:
            _tell([f"made the role {name}" for name in make_roles(connection, names)])
        if key is not None:
            print(make_key(connection, names, key))


@app.command("check")
def check(config: ConfigPath = None, store: StoreAddress = None, as_json: AsJson = False) -> None:
    """Say in words where the server differs from what this version of Candor needs; exit 1 where it does.

    Example:

      candor store check
    """
    from analysis.store.elastic.server.setup import Setup

    with _server(_address(config, store)) as (connection, names):
        drift = Setup(connection, names).check()
    words = [with_command(difference.fact, difference.cure) for difference in drift]
    if as_json:
        write_json({"words": said, "fits": difference.fits} for said, difference in zip(words, drift, strict=True))
    else:
        _tell(words or ["everything is as it should be"])
    if drift:
        raise typer.Exit(1)


@app.command("upgrade")
def upgrade(config: ConfigPath = None, store: StoreAddress = None) -> None:
    """Copy every mention to new indices and swap them in at once. Readers go on; writers wait in their spools.

    The old indices stay, out of use, until you remove them by name.

    Example:

      candor store upgrade
    """
    from analysis.store.elastic.server.setup import Setup
    from analysis.store.elastic.upgrade import upgrade as run

    with _server(_address(config, store)) as (connection, names):
        old = run(connection, Setup(connection, names), tell=lambda words: _tell([words]))
    _tell([f"out of use, remove it when you are content: {index}" for index in old])


@app.command("copy")
def copy(
    origin: Annotated[str, typer.Argument(metavar="FROM", help="A folder or http(s) address.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="A folder or http(s) address.")],
) -> None:
    """Copy mentions and records from one store to another, then compare both; go on where a copy was cut.

    Writes one JSON line; exits 1 where the stores differ at the end.

    Example:

      candor store copy .candor/store https://elastic.example:9200
    """
    from analysis.store.moving import copy_store
    from analysis.store.open import open_store

    if origin == target:
        raise UsageError("FROM and TO are the same store")
    with open_store(origin) as source, open_store(target, write=True, holder="candor store copy") as sink:
        moved = copy_store(source, sink, tell=_progress)
    row = {"mentions": moved.mentions, "records": moved.records, "skipped": moved.skipped, "newer": moved.newer}
    write_json([{**row, "from": moved.origin, "to": moved.target, "same": moved.same}])
    if not moved.same:
        raise typer.Exit(1)


@app.command("dead-letters")
def dead_letters(
    config: ConfigPath = None,
    store: StoreAddress = None,
    replay: Annotated[bool, typer.Option("--replay", help="Write them again; what is refused again stays.")] = False,
) -> None:
    """Show what the store refused, one JSON line each with the reason, or write it again after the cure.

    Example:

      candor store dead-letters --replay
    """
    from analysis.store.letters import DeadLetters
    from analysis.store.open import open_store

    address = config_of(config, store, required=False).store
    letters = DeadLetters(_folder(address))
    if not replay:
        # A lone surrogate is no character that could be printed: such letters are shown as JSON writes them.
        write_json(letters.all(), plain=True)
        return
    with open_store(address, write=True, holder="candor store dead-letters") as place:
        written, refused = _replay(place, letters)
    write_json([{"written": written, "refused": refused}])
    if refused:
        raise typer.Exit(1)


def _address(config: Path | None, store: str | None) -> str:
    address = config_of(config, store, required=False).store
    if not address.startswith(("http://", "https://")):
        raise UsageError(f"{address} is a folder, which needs none of this; name an Elasticsearch server with --store")
    return address


@contextmanager
def _server(address: str) -> Iterator[tuple[Connection, Names]]:
    from analysis.store.elastic.server.address import read_address, secrets_from
    from analysis.store.elastic.server.client import Connection, server_version
    from analysis.store.elastic.server.names import Names

    where = read_address(address)
    connection = Connection(where, secrets_from(os.environ))
    try:
        server_version(connection)
        yield connection, Names(where.prefix)
    finally:
        connection.close()


def _folder(address: str) -> Path:
    """Return the folder in which the letters of a store lie."""
    from analysis.store.elastic.server.address import read_address
    from analysis.store.elastic.spool import server_folder, spool_root

    if not address.startswith(("http://", "https://")):
        return Path(address)
    return server_folder(spool_root(os.environ), read_address(address).shown)


def _replay(store: Store, letters: DeadLetters) -> tuple[int, int]:
    from analysis.model import mention_from
    from analysis.store.letters import read_batch

    written = refused = 0
    # As many as there are now: what is refused again is written to a new file of letters.
    for _ in range(len(letters.files())):
        aside = letters.take()
        if aside is None:
            break
        rows = read_batch(aside)
        while some := list(islice(rows, _BATCH)):
            became = store.write([mention_from(row["mention"]) for row in some])
            refused += len(became.refused)
            written += len(some) - len(became.refused)
        aside.unlink()
    return written, refused


def _progress(done: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} mentions", end="", file=sys.stderr, flush=True)


def _tell(lines: Sequence[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
