"""What is pushed to a webhook: one post, a list of them, or JSON lines, all of them right or none taken."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from analysis.ingest.tables.parts import parts_of
from analysis.model.errors import UsageError
from crawler.kinds.base import Drop, Took
from crawler.readers.tables import TableReading, table_steps

MOST_ROWS = 1000


def rows_in(body: bytes) -> list[dict[str, Any]]:
    """Return the rows of a body. Raises ``UsageError`` that says what is wrong."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = _lines(body)
    if isinstance(given, dict):
        given = given["posts"] if isinstance(given.get("posts"), list) else [given]
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise UsageError("the body is no post: send an object with url and text, a list of them, or JSON lines")
    if len(given) > MOST_ROWS:
        raise UsageError(f"{len(given)} posts in one body; send at most {MOST_ROWS}")
    return given


def written(rows: Sequence[dict[str, Any]]) -> bytes:
    """Return the rows as a JSON array, the form in which they wait: in one, a row without an address gets its own."""
    return json.dumps(list(rows)).encode()


def pushed_posts(rows: Sequence[dict[str, Any]], *, source: str, now: datetime, about: str = "") -> Took:
    """Return the posts of ``rows``, as an import would read them. Raises ``UsageError`` for the first wrong row."""
    if not rows:
        return Took(())
    parts = parts_of(io.BytesIO(written(rows)), "the body", tell=lambda _: None)
    reading = TableReading(columns={}, source=source, about=about)
    steps = list(table_steps(parts, reading, now=now, tell=lambda _: None))
    for step in steps:
        if isinstance(step, Drop):
            raise UsageError(step.reason)
    return Took(tuple(post for step in steps if isinstance(step, Took) for post in step.posts))


def _lines(body: bytes) -> list[Any]:
    try:
        return [json.loads(line) for line in body.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the body is no JSON ({error})") from None
