"""``candor run``: crawl, then report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from candor.options import ConfigPath, StoreAddress, config_of, opened

if TYPE_CHECKING:
    from analysis.config import Config


def run(
    config: ConfigPath = None,
    store: StoreAddress = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write the report to this file.")] = None,
) -> None:
    """Crawl every source, then print the report. What to put into cron.

    Examples:

      candor run

      candor run --html report.html
    """
    settings = config_of(config, store)
    run_once(settings, html=html)


def run_once(settings: Config, *, html: Path | None) -> None:
    """Crawl and report; raise ``CrawlError`` at the end where a source failed."""
    from analysis.errors import CandorError
    from candor.crawling import chosen_sources, crawl_shown, raise_for_failures, stderr_console
    from candor.reporting import build_report, show_report, write_html

    console = stderr_console()
    sources = chosen_sources(settings, [])
    with opened(settings, write=True) as kept:
        outcome = crawl_shown(settings, kept, sources, console=console)
        kept.refresh()
        try:
            report = build_report(settings, kept, now=datetime.now(UTC))
        except CandorError:
            # An empty store is the consequence; the failed source is the cause, and is said first.
            raise_for_failures(outcome)
            raise
    show_report(report)
    if html is not None:
        write_html(report, html)
        console.print(f"\nWrote {html}: open it in a browser.", markup=False)
    raise_for_failures(outcome)
