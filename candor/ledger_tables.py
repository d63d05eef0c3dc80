"""Entries of the ledgers as tables in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from analysis.store.base import Record

_COLUMNS = ("theme", "brand", "status", "shipped", "version", "note", "reason")


def shown_entries(records: Sequence[Record], *, empty: str) -> None:
    """Print fixes or wishes, one a row; ``empty`` where there are none."""
    out = Console(highlight=False)
    if not records:
        out.print(empty, markup=False)
        return
    used = [name for name in _COLUMNS if any(record.body.get(name) for record in records)]
    table = Table("no", *used, "by", "changes", box=None, header_style="bold", pad_edge=False)
    for record in records:
        cells = [Text(str(record.body.get(name) or "")) for name in used]
        changes = len(record.body.get("history", ()))
        table.add_row(
            str(int(record.key)) if record.key.isdigit() else Text(record.key),
            *cells,
            Text(str(record.body.get("who", ""))),
            str(changes or ""),
        )
    out.print(table)


def history(record: Record) -> None:
    """Print what an entry said before each change, and who changed it, when and why."""
    out = Console(highlight=False, soft_wrap=True)
    if record.body.get("at"):
        out.print(f"{record.body['at'][:16]}  entered by {record.body.get('who')}", markup=False)
    for step in record.body.get("history", ()):
        changes = ", ".join(
            f"{name} {change['from']!r} to {change['to']!r}" for name, change in step["changes"].items()
        )
        out.print(f"{step['at'][:16]}  {step['who']}: {changes} ({step['reason']})", markup=False)
