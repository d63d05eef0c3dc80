"""``candor report``: what to improve, whether fixes worked, how we stand."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from analysis.model.errors import UsageError
from candor.checks.values import checked
from candor.options import (
    AsJson,
    BrandOption,
    ConfigPath,
    QueryOption,
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
    when,
    write_json,
)
from candor.streams import writing

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from analysis.track.results import Measures


def report(
    config: ConfigPath = None,
    store: StoreAddress = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write one self-contained page to this file.")] = None,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", help="Print it on A4 into this file; needs the system's Chromium.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write every table as CSV into this folder.")] = None,
    as_json: AsJson = False,
    since: SinceOption = None,
    until: UntilOption = None,
    compare: Annotated[Literal["previous", "year", "none"], typer.Option(help="What to compare the period with.")] = (
        "previous"
    ),
    weekly: Annotated[bool, typer.Option("--weekly", help="The last seven days against the seven before.")] = False,
    now: Annotated[str | None, typer.Option("--now", help="Report as if it were this time.")] = None,
    brand: BrandOption = None,
    source: SourceOption = None,
    topic: TopicOption = None,
    query: QueryOption = None,
    where: WhereOption = None,
    without: WithoutOption = None,
    without_source: Annotated[
        list[str] | None, typer.Option("--without-source", help="Leave this source out; the report says so.")
    ] = None,
    without_theme: Annotated[
        list[str] | None,
        typer.Option("--without-theme", help="Leave mentions with this complaint theme out; as above."),
    ] = None,
) -> None:
    """Report: first what to improve, with the words people used; then fixes, competitors, reputation, limits.

    Filters are printed on the report. Over an empty store it refuses, with the reason.

    Examples:

      candor report

      candor report --html report.html --pdf report.pdf --since 90d

      candor report --weekly --without-source old-forum

      candor report --json --brand tessaro --compare year | jq '.themes[0]'
    """
    from candor.report_output import build_report, warn_untracked

    settings = config_of(config, store)
    moment = when(now, now=datetime.now(UTC), flag="--now") or datetime.now(UTC)
    if weekly and (since or until):
        raise UsageError("--weekly is the last seven days; leave out --since and --until")
    excluded = [*(without or ()), *_each("source.id", without_source), *_each("complaint_topics", without_theme)]
    chosen = filter_of(now=moment, brand=brand, source=source, topic=topic, query=query, where=where, without=excluded)
    with opened(settings) as mentions:
        chosen = checked(chosen, config=settings, store=mentions)
        # Whoever reads the report is to read it before any figure; a script's output stays as it is.
        warn_untracked(settings, mentions, to=sys.stderr if as_json or html or pdf or csv else sys.stdout)
        made = build_report(
            settings,
            mentions,
            now=moment,
            since=when(since, now=moment, flag="--since"),
            until=when(until, now=moment, flag="--until"),
            compare=compare,
            where=chosen,
            days=7 if weekly else None,
        )
    _show(made, settings, html=html, pdf=pdf, csv=csv, as_json=as_json)


def _show(
    made: Measures, settings: Config, *, html: Path | None, pdf: Path | None, csv: Path | None, as_json: bool
) -> None:
    """Write the report in each form that was asked for, or print it."""
    from candor.report_output import show_report, write_html, write_pdf

    if as_json:
        from analysis.report.json import to_json

        write_json([to_json(made)])
    if html is not None:
        write_html(made, html, kibana=settings.kibana)
    if pdf is not None:
        write_pdf(made, pdf)
    if csv is not None:
        from analysis.report.csv import write_tables

        with writing(csv, flag="--csv"):
            write_tables(made, csv)
    if not (as_json or html or pdf or csv):
        show_report(made)


def _each(path: str, values: list[str] | None) -> list[str]:
    return [f"{path}={value}" for value in values or ()]
