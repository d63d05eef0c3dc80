"""``candor judge``: run the enrichers on texts, to see and to score what they say."""

from __future__ import annotations

from typing import Annotated

import typer

from analysis.model.errors import UsageError
from candor.options import json_rows_or_wrong, write_json
from candor.streams import say

_SHAPE = 'a line is {"id": 1, "text": "The Ulmo leaks.", "targets": [{"start": 4, "end": 8}]}; targets may be left out'


def judge(
    file: Annotated[str, typer.Argument(help='JSON lines {"id","text","targets"?}; - reads standard input.')],
    task: Annotated[str | None, typer.Option("--task", metavar="NAME", help="One judgement alone.")] = None,
) -> None:
    """Judge texts: sentiment towards each target, intents, topics, comparison, moves, severity, switching.

    A line that is none is named and left out, and makes the exit status 1 (2 where there is no other).

    --task takes one of those names, or phrases, relevance or standing, which are answered only where asked for.

    Examples:

      echo '{"id":1,"text":"The Ulmo is quiet but it leaks.","targets":[{"start":4,"end":8}]}' | candor judge -

      candor judge texts.jsonl --task sentiment
    """
    from analysis.enrich.judge import judge_rows

    failed = judged = 0

    def refused(error: UsageError) -> None:
        nonlocal failed
        failed += 1
        say(f"candor: {error}")

    for row in judge_rows(json_rows_or_wrong(file), task=task, refused=refused):
        write_json([row])
        judged += 1
    if failed and not judged:
        raise UsageError(f"{file}: no line could be judged; {_SHAPE}")
    if failed:
        say(f"candor: {failed} of {failed + judged} lines were not judged; {_SHAPE}")
        raise typer.Exit(1)
