"""``candor label``: is the machine right? One question after another, the least sure first, one key an answer."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from candor.options import (
    AsJson,
    BrandOption,
    ConfigPath,
    QueryOption,
    SinceOption,
    StoreAddress,
    UntilOption,
    config_of,
    filter_of,
    json_rows,
    opened,
    write_json,
)
from candor.signing import WhoOption, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.ledger.learning.confirmations import GivenAnswer, Precision
    from analysis.ledger.learning.doubts import Doubt
    from analysis.model.records.audit import CorrectedField
    from analysis.settings.file import Config
    from analysis.store.base import Filter, Store


def label(
    task: Annotated[
        list[str] | None, typer.Option("--task", metavar="NAME", help="Only this judgement. May be repeated.")
    ] = None,
    brand: BrandOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    query: QueryOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many questions.")] = 20,
    answers: Annotated[
        str, typer.Option("--answers", metavar="FILE", help="Take answers from JSON lines; - reads standard input.")
    ] = "",
    report: Annotated[bool, typer.Option("--report", help="How often it is right, by answers drawn by lot.")] = False,
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Answer whether judgements are right: the least sure first, every fifth one drawn by lot.

    What is wrong becomes a correction, what is right is kept too: candor learn learns from both. The tasks are
    sentiment, complaint, praise, wish, question, severity, topic, move and relevance. --json prints the questions and
    changes nothing; with "says" added to a line (right, another choice, or skip) it is an answer for --answers.

    Examples:

      candor label --task complaint --brand tessaro

      candor label --json --limit 50 > questions.jsonl

      candor label --answers answers.jsonl --by ann

      candor label --report
    """
    if report and answers:
        raise UsageError("--report, --answers: choose one")
    now = datetime.now(UTC)
    settings = config_of(config, store)
    where = filter_of(now=now, brand=brand, since=since, until=until, query=query)
    tasks = _tasks(task)
    with opened(settings) as target:
        if report:
            _report(target, where.since, tasks, as_json=as_json)
        elif answers:
            _take(target, answers, by, as_json=as_json)
        else:
            _ask(settings, target, where, tasks, limit, by, as_json=as_json)


def _tasks(given: list[str] | None) -> Sequence[CorrectedField]:
    from analysis.ledger.entries import chosen
    from analysis.ledger.learning.doubts import ASKED

    for name in given or ():
        chosen("task", name, ASKED)
    return [task for task in ASKED if not given or task in given]


def _ask(
    settings: Config,
    target: Store,
    where: Filter,
    tasks: Sequence[CorrectedField],
    limit: int,
    by: str,
    *,
    as_json: bool,
) -> None:
    """Print the questions, or ask them on the terminal."""
    from candor.labels import row_of
    from candor.streams import say

    if not as_json and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on; use --json for the questions, and --answers for the answers")
    items = _questions(settings, target, where, tasks, limit)
    if as_json:
        write_json(map(row_of, items))
    elif not items:
        say("candor: nothing to ask: no judgement of these mentions is unsure, or all were answered")
    else:
        _on_terminal(target, items, by)


def _questions(
    settings: Config, target: Store, where: Filter, tasks: Sequence[CorrectedField], limit: int
) -> list[Doubt]:
    from analysis.ingest.learning import next_questions
    from analysis.ledger.learning import learnt
    from candor.checks.values import checked
    from candor.options import enricher_of
    from candor.signing import known

    target.refresh()
    return next_questions(
        target,
        checked(where, config=settings, store=target),
        tasks=tasks,
        topics=sorted(known(settings).topics),
        limit=limit,
        enricher=enricher_of(settings, layer=learnt.bytes_of(target.records)) if settings.brands else None,
    )


def _on_terminal(target: Store, items: Sequence[Doubt], by: str) -> None:
    import click

    from analysis.ledger.learning import confirmations
    from analysis.ledger.learning.confirmations import answer
    from analysis.model.records.audit import Correction
    from candor.labels import asked
    from candor.streams import Terminal

    out = Terminal(highlight=False, soft_wrap=True)
    confirmations.DERIVED.complete(target.records)
    given, wrong = 0, 0
    for item, says in asked(items, key=click.getchar, out=out):
        made = answer(
            target.records,
            item.mention,
            what=item.task,
            was=item.value,
            says=says,
            drawn=item.drawn,
            stamp=stamp(by),
        )
        given, wrong = given + 1, wrong + isinstance(made, Correction)
    out.print(f"\n{given} answered, {wrong} of them corrections. candor label --report tells how often it is right.")


def _take(target: Store, file: str, by: str, *, as_json: bool) -> None:
    """Enter the answers of a file. A line that is none is told, and the others are entered."""
    from analysis.ledger import corrections
    from analysis.ledger.learning import confirmations
    from candor.streams import say

    corrections.DERIVED.complete(target.records)
    confirmations.DERIVED.complete(target.records)
    made: list[GivenAnswer] = []
    failed = skipped = 0
    for number, row in enumerate(json_rows(file), start=1):
        try:
            entered = _entered(target, row, f"{file}: answer {number}", by)
        except UsageError as error:
            say(f"candor: {error}")
            failed += 1
            continue
        skipped += entered is None
        made += [entered] if entered else []
        if as_json and entered:
            write_json([_entry(entered)])
    if not as_json:
        wrong = sum(_entry(one)["corrected"] for one in made)
        print(f"{len(made)} answers entered, {wrong} of them corrections; {skipped} skipped, {failed} failed.")
    if failed:
        raise typer.Exit(1)


def _entered(target: Store, row: dict[str, Any], place: str, by: str) -> GivenAnswer | None:
    from analysis.ledger import corrections
    from analysis.ledger.learning import confirmations
    from candor.labels import answer_of

    name, what, value, says, drawn = answer_of(row, place)
    if not says:
        return None
    mention = target.get([name]).get(name)
    if mention is None:
        raise UsageError(f"{place}: no mention has the id {name!r}")
    judged = value if what in confirmations.SEVERAL else corrections.judged(mention).said(what)
    if row.get("judged") not in (None, "", judged):
        raise UsageError(f"{place}: the mention is judged {judged!r} by now, not {row['judged']!r}; ask for it again")
    if not value or says == "right":
        says = judged if says == "right" else says
    try:
        return confirmations.answer(
            target.records, mention, what=what, was=value, says=says, drawn=drawn, stamp=stamp(by)
        )
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from None


def _entry(made: GivenAnswer) -> dict[str, Any]:
    from analysis.model.records.audit import CONFIRMATIONS, CORRECTIONS, Correction
    from candor.ledger_tables import entry_row

    if isinstance(made, Correction):
        return {"corrected": True, **entry_row(CORRECTIONS, made)}
    return {"corrected": False, **entry_row(CONFIRMATIONS, made)}


def _report(target: Store, since: datetime | None, tasks: Sequence[CorrectedField], *, as_json: bool) -> None:
    """Tell how often the machine was right where mentions were drawn by lot."""
    from analysis.ledger.learning.confirmations import precision

    found = [one for one in precision(target.records, since=since) if one.task in tasks]
    if as_json:
        write_json(map(_precision_row, found))
        return
    from rich.table import Table
    from rich.text import Text

    from candor.streams import Terminal

    out = Terminal(highlight=False)
    if not found:
        out.print("No question that was drawn by lot is answered yet; candor label asks every fifth one by lot.")
        return
    table = Table("task", "judged", "asked", "right", "95% interval", box=None, header_style="bold", pad_edge=False)
    for one in found:
        right = one.right
        cells = (one.task, one.judged or "all", f"{right.count:.0f}", f"{right.value:.0%}")
        table.add_row(*map(Text, cells), f"{right.low:.0%} to {right.high:.0%}")
    out.print(table)
    out.print("Of stories drawn by lot alone, so no answer about what was unsure counts; intervals are Wilson's.")


def _precision_row(one: Precision) -> dict[str, Any]:
    return {
        "task": one.task,
        "judged": one.judged or None,
        "asked": int(one.right.count),
        "right": round(one.right.value * one.right.count),
        "precision": round(one.right.value, 4),
        "low": round(one.right.low, 4),
        "high": round(one.right.high, 4),
    }
