"""``candor export``: every matching mention, whole, without a cap."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from analysis.model.errors import UsageError
from candor.checks.values import checked, note_nothing_found
from candor.options import (
    BrandOption,
    ConfigPath,
    QueryOption,
    SentimentOption,
    SinceOption,
    SourceOption,
    StoreAddress,
    TopicOption,
    UntilOption,
    WhereOption,
    WithoutOption,
    config_of,
    filter_of,
    opened,
)
from candor.streams import writing


def export(
    config: ConfigPath = None,
    store: StoreAddress = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON lines, one whole mention each (the default).")] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="CSV for a spreadsheet; cells that a sheet would run are defused.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file; standard output by default.")] = None,
    brand: BrandOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    sentiment: SentimentOption = None,
    topic: TopicOption = None,
    where: WhereOption = None,
    without: WithoutOption = None,
    query: QueryOption = None,
) -> None:
    """Write every matching mention. `candor import` of the JSON lines elsewhere gives the same store.

    Examples:

      candor export --jsonl --brand tessaro --since 90d > tessaro.jsonl

      candor export --csv --sentiment negative -o complaints.csv
    """
    from analysis.report.csv import write_csv
    from analysis.report.json import write_jsonl

    if jsonl and csv:
        raise UsageError("--jsonl, --csv: choose one")
    settings = config_of(config, store, required=False)
    chosen = filter_of(
        now=datetime.now(UTC),
        brand=brand,
        source=source,
        since=since,
        until=until,
        sentiment=sentiment,
        topic=topic,
        query=query,
        where=where,
        without=without,
    )
    write = write_csv if csv else write_jsonl
    with opened(settings) as kept:
        chosen = checked(chosen, config=settings, store=kept)
        if not kept.count(chosen):
            note_nothing_found(chosen)
        if out is None:
            write(kept.scan(chosen), sys.stdout)
            return
        with writing(out, flag="--out"), out.open("w", encoding="utf-8", newline="") as stream:
            write(kept.scan(chosen), stream)
