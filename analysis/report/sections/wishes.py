"""What people wish for, and who is praised for it already."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from analysis.report import lines, words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.wishes import Wish


def wish_at(wish: Wish, names: dict[str, str]) -> str:
    """Return which competitor is praised for it already, or an empty string."""
    return (
        "already praised at " + ", ".join(words.clean(names[brand]) for brand in wish.praised_at)
        if wish.praised_at
        else ""
    )


def rows(report: Measures, width: int) -> Rows:
    """Return a line for each wish, with a quote."""
    names = words.names(report.brands)
    printed: list[RenderableType] = []
    for wish in report.wishes:
        text = Text(words.clean(wish.name), style="bold")
        said = f": {words.plural(wish.count, 'mention')}, {words.plural(wish.authors, 'author')}"
        extra = [part for part in (wish_at(wish, names), words.clean(wish.ledger)) if part]
        text.append("; ".join([said, *extra]), style="not bold")
        printed += [text, *lines.quoted_below(wish.quotes, width)]
    return printed or [Text("No wish was found in this period.")]


SECTION = Shown(title="What people wish for", anchor="wishes", rows=rows)
