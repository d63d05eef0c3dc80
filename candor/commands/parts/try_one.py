"""``candor try``: what Candor makes of one page, feed, API answer or table. Nothing is stored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.errors import ReadError, UsageError
from candor.options import AsJson, ConfigPath, config_of, write_json
from candor.streams import say

if TYPE_CHECKING:
    from datetime import datetime

    from analysis.model import Brand, Post
    from analysis.settings.file import Config
    from crawler.readers.page import Page

_TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".zip")


def try_one(
    place: Annotated[str, typer.Argument(metavar="FILE-or-ADDRESS", help="A saved answer (may be gzipped) or a URL.")],
    kind: Annotated[
        str, typer.Option("--kind", "-k", help="article, forum, review, feed, table, an API, or auto.")
    ] = "auto",
    url: Annotated[str, typer.Option("--url", help="Where a file came from.")] = "",
    brand: Annotated[
        list[str] | None, typer.Option("--brand", "-b", help="Judge for this name, instead of candor.toml's brands.")
    ] = None,
    contact: Annotated[str, typer.Option("--contact", help="Whom the site may write to, without a candor.toml.")] = "",
    columns: Annotated[str, typer.Option("--map", metavar="FIELD=HEADING,...", help="Of a table: text=Comment.")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many posts to show.")] = 10,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Try one page, feed, API answer, table or mailbox: its posts, judged. Nothing is stored.

    --json writes a line per post, with what it says of each brand that it names.

    Examples:

      candor try https://forum.example/viewtopic.php?t=7

      candor try saved.html --kind forum --brand Tessaro --json
    """
    from candor.commands.parts.read import known_kind
    from candor.shown_posts import counted, judged, row_of, show

    known_kind(kind, more=("table",))
    settings = config_of(config, required=False)
    read_by, posts = _posts(place, kind, url, settings, contact, columns)
    if not posts:
        raise ReadError(f"{place}: no posts were found, read as {read_by}; try another --kind, or another address")
    brands = _brands(brand, settings)
    mentions = judged(posts, settings, brands)
    if as_json:
        write_json(row_of(post, each) for post, each in zip(posts, mentions, strict=True))
        return
    print(f"{place}: read as {read_by}; {counted(posts, mentions)}")
    show(posts, mentions, most=limit)
    if not brands:
        print("Nothing was judged: no brand is known. Give --brand NAME, or --config FILE.", file=sys.stderr)


def _brands(names: list[str] | None, settings: Config) -> tuple[Brand, ...]:
    from analysis.settings.tables import BrandSection

    if not names:
        return settings.brands
    if empty := [name for name in names if not name.strip()]:
        raise UsageError(f"--brand: {empty[0]!r} is no name")
    return tuple(BrandSection(name=name, role="own").brand() for name in names)


def _posts(
    place: str, kind: str, url: str, settings: Config, contact: str, columns: str
) -> tuple[str, tuple[Post, ...]]:
    """Return what read the place and its posts. Raises ``CandorError`` where it cannot be read."""
    from datetime import UTC, datetime

    from crawler.own.pieces import mail_at
    from crawler.readers.page import Page
    from crawler.readers.recognise import read_as

    if place.startswith(("http://", "https://")):
        return read_as(kind, _fetched(place, settings, contact))
    path = Path(place)
    if not path.is_file():
        raise UsageError(f"{place}: there is no such file; give a saved file, or an address with http:// or https://")
    now = datetime.now(UTC)
    if kind == "table" or (kind == "auto" and (columns or path.name.removesuffix(".gz").endswith(_TABLES))):
        return "table", _rows(place, now, columns)
    content = _content(path)
    if kind == "auto" and (mail_at(path) or content.startswith(b"From ")):
        kind = "mailbox"
    try:
        return read_as(kind, Page(content, url, now))
    except ReadError as error:
        raise ReadError(f"{error}".replace("the page", place, 1)) from None


def _content(path: Path) -> bytes:
    from crawler.readers.page import MAX_BYTES
    from crawler.readers.unzipping import unzipped

    try:
        return unzipped(path.read_bytes(), MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from None


def _fetched(place: str, settings: Config, contact: str) -> Page:
    import dataclasses

    from crawler.kinds.base import Ask
    from crawler.looking import look

    if contact:
        given = settings.crawl.model_copy(update={"contact": contact})
        settings = dataclasses.replace(settings, crawl=given)
    return look(settings, lambda fetch: fetch(Ask(url=place)))


def _rows(place: str, now: datetime, columns: str) -> tuple[Post, ...]:
    from analysis.ingest.rows import Wrong
    from analysis.ingest.tables.headings import given_columns
    from analysis.ingest.tables.reading import read_tables
    from analysis.model import Post
    from candor.files.text import tables_in

    posts: list[Post] = []
    given = given_columns(columns)
    with tables_in(place) as parts:
        for row in read_tables(parts, now=now, tell=lambda words: say(f"candor: {words}"), columns=given):
            if isinstance(row, Wrong):
                say(f"candor: {row.place or place}:{row.line}: {row.reason}")
            elif isinstance(row, Post):
                posts.append(row)
    return tuple(posts)
