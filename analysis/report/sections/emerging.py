"""New complaints, and what was tested to find them."""

from __future__ import annotations

from rich.text import Text

from analysis.report import words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.emerging import EmergingSeries

MOST = 100  # rows of the page's table of tested series; the JSON and CSV hold all


def new_line(new: EmergingSeries, names: dict[str, str]) -> str:
    """Return what is new, against what its past leads one to expect, and who else has it."""
    expected = "fewer than 1" if new.expected < 1 else f"{new.expected:.0f}"
    since = f", first seen {words.day(new.first_seen)}" if new.first_seen else ""
    who = {"ours only": f"{names[new.brand]} only", "whole market": "the whole market has it"}.get(new.market, "")
    return (
        f"{words.plural(new.observed, 'story', 'stories')} in {new.window_days} days where {expected} would be usual, "
        f"by {words.plural(new.authors, 'author')}{since}{f'; {words.clean(who)}' if who else ''}"
    )


def rows(report: Measures, _width: int) -> Rows:
    """Return a line for each new complaint."""
    names = words.names(report.brands)
    new = []
    for one in report.emerging:
        phrase = f", {words.clean(one.phrase)}" if one.phrase else ""
        text = Text(f"{words.clean(names[one.brand])}: {words.clean(one.name)}{phrase}: ", style="bold")
        new.append(text.append(f"{new_line(one, names)}.", style="not bold"))
    return new


SECTION = Shown(title="New complaints", rows=rows, there=lambda report: bool(report.emerging))
