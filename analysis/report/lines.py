"""Pieces that sections print in a terminal: bars, quotes, tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from analysis.model.text import one_line, shorten
from analysis.report import words
from analysis.track.parts import Quote
from analysis.track.statistics.bins import TrendPoint

BARS = "▁▂▃▄▅▆▇█"
NAME_WIDTH, LEAST_NAME = 20, 14


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
        place = f"{words.clean(quote.domain or quote.source)}, {words.day(quote.published_at)}"
        room = max(width - len(place) - 6, 30) + (width - 12 if rank == 0 else 0)
        text = Text(f"“{shorten(one_line(words.clean(quote.text)), room)}” ", style="italic")
        link = words.web_link(quote.url)
        text.append(place, style=Style(dim=True, link=link or None))
        lines.append(text)
    return lines


def quoted_below(quoted: Sequence[Quote], width: int, *, most: int = 1) -> list[Padding]:
    """Return the first quotes, indented under what they bear out."""
    return [Padding(line, (0, 0, 0, 2)) for line in quotes(quoted[:most], width - 2)]


def table(columns: Sequence[str], rows: Sequence[Sequence[str | Text]], width: int, *, bars: bool = False) -> Table:
    """Return a table without lines, no wider than ``width``, whose first column is names: these are never cut.

    Where there is too little room, names go on in a second line, the bars of the last column, if it has ``bars``, show
    their newest part, and in a very narrow terminal the last columns are left out.
    """
    cells = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    widths = [max([cell_len(name), *(row[at].cell_len for row in cells)]) for at, name in enumerate(columns)]
    if bars:
        wanted = min(widths[0], NAME_WIDTH) - _room(widths, width)
        widths[-1] = max(cell_len(columns[-1]), widths[-1] - max(wanted, 0))
        cells = [[*row[:-1], row[-1][-widths[-1] :]] for row in cells]
    while len(widths) > 2 and _room(widths, width) < min(widths[0], LEAST_NAME):
        widths.pop()
    columned = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", expand=False)
    columned.add_column(columns[0], width=max(min(widths[0], _room(widths, width)), 1), overflow="fold")
    for name in columns[1 : len(widths)]:
        columned.add_column(name, justify="right", no_wrap=True)
    for row in cells:
        columned.add_row(*row[: len(widths)])
    return columned


def _room(widths: Sequence[int], width: int) -> int:
    """Return how wide the first column may be beside the others."""
    return width - sum(widths[1:]) - len(widths) + 1
