"""The rows of a table as posts of a source, a batch at a time; what is wrong in it is counted under its first cause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from analysis.ingest.rows import Wrong
from analysis.ingest.tables.headings import named_columns
from analysis.ingest.tables.parts import Part
from analysis.ingest.tables.reading import read_tables
from analysis.model import Post
from analysis.model.errors import UsageError
from crawler.kinds.base import Drop, Took

_BATCH = 250
_NAMED = 10
"""Wrong rows whose lines are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReading:
    """How a source's table is read: which heading is what, the source's id, and what all of it is about."""

    columns: Mapping[str, str | Sequence[str]]
    source: str
    about: str = ""


def table_steps(
    parts: Iterable[Part], reading: TableReading, *, now: datetime, tell: Callable[[str], None]
) -> Iterator[Took | Drop]:
    """Yield the posts of a table in batches, and last how many rows were wrong.

    Raises ``UsageError`` for no table; where the cure is to name a column, it is caused by one that does not say how.
    """
    try:
        yield from _steps(parts, reading, now=now, tell=tell)
    except UsageError as error:
        if error.cure != "import form":
            raise
        raise UsageError(f'{error.fact}: columns = {{ text = "HEADING" }} in its [[sources]]') from error


def _steps(
    parts: Iterable[Part], reading: TableReading, *, now: datetime, tell: Callable[[str], None]
) -> Iterator[Took | Drop]:
    wrong: list[Wrong] = []
    count = 0
    batch: list[Post] = []
    columns = named_columns(reading.columns)
    for row in read_tables(parts, now=now, tell=tell, columns=columns, source=reading.source):
        if isinstance(row, Wrong):
            wrong, count = [*wrong, row][:_NAMED], count + 1
        elif isinstance(row, Post):
            batch.append(told_about(row, reading.about))
            if len(batch) >= _BATCH:
                yield Took(tuple(batch))
                batch = []
        else:
            yield Drop("a mention that candor export wrote: use candor import")
    if batch:
        yield Took(tuple(batch))
    if wrong:
        more = f" (then in {_lines(wrong[1:], count - 1)})" if count > 1 else ""
        yield Drop(f"wrong rows, the first in line {wrong[0].line}: {wrong[0].reason}{more}", count)


def _lines(wrong: Sequence[Wrong], count: int) -> str:
    named = ", ".join(str(row.line) for row in wrong)
    return f"line{'' if count == 1 else 's'} {named}" + (
        f" and {count - len(wrong)} more" if count > len(wrong) else ""
    )


def told_about(post: Post, about: str) -> Post:
    """Return ``post`` under a title that says what it is about: who writes to a brand seldom names it."""
    if not about:
        return post
    return replace(post, title=f"{about}: {post.title}" if post.title else about)
