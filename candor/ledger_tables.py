"""Entries of the ledgers as tables in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from candor.streams import Terminal

if TYPE_CHECKING:
    from analysis.model.records.base import RecordKind, Value
    from analysis.model.records.ledger import Fix

_COLUMNS = ("theme", "brand", "status", "shipped", "version", "note", "reason")


def shown_entries(entries: Sequence[Fix], *, empty: str) -> None:
    """Print fixes or wishes, one a row; ``empty`` where there are none."""
    out = Terminal(highlight=False)
    if not entries:
        out.print(empty, markup=False)
        return
    used = [name for name in _COLUMNS if any(entry.words(name) for entry in entries)]
    table = Table("no", *used, "by", "changes", box=None, header_style="bold", pad_edge=False)
    for entry in entries:
        cells = [Text(entry.words(name)) for name in used]
        table.add_row(str(int(entry.key)), *cells, Text(entry.who), str(len(entry.history) or ""))
    out.print(table)


def history(entry: Fix) -> None:
    """Print what an entry said before each change, and who changed it, when and why."""
    out = Terminal(highlight=False, soft_wrap=True)
    out.print(f"{entry.at:%Y-%m-%dT%H:%M}  entered by {entry.who}", markup=False)
    for step in entry.history:
        changes = ", ".join(f"{name} {was!r} to {to!r}" for name, (was, to) in step.changes.items())
        out.print(f"{step.at:%Y-%m-%dT%H:%M}  {step.who}: {changes} ({step.reason})", markup=False)


def entry_row(kind: RecordKind[Value], entry: Value) -> dict[str, Any]:
    """Return an entry as scripts read it: its key and everything that its record holds."""
    return {"key": kind.key(entry), **kind.to_body(entry)}
