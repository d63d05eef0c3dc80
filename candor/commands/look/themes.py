"""``candor themes``: complaints and wishes that no topic names, told together."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from analysis.model.times import written
from candor.checks.values import checked
from candor.options import (
    AsJson,
    BrandOption,
    ConfigPath,
    SinceOption,
    SourceOption,
    StoreAddress,
    UntilOption,
    config_of,
    filter_of,
    opened,
    write_json,
)
from candor.streams import say

if TYPE_CHECKING:
    from analysis.measure.unnamed import Gathered, ToldAlike

SHOWN = 3  # sentences of a group
EXAMPLES, FEWEST = 5, 3  # that its table begins with; that a topic needs


def themes(
    config: ConfigPath = None,
    store: StoreAddress = None,
    brand: BrandOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_toml: Annotated[
        bool, typer.Option("--toml", help="Write [[topics]] tables, to be read and put into candor.toml.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show complaints and wishes that no topic names, told together where they surely mean the same.

    A group is a proposal. As a [[topics]] table it becomes a topic: its mentions are a theme of the report, of alerts
    and of the fix ledger once `candor rejudge` has run.

    Examples:

      candor themes --since 90d

      candor themes --brand tessaro --toml >> candor.toml
    """
    if as_toml and as_json:
        raise UsageError("--toml: and --json are two forms; take one of them")
    from analysis.enrich.find.brands import brand_matcher
    from analysis.enrich.models.meaning.maker import hiding, shipped
    from analysis.measure.unnamed import told_alike

    settings = config_of(config, store)
    chosen = filter_of(now=datetime.now(UTC), brand=brand, source=source, since=since, until=until)
    with opened(settings) as kept:
        chosen = checked(chosen, config=settings, store=kept)
        hide = hiding([brand_matcher(each) for each in settings.brands])
        directions = shipped(settings.enrich.model, settings.enrich.threads)
        found = told_alike(kept, chosen, directions=directions, hide=hide)
    if as_json:
        write_json(map(_row, found.groups))
    elif as_toml:
        whole = [group for group in found.groups if len(_public(group)) >= FEWEST]
        for group in whole:
            typer.echo(table(group))
        if left := len(found.groups) - len(whole):
            say(f"{left} groups are left out: fewer than {FEWEST} different sentences in them may be quoted")
    else:
        _show(found)


def _row(group: ToldAlike) -> dict[str, Any]:
    return {
        "brand": group.brand,
        "kind": group.kind,
        "name": " ".join(group.words),
        "stories": group.stories,
        "first": written(group.first, to="auto"),
        "told": [{"mention": each.mention.id, "sentence": each.sentence} for each in group.told],
    }


def table(group: ToldAlike) -> str:
    """Return the group as a table of the configuration; what was written to the team alone gives no example."""
    examples = ",\n".join(f"    {json.dumps(text, ensure_ascii=False)}" for text in _public(group)[:EXAMPLES])
    name = json.dumps(" ".join(group.words), ensure_ascii=False)
    return f"[[topics]]\nname = {name}\nexamples = [\n{examples},\n]\n"


def _public(group: ToldAlike) -> list[str]:
    return list(dict.fromkeys(each.sentence for each in group.told if not each.mention.private))


def _show(found: Gathered) -> None:
    from rich.text import Text

    from candor.streams import Terminal

    out = Terminal(highlight=False)
    for group in found.groups:
        head = Text(" ".join(group.words), style="bold")
        head.append(f"  {group.brand}, {group.kind}, {group.stories} texts since {group.first:%Y-%m-%d}", style="dim")
        out.print(head)
        for each in group.told[:SHOWN]:
            out.print(Text("  " + each.sentence))
    left = f"; {found.left:,} of them could not be compared" if found.left else ""
    out.print(f"{len(found.groups)} groups in {found.read:,} sentences that no topic names{left}.")
    if found.groups:
        out.print("`candor themes --toml` writes them as topics; after that, `candor rejudge`.")
