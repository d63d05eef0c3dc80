"""From a store to a report, and from a report to the terminal or a file."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO
from zoneinfo import ZoneInfo

from analysis.model.errors import EmptyStoreError, UsageError
from candor.streams import writing

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from analysis.settings.tables import KibanaSection
    from analysis.store.base import Filter, Store
    from analysis.track.results import Measures


AHEAD = timedelta(days=366)
LONGEST = timedelta(days=3660)
CURE = "`candor crawl`, `candor import FILE`, `candor doctor`"


def build_report(
    config: Config,
    store: Store,
    *,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    compare: Literal["previous", "year", "none"] = "previous",
    where: Filter | None = None,
    days: int | None = None,
) -> Measures:
    """Return the report of a period, by default ``days`` (the configured number of them) that end with today.

    Where no period is asked for and nearly all that is stored lies outside it, it is of the newest stretch with data.
    Raises ``EmptyStoreError`` where there is nothing to report on, and ``UsageError`` for a period beyond all bounds.
    """
    from analysis.enrich.taxonomy import taxonomy_of
    from analysis.flow import measure
    from analysis.measure.scope import last_days
    from analysis.measure.stretch import stretch
    from analysis.report.refusal import refuse_if_empty
    from analysis.report.zone import in_zone
    from analysis.track.harm import Weights

    moved, asked = False, since or until or days
    days = days or max(1, round(config.report.period / 86400))
    if not asked:
        since, until, moved = stretch(store, config.brands, where, now=now, days=days)
    until = until or last_days(now, days)[1]
    since = since or until - timedelta(days=days)
    _refuse_beyond(since, until, now)
    report = measure(
        store,
        brands=config.brands,
        sources=config.sources,
        since=since,
        until=until,
        now=now,
        compare=compare,
        where=where,
        topic_names={topic.id: topic.name for topic in taxonomy_of(config).topics.values()},
        error_rate=config.report.q,
        weights=Weights(**config.report.weights),
        moved=moved,
        call=config.call,
    )
    report = in_zone(report, ZoneInfo(config.report.timezone))
    try:
        refuse_if_empty(report)
    except EmptyStoreError as error:
        cure = "--since and --until, or `candor crawl`" if report.mentions_ever else CURE
        raise EmptyStoreError(f"{error} ({cure})") from None
    return report


def _refuse_beyond(since: datetime, until: datetime, now: datetime) -> None:
    """Raise ``UsageError`` for a period that takes minutes to count, day by day, and holds next to nothing."""
    if until > now + AHEAD:
        raise UsageError(f"{until:%Y-%m-%d} lies more than a year ahead; nothing is published then", about=("until",))
    if until - since > LONGEST:
        raise UsageError(
            f"a report covers ten years at most, day by day; {since:%Y-%m-%d} to {until:%Y-%m-%d} is more",
            about=("since",),
        )


def warn_untracked(config: Config, store: Store, *, to: TextIO | None = None) -> None:
    """Say where mentions of a brand are stored that is tracked no more, by default on standard error."""
    from analysis.measure.untracked import untracked

    for gone in untracked(store, config.brands) if config.brands else ():
        print(f"candor: {gone.words}", file=to or sys.stderr)


def show_report(report: Measures) -> None:
    """Print the report in the terminal."""
    from analysis.report.terminal import render
    from candor.streams import Terminal

    render(report, Terminal(highlight=False))


def write_html(report: Measures, path: Path, *, kibana: KibanaSection | None = None) -> None:
    """Write the report as one HTML file; with ``kibana``, each number's evidence links into the mentions there.

    Raises ``CandorError`` where the file cannot be written.
    """
    page = page_of(report, kibana=kibana)
    with writing(path, flag="--html"):
        path.write_text(page, encoding="utf-8")


def write_pdf(report: Measures, path: Path) -> None:
    """Write the report as a PDF on A4, printed by the system's browser.

    Raises ``CandorError`` where there is no browser, or the file cannot be written.
    """
    from candor.paper.printing import printed

    pdf = printed(page_of(report))
    with writing(path, flag="--pdf"):
        path.write_bytes(pdf)


def page_of(report: Measures, *, kibana: KibanaSection | None = None) -> str:
    """Return the report as one page."""
    from analysis.report.html import render
    from candor.kibana.links import evidence_link

    return render(report, board=evidence_link(kibana) if kibana else None)
