"""``candor cluster``: look at the Ray cluster that crawls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, write_json

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="Look at the Ray cluster that crawls.")
_SHOWN = 6


@app.callback()
def cluster() -> None:
    """Look at the Ray cluster that crawls."""


@app.command("status")
def status(
    config: ConfigPath = None,
    store: StoreAddress = None,
    on: Annotated[
        str, typer.Option("--on", help="The cluster: ray (what RAY_ADDRESS names), ray://head:10001.")
    ] = "ray",
    as_json: AsJson = False,
) -> None:
    """Show the nodes, the crawl actors, what waits for each, what it has in hand, how fast it is and what failed.

    Examples:

      candor cluster status --on ray://head:10001

      candor cluster status --json | jq 'select(.what == "actor") | .failing[]'
    """
    from candor.cluster.status import rows
    from crawler.cluster.connection import address_of

    settings = config_of(config, store, required=False)
    address = address_of(on)
    if not address:
        raise UsageError("no cluster is named: set RAY_ADDRESS, or give its address with --on ray://head:10001")
    found = list(rows(address, store=settings.store))
    if as_json:
        write_json(found)
    else:
        _show(found)


def _show(rows: list[dict[str, Any]]) -> None:
    from candor.streams import Terminal

    console = Terminal(highlight=False)
    console.print(_nodes([row for row in rows if row["what"] == "node"]))
    actors = [row for row in rows if row["what"] == "actor"]
    if not actors:
        console.print("\nNobody crawls on it.", markup=False)
        return
    console.print()
    console.print(_actors(actors))
    for row in actors:
        for failure in row.get("failing", ()):
            console.print(f"{failure['source']}: {failure['cause']}", markup=False)


def _nodes(rows: list[dict[str, Any]]) -> Table:
    table = _table("Node", "State", "CPUs", "Memory")
    for row in rows:
        state = "alive" if row["alive"] else "dead"
        table.add_row(row["address"], state, f"{row['cpus']:g}", f"{row['memory_bytes'] / 2**30:.1f} GiB")
    return table


def _actors(rows: list[dict[str, Any]]) -> Table:
    table = _table("Actor", "State", "Waiting", "In hand", "Done", "Pages/min", "Mentions/min", "Failing", "Hosts")
    for row in rows:
        hosts = row.get("hosts", [])
        named = ", ".join(hosts[:_SHOWN]) + (f" and {len(hosts) - _SHOWN} more" if len(hosts) > _SHOWN else "")
        name = row["actor"] + ("" if row["ours"] else " (of another store)")
        rates = [f"{row.get('a_minute', {}).get(what, 0):g}" for what in ("pages", "mentions")]
        hands = [str(row.get("queued", 0)), str(len(row.get("in_hand", []))), str(row.get("done", 0))]
        table.add_row(name, row["state"], *hands, *rates, str(len(row.get("failing", []))), named)
    return table


def _table(*names: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold")
    return table
