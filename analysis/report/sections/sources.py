"""How each source did."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from analysis.report import words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.sources import SourceHealth

STYLE = {"ok": "green", "unwatched": "dim", "waiting": "yellow", "stopped": "yellow"}


def source_state(source: SourceHealth) -> str:
    """Return the state in a word; what waits for its first crawl is new, as ``candor sources`` says."""
    return "new" if source.state == "unwatched" and source.kind else source.state


def source_line(source: SourceHealth) -> str:
    """Return how a source did."""
    if source.state == "unwatched":
        # Only a configured source has a kind.
        if source.kind:
            return "imported; not crawled yet" if source.mentions else "not crawled yet"
        return "imported, or never polled by Candor"
    good = f"last good run {words.day(source.last_ok)}" if source.last_ok else "no good run yet"
    silent = f"; silent on {words.plural(source.silent_days, 'day')}" if source.silent_days else ""
    cause = f"; {words.clean(source.cause)}" if source.cause and source.state != "ok" else ""
    return f"{good}{silent}{cause}"


def rows(report: Measures, _width: int) -> Rows:
    """Return a table of the sources."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column(
        "source", overflow="fold", min_width=min(28, max((len(one.id) for one in report.sources), default=6))
    )
    table.add_column("state", no_wrap=True)
    table.add_column("mentions", justify="right", no_wrap=True)
    table.add_column("runs (failed)", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for source in report.sources:
        style = STYLE.get(source.state, "bold red")
        table.add_row(
            Text(words.clean(source.id)),
            Text(source_state(source), style=style),
            f"{source.mentions:,}",
            f"{source.runs:,} ({source.failed:,})",
            Text(source_line(source)),
        )
    return [table]


SECTION = Shown(title="Sources", anchor="sources", rows=rows)
