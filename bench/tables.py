"""A table of words on the terminal, as the benches print it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table


def shown(console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print one table."""
    table = Table(title=title, title_justify="left")
    for name in headings:
        table.add_column(name)
    for row in rows:
        table.add_row(*row)
    console.print(table)
