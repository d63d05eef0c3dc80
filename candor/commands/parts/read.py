"""``candor read``: saved pages, feeds and answers in, posts out, without a crawl."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from candor.options import json_rows, when, write_json, write_json_parts

if TYPE_CHECKING:
    from crawler.readers.saved import SavedFile

ARCHIVE = "commoncrawl"
"""The kind whose files hold many pages: they are read as a stream."""


def read(
    files: Annotated[list[str] | None, typer.Argument(help="Saved pages or feeds; may be gzipped.")] = None,
    kind: Annotated[str, typer.Option("--kind", "-k", help="article, forum, review, feed, an API, or auto.")] = "auto",
    url: Annotated[str, typer.Option("--url", help="Where the file came from.")] = "",
    manifest: Annotated[
        str | None,
        typer.Option("--manifest", help='JSON lines {"file","url","kind","fetched_at"?}; - for standard input.'),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that read at once.")] = 2,
) -> None:
    """Read saved pages offline and write the posts found in each, one JSON line per file, in order.

    Examples:

      candor read --kind article --url https://news.example/a page.html

      candor read --manifest saved.jsonl > posts.jsonl

      candor read --kind commoncrawl CC-NEWS-20260101000000-00001.warc.gz > posts.jsonl
    """
    from datetime import UTC

    from crawler.readers.saved import SavedFile, read_files

    if bool(files) == bool(manifest):
        raise UsageError("give either FILE... or --manifest FILE.jsonl; see `candor read --help`")
    now = datetime.now(UTC)
    if manifest:
        rows = _listed(manifest, now=now)
    else:
        rows = (
            SavedFile(path=Path(name), name=name, url=url, kind=known_kind(kind), fetched_at=now)
            for name in files or ()
        )
    failed = False
    for is_archive, some in groupby(rows, key=lambda row: row.kind == ARCHIVE):
        if is_archive:
            for archive in some:
                failed = _write_archive(archive, workers) or failed
            continue
        for row in read_files(some, workers=workers if manifest or len(files or ()) > 1 else 1):
            failed = failed or "error" in row
            write_json([row])
    if failed:
        raise typer.Exit(1)


def _write_archive(row: SavedFile, workers: int) -> bool:
    """Write the line of a WARC file, whose posts are never all held; return whether it could not be read to its end."""
    from crawler.warc.reading import ArchiveReading

    reading = ArchiveReading(row.path, workers=workers)

    def tail() -> dict[str, Any]:
        return {"dropped": dict(reading.dropped)} | ({"error": reading.error} if reading.error else {})

    write_json_parts({"file": row.name, "url": row.url}, "posts", reading.posts(), tail)
    return bool(reading.error)


def _listed(manifest: str, *, now: datetime) -> Iterator[SavedFile]:
    """Yield the files that a manifest names; relative ones are relative to the manifest."""
    from crawler.readers.saved import SavedFile

    folder = Path() if manifest == "-" else Path(manifest).parent
    for number, row in enumerate(json_rows(manifest), start=1):
        name = row.get("file")
        if not isinstance(name, str) or not name:
            raise UsageError(f"{manifest}: row {number} names no file")
        kind = known_kind(str(row.get("kind") or "auto"))
        fetched = when(row.get("fetched_at"), now=now, flag=f"{manifest}: row {number}: fetched_at") or now
        yield SavedFile(path=folder / name, name=name, url=str(row.get("url") or ""), kind=kind, fetched_at=fetched)


def known_kind(kind: str, *, more: tuple[str, ...] = ()) -> str:
    """Return ``kind`` where something reads it, or it is one of ``more``. Raises ``UsageError`` that lists them."""
    from crawler.kinds import KINDS
    from crawler.readers.reading import ALIASES, READERS

    if kind in READERS or kind in ALIASES or kind in KINDS or kind in ("auto", *more):
        return kind
    apis = [name for name, each in KINDS.items() if each.driver in ("api", "news")]
    raise UsageError(f"--kind: {kind!r} is not known; use one of {', '.join(sorted({*READERS, *apis, *more, 'auto'}))}")
