"""The report in a terminal: page one fits about forty lines of eighty columns, the rest follows in the same order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console, RenderableType
from rich.rule import Rule

from analysis.report import method
from analysis.report.contents import shown
from analysis.report.refusal import refuse_if_empty
from analysis.report.sections import themes
from analysis.report.shown import Shown
from analysis.track.results import Measures

WIDEST = 100


def render(report: Measures, console: Console) -> None:
    """Print the whole report. Raises ``EmptyStoreError`` where there is nothing to report on."""
    refuse_if_empty(report)
    width = min(console.width, WIDEST)
    _, *others = shown().values()
    _print(themes.rows(report, width), console, width)
    for section in (*others, method.SECTION):
        _print(_lines(section, report, width), console, width)


def _lines(section: Shown, report: Measures, width: int) -> Iterator[RenderableType]:
    if not section.there(report):
        return
    if not section.inside:
        yield ""
        yield Rule(section.title, align="left", style="dim")
    yield from section.rows(report, width)


def _print(rows: Iterable[RenderableType], console: Console, width: int) -> None:
    for row in rows:
        console.print(row, width=width, highlight=False)
