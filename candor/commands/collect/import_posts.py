"""``candor import``: posts from a file into the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from analysis.model.errors import UsageError
from candor.files.text import tables_in
from candor.options import ConfigPath, StoreAddress, config_of, enricher_of, opened, write_json
from candor.streams import say

if TYPE_CHECKING:
    from analysis.flow import Ingested, Understood
    from analysis.ingest.rows import Row, Wrong
    from analysis.model import Mention, Post
    from analysis.settings.file import Config
    from analysis.store.base import Store

_SHOWN = 100
"""Failed rows that the summary line names; every one of them is written to standard error."""


@dataclass(slots=True)
class WrongRows:
    """How many rows were wrong, and the first of them: however many there are, memory stays flat.

    ``cut`` is why the file could not be read to its end.
    """

    count: int = 0
    first: list[Wrong] = field(default_factory=list)
    cut: UsageError | None = None

    def add(self, row: Wrong) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(row)


def import_posts(
    file: Annotated[
        str, typer.Argument(help="CSV, TSV, XLSX, JSON or JSON lines, may be packed; - reads standard input.")
    ],
    config: ConfigPath = None,
    store: StoreAddress = None,
    csv: Annotated[bool | None, typer.Option("--csv/--jsonl", help="The format; guessed if not given.")] = None,
    columns: Annotated[
        str, typer.Option("--map", metavar="FIELD=HEADING,...", help="Which column is what: text=Comment,date=Created.")
    ] = "",
    private: Annotated[
        bool, typer.Option("--private", help="Written to the team alone: judged and counted, never quoted in chat.")
    ] = False,
    encoding: Annotated[str, typer.Option("--encoding", help="Of its text; told by its bytes if not given.")] = "",
) -> None:
    """Import posts: each row needs a text; mentions that `candor export` wrote are taken whole.

    Streams, so the file may be of any size. Writes one JSON line that sums up; each wrong row is named on
    standard error with its line, and makes the exit status 1. Any common separator and encoding is read; rows that
    share an address and are by different people are kept apart, and rows without one get one.

    Examples:

      candor import posts.jsonl

      zcat reviews.csv.gz | candor import --csv -

      candor import survey.xlsx --map text="Anything else?",date=Submitted
    """
    from analysis.flow import Ingested, ingest
    from analysis.ingest.tables.headings import given_columns
    from analysis.ingest.tables.packed import CutError
    from analysis.ingest.tables.reading import read_tables
    from candor.report_output import warn_untracked

    settings = config_of(config, store, required=False)
    now = datetime.now(UTC)
    wrong = WrongRows()
    notes: list[str] = []

    def tell(words: str) -> None:
        notes.append(words)
        say(f"candor: {words}")

    with tables_in(file, encoding=_encoding(encoding), tell=tell) as parts, opened(settings, write=True) as target:
        found = read_tables(parts, now=now, tell=tell, as_csv=csv, columns=given_columns(columns))
        rows = _sound(found, wrong, name=file, private=private)
        steps = ingest(_understood(rows, settings, target), store=target, run=f"import-{now:%Y%m%dT%H%M%S}")
        total = sum(steps, Ingested())
        target.refresh()
        warn_untracked(settings, target)
    summary = summary_of(total, wrong) | ({"notes": notes[:_SHOWN]} if notes else {})
    if wrong.cut is None or summary["read"] or isinstance(wrong.cut, CutError):
        write_json([summary])
    if wrong.cut is not None:
        raise wrong.cut
    if summary["failed"]:
        raise typer.Exit(1)


def _encoding(name: str) -> str:
    from analysis.ingest.tables.encodings import known_encoding

    try:
        return known_encoding(name) if name else ""
    except ValueError as error:
        raise UsageError(f"--encoding: {error}") from None


def summary_of(total: Ingested, wrong: WrongRows) -> dict[str, Any]:
    """Return the summary line: ``read`` is the sum of new, updated, unmatched, duplicates and failed."""
    reasons = [{"line": row.line, "reason": row.reason} for row in wrong.first]
    reasons += [{"url": url, "reason": reason} for url, reason in total.failures]
    return {
        "read": total.read + wrong.count,
        "new": total.new,
        "updated": total.updated,
        "unmatched": total.unmatched,
        "duplicates": total.duplicates,
        "failed": total.failed + wrong.count,
        "mentions": {
            "new": total.mentions_new,
            "updated": total.mentions_updated,
            **({"withdrawn": total.mentions_withdrawn} if total.mentions_withdrawn else {}),
        },
        "dropped": dict(total.dropped),
        "reasons": reasons[:_SHOWN],
    }


def _sound(rows: Iterator[Row], wrong: WrongRows, *, name: str, private: bool = False) -> Iterator[Post | Mention]:
    from analysis.ingest.rows import Wrong

    while True:
        try:
            row = next(rows, None)
        except UsageError as error:
            # What came before is kept and told.
            wrong.cut = error
            return
        if row is None:
            return
        if isinstance(row, Wrong):
            wrong.add(row)
            say(f"candor: {row.place or name}:{row.line}: {row.reason}")
        else:
            yield replace(row, private=True) if private else row


def _understood(rows: Iterator[Post | Mention], settings: Config, store: Store) -> Iterator[Understood]:
    """Judge posts, a batch at a time, and take whole mentions as they are, in the order of the file."""
    from itertools import groupby, islice

    from analysis.flow import BATCH, understand, whole
    from analysis.ingest.shared_addresses import Apart
    from analysis.ledger.learning import learnt
    from analysis.model import Mention

    enricher = apart = None
    for is_whole, some in groupby(rows, key=lambda row: isinstance(row, Mention)):
        if is_whole:
            yield from map(whole, cast("Iterator[Mention]", some))
            continue
        enricher = enricher or enricher_of(settings, layer=learnt.bytes_of(store.records))
        apart = apart or Apart(store, enricher.pseudonym)
        while posts := list(islice(cast("Iterator[Post]", some), BATCH)):
            yield from understand(apart.placed(posts), enricher)
