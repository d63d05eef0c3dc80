"""``candor track``: the statistics behind the alerts and the fix ledger, on count series from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from candor.options import json_rows, write_json

app = typer.Typer(no_args_is_help=True, help="Run the tracking statistics on count series of your own.")
_FILE = Annotated[str, typer.Argument(help="JSON lines; - reads standard input.")]


@app.command("spikes")
def spikes(file: _FILE) -> None:
    """Score each row of a count series from the rows before it only, and say where an alert begins.

    Rows: {"id","start","step_s","values":[...]}; answers {"id","scores","alerts"}.

    Example:

      candor track spikes mentions-per-day.jsonl
    """
    from analysis.track.rows import spike_rows

    _answer(spike_rows(json_rows(file)))


@app.command("falls")
def falls(file: _FILE) -> None:
    """Say where a count series goes quiet: half of what its past leads one to expect, or less, and not by chance.

    Rows: {"id","start","step_s","values":[...]}; answers {"id","falls":[{"row","window","seen","expected","p"}]}.

    Example:

      candor track falls complaints-per-day.jsonl
    """
    from analysis.track.rows import fall_rows

    _answer(fall_rows(json_rows(file)))


@app.command("fixes")
def fixes(file: _FILE) -> None:
    """Say whether a fix worked: before against after, with competitors as the control.

    Rows: {"id","start","step_s","shipped_row","ours","ours_exposure","controls","outages"}; answers
    {"id","verdict","effect","low","high","needed"}.

    Example:

      candor track fixes series.jsonl
    """
    from analysis.track.rows import fix_rows

    _answer(fix_rows(json_rows(file)))


def _answer(rows: Iterable[dict[str, Any]]) -> None:
    """Write each answer at once; rows that could not be judged say so in ``error`` and make the exit status 1."""
    failed = False
    for row in rows:
        failed = failed or "error" in row
        write_json([row])
    if failed:
        raise typer.Exit(1)
