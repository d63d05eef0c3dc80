"""``candor read``: saved pages, feeds and answers in, posts out, without a crawl."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analysis.errors import UsageError
from candor.options import json_rows, write_json


def read(
    files: Annotated[list[str] | None, typer.Argument(help="Saved pages or feeds; may be gzipped.")] = None,
    kind: Annotated[str, typer.Option("--kind", "-k", help="article, forum, review, feed or auto.")] = "auto",
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
    """
    from crawler.readers.saved import SavedFile, manifest_rows, read_files

    if bool(files) == bool(manifest):
        raise UsageError("give either FILE... or --manifest FILE.jsonl; see `candor read --help`")
    if manifest:
        folder = Path() if manifest == "-" else Path(manifest).parent
        rows = manifest_rows(json_rows(manifest), folder=folder)
    else:
        rows = iter([SavedFile(file=name, url=url, kind=kind) for name in files or ()])
    failed = False
    for row in read_files(rows, workers=workers):
        failed = failed or "error" in row
        write_json([row])
    if failed:
        raise typer.Exit(1)
