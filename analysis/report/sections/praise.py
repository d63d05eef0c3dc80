"""What people praise."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from analysis.report import lines, words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures


def rows(report: Measures, width: int) -> Rows:
    """Return a line for each topic that is praised, with a quote."""
    names = words.names(report.brands)
    printed: list[RenderableType] = []
    for praise in report.praise:
        text = Text(f"{words.clean(names[praise.brand])}, {words.clean(praise.name)}: ", style="bold")
        text.append(words.of(praise.count, praise.mentions), style="not bold")
        printed += [text, *lines.quoted_below(praise.quotes, width)]
    for rest in report.topicless_praise:
        text = Text(f"{words.clean(names[rest.brand])}, praise that no topic names: ", style="bold")
        text.append(words.of(rest.count, rest.mentions), style="not bold")
        printed += [text, *lines.quoted_below(rest.quotes, width)]
    return printed or [Text("No praise was found in this period.")]


SECTION = Shown(title="What people praise", anchor="praise", rows=rows)
