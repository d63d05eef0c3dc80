"""What competitors did, and how people took it."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from analysis.report import lines, words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.moves import Move

MOVE = {
    "launch": "launch",
    "price": "price change",
    "outage": "outage",
    "recall": "recall",
    "incident": "incident",
    "acquisition": "acquisition",
    "layoffs": "lay-offs",
    "partnership": "partnership",
    "end_of_product": "end of a product",
    "terms": "change of terms",
}


def move_name(move: Move) -> str:
    """Return what a brand did, and of what, in the words that its reports share."""
    kind = MOVE.get(move.what, move.what)
    return f"{kind} ({', '.join(words.clean(word) for word in move.about)})" if move.about else kind


def reaction(move: Move) -> str:
    """Return what people felt about the brand before and after a move."""
    if move.reaction == "too little data":
        return "too few opinions to see a reaction"
    before, after = move.net_before, move.net_after
    figures = f"{words.signed(before.value)} before, {words.signed(after.value)} after" if before and after else ""
    word = {"better": "the mood rose", "worse": "the mood fell"}.get(move.reaction, "no clear change of mood")
    return f"{word} ({figures})"


def rows(report: Measures, width: int) -> Rows:
    """Return a line for each move, with a quote."""
    names = words.names(report.brands)
    printed: list[RenderableType] = []
    for move in report.moves:
        reports = words.plural(move.reports, "report")
        stories = f", {words.plural(move.stories, 'story', 'stories')}" if move.stories < move.reports else ""
        text = Text(f"{words.span(move.first, move.last)}  ", style="dim")
        text.append(f"{words.clean(names[move.brand])}: {move_name(move)}", style="bold not dim")
        text.append(f" ({reports}{stories}); {reaction(move)}", style="not dim")
        printed += [text, *lines.quoted_below(move.quotes, width)]
    if not printed and not report.contrasts:
        return [Text("No move of a competitor was reported in this period.")]
    return printed


SECTION = Shown(title="What competitors did", anchor="moves", rows=rows)
