"""``candor store``: set up, check, save, upgrade and copy stores; look at what a store refused."""

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
from candor.signing import WhoOption, stamp
from candor.streams import say

if TYPE_CHECKING:
    from analysis.store.base import Store
    from analysis.store.elastic.server.client import Connection
    from analysis.store.elastic.server.names import Names
    from analysis.store.letters import DeadLetters

app = typer.Typer(no_args_is_help=True, help="Set up, check, save, upgrade and copy stores.")
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
    """Read a store in a folder whole, each file, mention and record, and say what is damaged; exit 1 where anything is.

    Of a server: say in words where it differs from what this version of Candor needs.

    Example:

      candor store check
    """
    address = config_of(config, store, required=False).store
    if not _is_server(address):
        _check_folder(Path(address), as_json=as_json)
        return
    from analysis.store.elastic.server.setup import Setup

    with _server(address) as (connection, names):
        drift = Setup(connection, names).check()
    words = [with_command(difference.fact, difference.cure) for difference in drift]
    if as_json:
        write_json({"words": said, "fits": difference.fits} for said, difference in zip(words, drift, strict=True))
    else:
        _tell(words or ["everything is as it should be"])
    if drift:
        raise typer.Exit(1)


def _check_folder(folder: Path, *, as_json: bool) -> None:
    from analysis.store.embedded.inspection import inspect

    if not folder.exists():
        raise UsageError(f"{folder}: there is no store here; name its folder with --store")
    found, wrong = inspect(folder)
    read = {"mentions": found.mentions, "records": found.records}
    lost = {"mentions_lost": found.lost, "records_lost": found.records_lost, "more_may_be_lost": found.unsure}
    if as_json:
        write_json([{"sound": not wrong, **read, **lost, "wrong": wrong}])
    else:
        _tell([f"{folder}: {what}" for what in wrong])
        sound = f"sound: {found.mentions:,} mentions and {found.records:,} records were read"
        cure = (
            f"`candor store salvage {folder} NEW-FOLDER` saves {found.mentions:,} mentions, {found.records:,} records"
        )
        _tell([cure if wrong else sound])
    if wrong:
        raise typer.Exit(1)


@app.command("salvage")
def salvage(
    origin: Annotated[Path, typer.Argument(metavar="FROM", help="The folder of a damaged store; it is not changed.")],
    target: Annotated[Path, typer.Argument(metavar="TO", help="A new folder.")],
    by: WhoOption = "",
) -> None:
    """Save into a new store all that can be read of a damaged one, and count what cannot. What was erased stays out.

    Writes one JSON line; exits 1 where something was lost.

    Example:

      candor store salvage .candor/store .candor/saved
    """
    from analysis.ledger.rescue import rescue
    from analysis.store.open import open_store

    if not origin.is_dir():
        raise UsageError(f"FROM: {origin} is no folder")
    if origin.resolve() == target.resolve():
        raise UsageError("TO: a new folder is needed; the damaged store is not written to")
    with open_store(str(target), write=True, holder="candor store salvage") as saved:
        found = rescue(origin, saved, stamp=stamp(by), tell=_progress)
    row = {"mentions": found.mentions, "mentions_lost": found.lost, "records": found.records}
    row |= {"records_lost": found.records_lost, "more_may_be_lost": found.unsure or found.records_gone}
    write_json([{**row, "wrong": found.wrong}])
    if found.records_gone:
        what = "the audit log, the fixes, and what was erased and must not come back"
        _tell([f"the records are gone: {what}; erase that again"])
    if found.lost or found.records_lost or found.unsure or found.records_gone:
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

    What was erased in either stays out. A target with an audit log of its own keeps it, and its fixes, wishes and
    corrections. Writes one JSON line; exits 1 where the stores differ at the end, or such entries were left behind.

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
    row |= {"erased": moved.erased, "ledger_left": moved.ledger_left}
    write_json([{**row, "from": moved.origin, "to": moved.target, "same": moved.same}])
    if moved.ledger_left:
        own = "has an audit log and ledgers of its own, which stay as they are"
        _tell([f"{target} {own}; {moved.ledger_left} entries of {origin} were not copied"])
    if not moved.whole:
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
        write_json(letters.all())
        return
    with open_store(address, write=True, holder="candor store dead-letters") as place:
        written, refused, erased = _replay(place, letters)
    write_json([{"written": written, "refused": refused, **({"erased": erased} if erased else {})}])
    if refused:
        raise typer.Exit(1)


def _address(config: Path | None, store: str | None) -> str:
    address = config_of(config, store, required=False).store
    if not _is_server(address):
        raise UsageError(f"{address} is a folder, which needs none of this; name an Elasticsearch server with --store")
    return address


def _is_server(address: str) -> bool:
    return address.startswith(("http://", "https://"))


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


def _replay(store: Store, letters: DeadLetters) -> tuple[int, int, int]:
    """Write the letters again; return how many were written, refused again, and kept out because they were erased."""
    from analysis.model import mention_from
    from analysis.model.seen_before import not_erased
    from analysis.store.letters import read_batch

    written = refused = erased = 0
    # As many as there are now: what is refused again is written to a new file of letters.
    for _ in range(len(letters.files())):
        aside = letters.take()
        if aside is None:
            break
        rows = read_batch(aside)
        while some := list(islice(rows, _BATCH)):
            mentions = [mention_from(row["mention"]) for row in some]
            alive = not_erased(mentions, store.records, stored=store.get([mention.id for mention in mentions]))
            became = store.write(alive)
            refused += len(became.refused)
            written += len(alive) - len(became.refused)
            erased += len(mentions) - len(alive)
        aside.unlink()
    return written, refused, erased


def _progress(done: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} mentions", end="", file=sys.stderr, flush=True)


def _tell(lines: Sequence[str]) -> None:
    for line in lines:
        say(line)
