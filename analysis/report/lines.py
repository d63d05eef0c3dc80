"""Pieces that sections print in a terminal: bars, quotes, tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from analysis.model.text import one_line, shorten
from analysis.report import words
from analysis.track.parts import Quote
from analysis.track.statistics.bins import TrendPoint

BARS = "▁▂▃▄▅▆▇█"


def spark(trend: Sequence[TrendPoint]) -> str:
    """Return the counts as a line of bars that starts at zero; a gap is a dot."""
    highest = max((point.count for point in trend if not point.gap), default=0)
    signs = []
    for point in trend:
        if point.gap:
            signs.append("·")
        else:
            signs.append(BARS[round((len(BARS) - 1) * point.count / highest)] if highest else BARS[0])
    return "".join(signs)


def quotes(quoted: Sequence[Quote], width: int) -> list[Text]:
    """The first quote has two lines, the others one; the place links to the post where the terminal can."""
    lines = []
    for rank, quote in enumerate(quoted):
        place = f"{words.clean(quote.domain or quote.source)}, {quote.published_at.day} {quote.published_at:%b}"
        room = max(width - len(place) - 6, 30) + (width - 12 if rank == 0 else 0)
        text = Text(f"“{shorten(one_line(words.clean(quote.text)), room)}” ", style="italic")
        link = words.web_link(quote.url)
        text.append(place, style=Style(dim=True, link=link or None))
        lines.append(text)
    return lines


def quoted_below(quoted: Sequence[Quote], width: int) -> list[Padding]:
    """Return the first quote, indented under what it bears out."""
    return [Padding(line, (0, 0, 0, 2)) for line in quotes(quoted[:1], width - 2)]


def table(*columns: str) -> Table:
    """Return a table without lines whose first column is text."""
    columned = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim", expand=False)
    for place, column in enumerate(columns):
        columned.add_column(column, justify="left" if place == 0 else "right", no_wrap=place > 0)
    return columned
