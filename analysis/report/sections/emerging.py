"""New complaints, what has stopped, and what was tested to find them."""

from __future__ import annotations

from rich.text import Text

from analysis.report import words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.emerging import EmergingSeries, StoppedSeries

GONE = {"complaint": "complaints about", "praise": "praise for"}
MOST = 100  # rows of the page's table of tested series; the JSON and CSV hold all


def new_line(new: EmergingSeries, names: dict[str, str]) -> str:
    """Return what is new, against what its past leads one to expect, and who else has it."""
    expected = "fewer than 1" if new.expected < 1 else f"{new.expected:.0f}"
    since = f", first seen {words.day(new.first_seen)}" if new.first_seen else ""
    who = {"ours only": f"{names[new.brand]} only", "whole market": "the whole market has it"}.get(new.market, "")
    fresh = f"; new in it: {', '.join(map(words.clean, new.new_words))}" if new.new_words else ""
    return (
        f"{words.plural(new.observed, 'story', 'stories')} in {new.window_days} days where {expected} would be usual, "
        f"by {words.plural(new.authors, 'author')}{since}{f'; {words.clean(who)}' if who else ''}{fresh}"
    )


def rows(report: Measures, _width: int) -> Rows:
    """Return a line for each new complaint, then for what has stopped."""
    names = words.names(report.brands)
    new = []
    for one in report.emerging:
        phrase = f", {words.clean(one.phrase)}" if one.phrase else ""
        text = Text(f"{words.clean(names[one.brand])}: {words.clean(one.name)}{phrase}: ", style="bold")
        new.append(text.append(f"{new_line(one, names)}.", style="not bold"))
    if report.stopped:
        new.append(Text("What has stopped, or nearly", style="underline"))
    for gone in report.stopped:
        text = Text(f"{stopped_what(gone, names)}: ", style="bold")
        new.append(text.append(f"{stopped_line(gone, names)}.", style="not bold"))
    return new


def stopped_line(one: StoppedSeries, names: dict[str, str]) -> str:
    """Return what is left of it, against what its past leads one to expect, and who else has it."""
    left = "nothing" if not one.observed else words.plural(one.observed, "story", "stories")
    since = f", last seen {words.day(one.last_seen)}" if one.last_seen else ""
    who = {"ours only": f"{names.get(one.brand, '')} only", "whole market": "everywhere"}.get(one.market, "")
    return (
        f"{left} in {one.window_days} days where {one.expected:.0f} would be usual{since}"
        f"{f'; {words.clean(who)}' if who and one.brand else ''}"
    )


def stopped_what(one: StoppedSeries, names: dict[str, str]) -> str:
    """Return what it is that has stopped."""
    if one.of == "source":
        return f"Source {words.clean(one.name)}"
    phrase = f", {words.clean(one.phrase)}" if one.phrase else ""
    return f"{words.clean(names[one.brand])}: {GONE[one.of]} {words.clean(one.name)}{phrase}"


SECTION = Shown(title="New complaints", rows=rows, there=lambda report: bool(report.emerging or report.stopped))
