"""``candor run``: crawl, then report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from candor.options import ConfigPath, StoreAddress, config_of, opened

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from analysis.store.base import Store


def run(
    config: ConfigPath = None,
    store: StoreAddress = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write the report to this file.")] = None,
    alerts: Annotated[bool, typer.Option("--alerts", help="After the crawl, judge and tell the channels.")] = False,
) -> None:
    """Crawl every source, then print the report. What to put into cron.

    Safe to start twice: where another run or `candor watch` is at work, it says who and exits 3.

    Examples:

      candor run

      candor run --alerts --html report.html
    """
    from candor.crawl_progress import sources_to_crawl
    from candor.schedule.lock import or_exit

    settings = config_of(config, store)
    sources_to_crawl(settings, [])
    with or_exit(settings.state):
        run_once(settings, html=html, alerts=alerts)


def run_once(settings: Config, *, html: Path | None, alerts: bool = False) -> None:
    """Crawl, tell if asked, and report; raise at the end where a source failed or something could not be told."""
    from analysis.model.errors import CandorError, ChannelError
    from candor.crawl_progress import (
        crawl_shown,
        raise_for_failures,
        retain_shown,
        runs_of,
        sources_to_crawl,
        stderr_console,
    )
    from candor.report_output import build_report, show_report, warn_untracked, write_html

    console = stderr_console()
    sources = sources_to_crawl(settings, [])
    with opened(settings, write=True) as target:
        outcome = crawl_shown(settings, target, sources, console=console)
        retain_shown(settings, target, console=console)
        target.refresh()
        problem = _tell(settings, target) if alerts else ""
        warn_untracked(settings, target)
        try:
            report = build_report(settings, target, now=datetime.now(UTC))
        except CandorError:
            # An empty store is the consequence; the failed source is the cause, and is said first.
            raise_for_failures(runs_of(outcome), stopped=outcome.stopped)
            raise
    show_report(report)
    if html is not None:
        write_html(report, html, kibana=settings.kibana)
        console.print(f"\nWrote {html}: open it in a browser.", markup=False)
    raise_for_failures(runs_of(outcome), stopped=outcome.stopped)
    if problem:
        raise ChannelError(problem)


def _tell(settings: Config, store: Store) -> str:
    """Make the alert pass; return in words what could not be told."""
    from candor.schedule.telling import tell

    return tell(settings, store, now=datetime.now(UTC)).problem
