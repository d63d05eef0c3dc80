"""Reading of saved files in bulk: the core of ``candor read``. Rows in, one JSON-ready row out for each, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from analysis.model import Post
from analysis.model.errors import CandorError
from analysis.model.times import written_as_given
from crawler.readers.page import MAX_BYTES, Page
from crawler.readers.recognise import read_as
from crawler.readers.unzipping import unzipped

_AHEAD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """One saved answer: where it lies, the address it came from, how to read it, and when it was fetched (UTC).

    ``name`` is how the file was called by the person; it is what the answer's ``file`` says.
    """

    path: Path
    fetched_at: datetime
    url: str = ""
    kind: str = "auto"
    name: str = ""
    content_type: str = ""


def read_files(rows: Iterable[SavedFile], *, workers: int = 1) -> Iterator[dict[str, Any]]:
    """Yield ``{"file", "url", "posts", "error"?}`` for each of ``rows``, in their order.

    A file that cannot be read has no posts and an ``error``; it never stops the others. With more than one worker the
    files are read in that many processes, a few files ahead of what was taken, so memory stays bounded.
    """
    if workers <= 1:
        yield from map(read_file, rows)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        waiting: deque[tuple[SavedFile, Future[dict[str, Any]]]] = deque()
        for row in rows:
            waiting.append((row, pool.submit(read_file, row)))
            if len(waiting) >= _AHEAD * workers:
                yield _answer(*waiting.popleft())
        while waiting:
            yield _answer(*waiting.popleft())


def read_file(row: SavedFile) -> dict[str, Any]:
    """Return the answer for one file."""
    answer: dict[str, Any] = {"file": row.name or str(row.path), "url": row.url, "posts": []}
    try:
        content = unzipped(row.path.read_bytes(), MAX_BYTES + 1)
        page = Page(content, row.url, row.fetched_at, row.content_type)
        answer["posts"] = [post_row(post) for post in read_as(row.kind, page)[1]]
    except OSError as problem:
        answer["error"] = f"{row.path}: {problem.strerror or problem}"
    except CandorError as problem:
        answer["error"] = str(problem)
    except Exception as problem:  # noqa: BLE001 - the edge of the reading stage: one bad page costs only itself
        answer["error"] = f"{row.path}: the {row.kind} reader broke on it ({type(problem).__name__}: {problem})"
    return answer


def post_row(post: Post) -> dict[str, Any]:
    """Return a post as a JSON-ready row; times as RFC 3339 in the offset that the page gives them in."""
    row: dict[str, Any] = {}
    for field in fields(post):
        value = getattr(post, field.name)
        if isinstance(value, datetime):
            value = written_as_given(value)
        elif is_dataclass(value):
            value = {each.name: getattr(value, each.name) for each in fields(value)}
        row[field.name] = list(value) if isinstance(value, tuple) else value
    return row


def _answer(row: SavedFile, future: Future[dict[str, Any]]) -> dict[str, Any]:
    try:
        return future.result()
    except Exception as problem:  # noqa: BLE001 - a worker that died takes its file's answer with it
        return {
            "file": row.name or str(row.path),
            "url": row.url,
            "posts": [],
            "error": f"the reader died: {problem!r}",
        }
