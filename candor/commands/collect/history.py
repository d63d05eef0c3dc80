"""``candor history``: months of the past from files, WARC or exports, into the store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import ConfigError, CrawlError, ReadError, UsageError
from candor.options import AsJson, ConfigPath, Hired, On, StoreAddress, config_of, opened, write_json
from candor.streams import say

if TYPE_CHECKING:
    from analysis.ingest.rows import Row
    from analysis.model.records.past import PastFile
    from crawler.history.writing import Told

_KINDS = ("commoncrawl", "warc", "jsonl")
_REASONS = 3
_SAY_EVERY_S = 10.0
_COUNTS = ("records", "posts", "mentions", "new", "updated", "unmatched", "errors")


def history(
    kind: Annotated[str, typer.Argument(help="commoncrawl (WARC files or lists of them), warc or jsonl.")],
    files: Annotated[list[str], typer.Argument(help="Files; patterns such as 'CC-NEWS-2026*.warc.gz' too.")],
    source: Annotated[str, typer.Option("--source", help="The source that posts of WARC files are counted to.")] = "",
    on: On = None,
    actors: Hired = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Read, match and judge months of the past, WARC files of news or exports, and keep what names a brand.

    A second call goes on where the first was stopped, file by file, and leaves alone what is done. No site is asked.
    With --on the actors of a cluster read and judge; the files must lie at the same path there (JSON lines are read
    here), and this machine alone writes. At the end a table tells what each file gave.

    Examples:

      candor history commoncrawl 'CC-NEWS-202601*.warc.gz'

      candor history jsonl exports/*.jsonl.gz --json

      candor history warc /archive/*.warc.gz --on ray://head:10001
    """
    from candor.cluster.hiring import hired_on
    from crawler.history.taking import take_past

    if kind not in _KINDS:
        raise UsageError(f"{kind}: is no kind of history; write one of {', '.join(_KINDS)}")
    settings = config_of(config, store)
    if not settings.brands:
        raise ConfigError([f"{settings.path}: no [[brands]]; name your brand and at least one competitor"])
    paths = _paths(kind, files)
    run = f"history-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    with opened(settings, write=True) as target, hired_on(settings, on, actors) as hired, _shown(paths) as told:
        taken, stopped = take_past(
            settings, target, kind, paths, run=run, source=source or kind, rows_of=_rows, told=told, hired=hired
        )
    if as_json:
        write_json(map(_row, taken))
    _table(taken)
    _raise_for(taken, stopped=stopped)


def _paths(kind: str, given: Sequence[str]) -> list[Path]:
    """Return the files that the arguments stand for, each once. Raises ``UsageError`` for what is no file here."""
    from crawler.own.pieces import files_at
    from crawler.warc.files import places_at

    found: dict[Path, None] = {}
    for name in given:
        try:
            if kind == "commoncrawl":
                places = places_at(name, Path.cwd(), api="https://data.commoncrawl.org")
                away = [place.name for place in places if place.is_remote]
                if away:
                    raise UsageError(
                        f"{name}: {away[0]} does not lie beside the list; fetch the files first, or let a source of "
                        'the kind "commoncrawl" read it politely where it is'
                    )
                paths = [Path(place.name) for place in places]
            else:
                paths = [path for path in files_at(name, Path.cwd()) if path.is_file()]
        except ReadError as error:
            raise UsageError(str(error).replace("; path is relative to the folder of candor.toml", "")) from None
        if not paths:
            raise UsageError(f"{name}: is a folder; write {name.rstrip('/')}/* for the files in it")
        found.update(dict.fromkeys(paths))
    return list(found)


def _rows(path: Path) -> Iterator[Row]:
    from analysis.ingest.rows import Wrong
    from analysis.ingest.tables.reading import read_tables
    from candor.files.text import tables_in

    now = datetime.now(UTC)
    with tables_in(str(path)) as parts:
        for row in read_tables(parts, now=now, tell=lambda words: say(f"candor: {words}")):
            if isinstance(row, Wrong):
                say(f"candor: {row.place or path}:{row.line}: {row.reason}")
            yield row


@contextmanager
def _shown(paths: Sequence[Path]) -> Iterator[Told]:
    """Show on standard error how far the files are: in place on a terminal, else a line every ten seconds at most."""
    from candor.crawl_progress import stderr_console

    console = stderr_console()
    files: dict[str, PastFile] = {}
    said = monotonic()
    with console.status("Starting", spinner="line") if console.is_terminal else nullcontext() as status:

        def told(file: PastFile) -> None:
            nonlocal said
            files[file.name] = file
            words = _progress(files.values(), of=len(paths))
            if status is not None:
                status.update(words)
            elif monotonic() - said >= _SAY_EVERY_S:
                said = monotonic()
                say(words)

        yield told


def _progress(files: Collection[PastFile], *, of: int) -> str:
    done = sum(file.is_done or bool(file.error) for file in files)
    records, mentions = (sum(getattr(file, name) for file in files) for name in ("records", "mentions"))
    return f"{done} of {of} files, {records:,} records, {mentions:,} mentions"


def _table(files: Sequence[PastFile]) -> None:
    from rich.table import Table
    from rich.text import Text

    from candor.crawl_progress import stderr_console

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("File", overflow="fold")
    for name in ("Records", "Posts", "Mentions", "New", "Unmatched", "Errors"):
        table.add_column(name, justify="right")
    table.add_column("State")
    for file in files:
        state = Text(_state(file), style={"done": "green", "failed": "red"}.get(_state(file), "yellow"))
        if file.error:
            state.append(f": {file.error}", style="default")
        state.append("".join(f"\n{count:,} {why}" for why, count in _reasons(file)), style="dim")
        counts = (file.records, file.posts, file.mentions, file.new, file.unmatched, file.errors)
        table.add_row(Text(Path(file.name).name), *(f"{count:,}" for count in counts), state)
    stderr_console().print(table)


def _state(file: PastFile) -> str:
    return "failed" if file.error else "done" if file.is_done else "begun"


def _reasons(file: PastFile) -> list[tuple[str, int]]:
    return sorted(file.dropped.items(), key=lambda pair: (-pair[1], pair[0]))[:_REASONS]


def _row(file: PastFile) -> dict[str, Any]:
    return {
        "file": file.name,
        "kind": file.kind,
        "state": _state(file),
        **{name: getattr(file, name) for name in _COUNTS},
        "dropped": dict(file.dropped),
        "error": file.error,
    }


def _raise_for(files: Sequence[PastFile], *, stopped: bool) -> None:
    """Raise ``CrawlError`` that names the files which were not read to their end, or says that all was ``stopped``."""
    failed = [file for file in files if file.error]
    if failed:
        causes = "; ".join(file.error for file in failed)
        raise CrawlError(f"{len(failed)} of {len(files)} files failed ({causes}); the rest was done")
    if stopped:
        raise CrawlError("stopped before all was read; what was read is stored, and the same call goes on there")
    if any(file.errors for file in files):
        raise typer.Exit(1)
