"""``candor judge``: run the enrichers on texts, to see and to score what they say."""

from __future__ import annotations

from typing import Annotated

import typer

from candor.options import json_rows, write_json


def judge(
    file: Annotated[str, typer.Argument(help='JSON lines {"id","text","targets"?}; - reads standard input.')],
    task: Annotated[str | None, typer.Option("--task", metavar="NAME", help="One judgement alone.")] = None,
) -> None:
    """Judge texts: sentiment towards each target, intents, topics, comparison, moves, severity, switching.

    --task takes one of those names, or phrases, relevance or standing, which are answered only where asked for.

    Examples:

      echo '{"id":1,"text":"The Ulmo is quiet but it leaks.","targets":[{"start":4,"end":8}]}' | candor judge -

      candor judge texts.jsonl --task sentiment
    """
    from analysis.enrich.judge import judge_rows

    write_json(judge_rows(json_rows(file), task=task))
