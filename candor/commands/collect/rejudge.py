"""``candor rejudge``: stored mentions judged again by today's models, taxonomy and corrections of the code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from candor.checks.values import checked
from candor.options import (
    AsJson,
    BrandOption,
    ConfigPath,
    Hired,
    On,
    QueryOption,
    SinceOption,
    SourceOption,
    StoreAddress,
    UntilOption,
    WhereOption,
    WithoutOption,
    config_of,
    filter_of,
    opened,
    write_json,
)
from candor.streams import Terminal, say

if TYPE_CHECKING:
    from analysis.ingest.rejudge import Rejudged

_SHOWN = 20


def rejudge(
    check: Annotated[bool, typer.Option("--check", help="Only say what would change; nothing is written.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="At most so many, drawn by lot.")] = None,
    back: Annotated[str, typer.Option("--back", help="Bring back what this run replaced.")] = "",
    drop: Annotated[str, typer.Option("--drop", help="Drop what this run replaced: it cannot be brought back.")] = "",
    brand: BrandOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    where: WhereOption = None,
    without: WithoutOption = None,
    query: QueryOption = None,
    on: On = None,
    actors: Hired = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Judge stored mentions again: by a new model, or after a change of the taxonomy. Corrections stay.

    What was read is not touched, and no site is asked. A run that was stopped is taken up by the next: what today's
    models have judged is passed over. Others may read the store meanwhile. With --on the actors of a cluster judge, and
    this machine alone reads and writes the store.

    Examples:

      candor rejudge --check --limit 500

      candor rejudge --since 365d

      candor rejudge --on ray://head:10001

      candor rejudge --back rejudge-20260301T101500
    """
    from candor.cluster.hiring import hired_on
    from crawler.rejudging import rejudge as judge_again

    settings = config_of(config, store)
    if back or drop:
        _undo(settings, back, drop)
        return
    now = datetime.now(UTC)
    chosen = filter_of(
        now=now, brand=brand, source=source, since=since, until=until, query=query, where=where, without=without
    )
    run = "" if check else f"rejudge-{now:%Y%m%dT%H%M%S}"
    with opened(settings, write=not check) as target:
        chosen = checked(chosen, config=settings, store=target)
        with hired_on(settings, on, actors) as hired:
            compared = judge_again(settings, target, chosen, run=run, limit=limit, hired=hired)
    if as_json:
        write_json([_row(compared, run)])
    else:
        _show(compared, run)


def _undo(settings: Any, back: str, drop: str) -> None:
    from analysis.store.letters import FormerJudgements
    from crawler.rejudging import bring_back

    if back and drop:
        raise UsageError("--back, --drop: choose one")
    run, flag = (back, "--back") if back else (drop, "--drop")
    with opened(settings, write=True) as target:
        folder = target.letters.path.parent
        runs = FormerJudgements.runs(folder)
        if run not in runs:
            known = f"there are {', '.join(runs)}" if runs else "there is none"
            raise UsageError(f"{flag}: no judgements are kept that {run!r} replaced; {known}")
        if back:
            say(f"brought back {bring_back(target, run)} judgements")
            return
        for path in FormerJudgements(folder, run).files():
            path.unlink()
        say(f"dropped what {run} replaced")


def _row(compared: Rejudged, run: str) -> dict[str, Any]:
    return {
        "run": run or None,
        "judged": compared.judged,
        "changed": compared.changed,
        "no_longer_named": compared.unnamed,
        "model": {"from": dict(compared.models), "to": compared.model},
        "changes": [
            {
                "field": change.name,
                "brand": change.brand,
                "from": change.before,
                "to": change.after,
                "mentions": count,
                "examples": [example._asdict() for example in compared.examples.get(change, ())],
            }
            for change, count in compared.changes.most_common()
        ],
    }


def _show(compared: Rejudged, run: str) -> None:
    from rich.table import Table

    out = Terminal(highlight=False)
    if not compared.judged:
        out.print("Every mention chosen is judged by today's models already.", markup=False)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("what", "brand", "from", "to"):
        table.add_column(name)
    table.add_column("mentions", justify="right")
    table.add_column("for example")
    for change, count in compared.changes.most_common(_SHOWN):
        examples = compared.examples.get(change, ())
        words = examples[0].quote or examples[0].url if examples else "private"
        cells = (change.name, change.brand, change.before or "-", change.after or "-", f"{count:,}", words)
        table.add_row(*map(_plain, cells))
    if compared.changes:
        out.print(table)
    left = len(compared.changes) - _SHOWN
    if left > 0:
        out.print(f"and {left} more kinds of change; --json has them all", markup=False)
    done = "Judged again" if run else "Would be judged again"
    out.print(f"{done}: {compared.judged:,} mentions, {compared.changed:,} with another label.", markup=False)
    if compared.unnamed:
        out.print(
            f"{compared.unnamed:,} name their brand no more by today's queries; they stay as they are.", markup=False
        )
    if run:
        out.print(f"To undo it: candor rejudge --back {run}", markup=False)


def _plain(words: str) -> Any:
    from rich.text import Text

    return Text(words)
