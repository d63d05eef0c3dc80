"""``candor import``: posts from a file into the store."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from candor.options import ConfigPath, StoreAddress, config_of, enricher_of, opened, text_in, write_json

if TYPE_CHECKING:
    from analysis.flow import Ingested, Understood
    from analysis.ingest.rows import Row, Wrong
    from analysis.model import Mention, Post
    from analysis.settings.file import Config

_SHOWN = 100
"""Failed rows that the summary line names; every one of them is written to standard error."""


def import_posts(
    file: Annotated[str, typer.Argument(help="JSON lines or CSV, may be gzipped; - reads standard input.")],
    config: ConfigPath = None,
    store: StoreAddress = None,
    csv: Annotated[bool | None, typer.Option("--csv/--jsonl", help="The format; guessed if not given.")] = None,
) -> None:
    """Import posts: each row needs url and text; mentions that `candor export` wrote are taken whole.

    Streams, so the file may be of any size. Writes one JSON line that sums up; each wrong row is named on
    standard error with its line, and makes the exit status 1.

    Examples:

      candor import posts.jsonl

      zcat reviews.csv.gz | candor import --csv -
    """
    from analysis.flow import Ingested, ingest
    from analysis.ingest.rows import read_rows

    settings = config_of(config, store, required=False)
    now = datetime.now(UTC)
    wrong: list[Wrong] = []
    with text_in(file) as stream, opened(settings, write=True) as target:
        rows = _sound(read_rows(stream, name=file, now=now, as_csv=csv), wrong, name=file)
        steps = ingest(_understood(rows, settings), store=target, run=f"import-{now:%Y%m%dT%H%M%S}")
        total = sum(steps, Ingested())
    summary = summary_of(total, wrong)
    write_json([summary])
    if summary["failed"]:
        raise typer.Exit(1)


def summary_of(total: Ingested, wrong: Sequence[Wrong]) -> dict[str, Any]:
    """Return the summary line: ``read`` is the sum of new, updated, unmatched, duplicates and failed."""
    reasons = [{"line": row.line, "reason": row.reason} for row in wrong]
    reasons += [{"url": url, "reason": reason} for url, reason in total.failures]
    return {
        "read": total.read + len(wrong),
        "new": total.new,
        "updated": total.updated,
        "unmatched": total.unmatched,
        "duplicates": total.duplicates,
        "failed": total.failed + len(wrong),
        "mentions": {
            "new": total.mentions_new,
            "updated": total.mentions_updated,
            **({"withdrawn": total.mentions_withdrawn} if total.mentions_withdrawn else {}),
        },
        "dropped": dict(total.dropped),
        "reasons": reasons[:_SHOWN],
    }


def _sound(rows: Iterator[Row], wrong: list[Wrong], *, name: str) -> Iterator[Post | Mention]:
    from analysis.ingest.rows import Wrong

    for row in rows:
        if isinstance(row, Wrong):
            wrong.append(row)
            print(f"candor: {name}:{row.line}: {row.reason}", file=sys.stderr)
        else:
            yield row


def _understood(rows: Iterator[Post | Mention], settings: Config) -> Iterator[Understood]:
    """Judge posts, a batch at a time, and take whole mentions as they are, in the order of the file."""
    from itertools import groupby, islice

    from analysis.flow import BATCH, understand, whole
    from analysis.model import Mention

    enricher = None
    for is_whole, some in groupby(rows, key=lambda row: isinstance(row, Mention)):
        if is_whole:
            yield from map(whole, cast("Iterator[Mention]", some))
            continue
        enricher = enricher or enricher_of(settings)
        while posts := list(islice(cast("Iterator[Post]", some), BATCH)):
            yield from understand(posts, enricher)
