"""``candor import``: posts from a file into the store."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from candor.options import ConfigPath, StoreAddress, config_of, enricher_of, opened, text_in, write_json

if TYPE_CHECKING:
    from analysis.ingest.keep import Ingested
    from analysis.ingest.rows import Row, Wrong
    from analysis.ingest.understand import Understood
    from analysis.model import Mention, Post
    from analysis.store.base import Store

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
    from analysis.ingest.rows import read_rows

    settings = config_of(config, store, required=False)
    now = datetime.now(UTC)
    wrong: list[Wrong] = []
    with text_in(file) as stream, opened(settings, write=True) as kept:
        rows = _sound(read_rows(stream, name=file, now=now, as_csv=csv), wrong, name=file)
        total = _import(rows, settings=settings, store=kept, run=f"import-{now:%Y%m%dT%H%M%S}")
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
        "mentions": {"new": total.mentions_new, "updated": total.mentions_updated},
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


def _import(rows: Iterator[Post | Mention], *, settings: Any, store: Store, run: str) -> Ingested:
    """Hand posts to the flow and whole mentions to the store, in runs of one sort, each in the order of the file."""
    from itertools import groupby

    from analysis.ingest.keep import Ingested, ingest
    from analysis.model import Post

    total = Ingested()
    understand = None
    for sort, some in groupby(rows, key=type):
        if sort is Post:
            understand = understand or _understanding(settings)
            steps = ingest(some, store=store, understand=understand, run=run)  # type: ignore[arg-type]
        else:
            steps = _restore(some, store)  # type: ignore[arg-type]
        for step in steps:
            total += step
    return total


def _understanding(settings: Any) -> Any:
    from analysis.ingest.understand import understand

    enricher = enricher_of(settings)

    def judge(posts: Sequence[Post]) -> list[Understood]:
        return understand(posts, enricher)

    return judge


def _kept_out(given: Sequence[Mention], some: Sequence[Mention]) -> Counter[str]:
    return Counter({"erased before, kept out": len(given) - len(some)} if len(some) < len(given) else {})


def _restore(mentions: Iterator[Mention], store: Store) -> Iterator[Ingested]:
    from itertools import islice

    from analysis.ingest.keep import BATCH, Ingested, erased_posts

    while given := list(islice(mentions, BATCH)):
        erased = erased_posts(given, store)
        some = [mention for mention in given if mention.post_id not in erased]
        yield Ingested(read=len(given) - len(some), unmatched=len(given) - len(some), dropped=_kept_out(given, some))
        stored = store.get([mention.id for mention in some])
        written = store.write(some)
        same = sum(stored.get(mention.id) == mention for mention in some)
        changed = max(0, written.updated - same)
        yield Ingested(
            read=len(some),
            new=written.created,
            updated=changed,
            duplicates=len(some) - written.created - changed - len(written.refused),
            failed=len(written.refused),
            mentions_new=written.created,
            mentions_updated=changed,
            dropped=Counter({"older than the stored copy": written.stale} if written.stale else {}),
            failures=written.refused,
        )
