"""``candor fix``: the ledger of what was done about complaints, and whether it worked."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from analysis.model.records.ledger import FIXES, Fix
from candor.checks.values import as_id
from candor.ledger_tables import entry_row, history, shown_entries
from candor.next_steps import typed
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json
from candor.signing import ReasonOption, ThemeOption, WhoOption, known, stamp

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from analysis.store.base import Store
    from analysis.track.sections.fixes import FixResult

app = typer.Typer(no_args_is_help=True, help="The fix ledger: what was done about complaints, and whether it worked.")
Shipped = Annotated[str, typer.Option("--shipped", help="The day it reached customers, such as 2026-10-01.")]
Brand = Annotated[str, typer.Option("--brand", "-b", help="Which of our brands; all of them if not given.")]
Version = Annotated[str, typer.Option("--version", help="The version that has it.")]
Note = Annotated[str, typer.Option("--note", help="What was changed, in a few words.")]
Status = Annotated[str, typer.Option("--status", help="open, planned, shipped or declined (with --reason).")]
Key = Annotated[str, typer.Argument(help="The entry's number, as `candor fix list` shows it.")]


@app.command("add")
def add(
    theme: ThemeOption,
    shipped: Shipped = "",
    brand: Brand = "",
    version: Version = "",
    note: Note = "",
    status: Status = "",
    reason: ReasonOption = "",
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Enter a fix. From then on each report says whether complaints on the theme fell because of it.

    Examples:

      candor fix add --theme battery --shipped 2026-10-01 --version 2.3 --note "new charging curve"

      candor fix add --theme delivery --status declined --reason "the carrier's to solve"
    """
    from analysis.ledger import fixes

    settings, signed = config_of(config, store), stamp(by)
    with opened(settings) as opened_store:
        made = fixes.add(
            opened_store.records,
            theme=as_id("topics", theme, config=settings),
            known=known(settings),
            stamp=signed,
            shipped=shipped,
            brand=as_id("brand.id", brand, config=settings),
            version=version,
            note=note,
            status=status,
            reason=reason,
        )
    _told(made, "added", signed.at, as_json=as_json)


@app.command("edit")
def edit(
    key: Key,
    reason: ReasonOption,
    theme: Annotated[str | None, typer.Option("--theme", "-t", help="Another topic.")] = None,
    shipped: Annotated[str | None, typer.Option("--shipped", help="Another day, or '' for not yet.")] = None,
    brand: Annotated[str | None, typer.Option("--brand", "-b", help="Another brand, or '' for all of ours.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="Another version.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="Other words.")] = None,
    status: Annotated[str | None, typer.Option("--status", help="open, planned, shipped or declined.")] = None,
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Change an entry. What it said before stays in its history, with who changed it, when and why.

    Example:

      candor fix edit 3 --shipped 2026-10-04 --reason "the roll-out was late"
    """
    from analysis.ledger import fixes

    given = {"theme": theme, "shipped": shipped, "brand": brand, "version": version, "note": note, "status": status}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise UsageError("nothing to change: give --shipped, --theme, --brand, --version, --note or --status")
    if shipped == "" and status is None:
        changes["status"] = "open"
    settings, signed = config_of(config, store), stamp(by)
    for name, path in (("theme", "topics"), ("brand", "brand.id")):
        if changes.get(name):
            changes[name] = as_id(path, changes[name], config=settings)
    with opened(settings) as opened_store:
        made = fixes.edit(opened_store.records, key, changes, known=known(settings), stamp=signed, reason=reason)
    _told(made, "changed", signed.at, as_json=as_json)


@app.command("list")
def list_fixes(config: ConfigPath = None, store: StoreAddress = None, as_json: AsJson = False) -> None:
    """List the ledger, newest last.

    Example:

      candor fix list --json
    """
    settings = config_of(config, store)
    with opened(settings) as opened_store:
        entered = list(FIXES.values(opened_store.records))
    today = datetime.now(UTC).date()
    if as_json:
        write_json(_row(fix, today) for fix in entered)
    else:
        from analysis.ledger.fixes import standing

        shown = [dataclasses.replace(fix, status=standing(fix, today)) for fix in entered]
        example = typed("candor fix add --theme battery --shipped 2026-10-01", settings.call)
        shown_entries(shown, empty=f"No fixes yet: {example}")


@app.command("show")
def show(
    key: Key,
    now: Annotated[str | None, typer.Option("--now", help="Judge as if it were this time.")] = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Show one fix, its history, and whether it worked until now.

    Example:

      candor fix show 3
    """
    from analysis.ledger import entries
    from candor.options import when

    settings = config_of(config, store)
    moment = when(now, now=datetime.now(UTC), flag="--now") or datetime.now(UTC)
    with opened(settings) as opened_store:
        fix = entries.find(opened_store.records, FIXES, key).value
        judged = _verdicts(settings, opened_store, fix, moment)
    if as_json:
        write_json([{**entry_row(FIXES, fix), "verdicts": [_verdict_row(settings, verdict) for verdict in judged]}])
        return
    shown_entries([fix], empty="")
    _show_verdicts(judged)
    history(fix)


def _verdicts(settings: Config, opened_store: Store, fix: Fix, now: datetime) -> tuple[FixResult, ...]:
    from analysis.enrich.taxonomy import taxonomy_of
    from analysis.measure.sections.fixes import verdicts

    names = {topic.id: topic.name for topic in taxonomy_of(settings).topics.values()}
    return verdicts(opened_store, [fix], settings.brands, settings.sources, now, names=names)


def _verdict_row(settings: Config, verdict: FixResult) -> dict[str, Any]:
    """Return a verdict as scripts read it, with the command that writes its evidence."""
    from analysis.report.commands import export

    row = _plain(dataclasses.asdict(verdict))
    row["evidence"]["command"] = export(verdict.evidence, [brand.id for brand in settings.brands], call=settings.call)
    return dict(row)


def _plain(value: Any) -> Any:
    """Return ``value`` with its times and days as text."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else value


def _show_verdicts(judged: Sequence[FixResult]) -> None:
    from candor.streams import Terminal

    out = Terminal(highlight=False)
    if not judged:
        out.print("No verdict: nothing is shipped yet, or there are no mentions to judge by.")
    for verdict in judged:
        out.print(f"{verdict.brand}: {verdict.verdict}", style="bold", markup=False)
        if verdict.effect is not None:
            words = f"{verdict.effect.value:+.0%} complaints on {verdict.theme_name} against the competitors"
            out.print(f"  {words} (95%: {verdict.effect.low:+.0%} to {verdict.effect.high:+.0%})", markup=False)
        out.print(
            f"  before: {verdict.before} of {verdict.before_of} mentions; after: {verdict.after} of {verdict.after_of}"
        )
        if verdict.needed:
            out.print(f"  {verdict.needed}", markup=False)


def _row(fix: Fix, today: date) -> dict[str, Any]:
    from analysis.ledger.fixes import standing

    return {**entry_row(FIXES, fix), "status": standing(fix, today)}


def _told(fix: Fix, what: str, at: datetime, *, as_json: bool) -> None:
    from analysis.ledger.fixes import remark, standing
    from candor.streams import Terminal

    note = remark(fix, at.date())
    if as_json:
        write_json([{**_row(fix, at.date()), "remark": note}])
        return
    out = Terminal(highlight=False)
    out.print(f"Fix {int(fix.key)} {what}: {fix.theme}, {standing(fix, at.date())}.", markup=False)
    if note:
        out.print(f"Note: {note}.", markup=False)
