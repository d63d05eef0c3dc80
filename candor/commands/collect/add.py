"""``candor add``: find out what a place is, show what it gives, and write its block into the configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from candor.options import AsJson, ConfigPath, config_of, write_json
from candor.streams import say

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from crawler.finding.costs import Cost
    from crawler.finding.found import FoundPlace
    from crawler.finding.tasting import Taste
    from crawler.kinds.base import Knowledge

_TOLD = "the first posts, judged:"
_NAMED = "say which brand all of it is about: --about NAME"
_NEARER = "choose a place or a search that is nearer to it"


def add(
    place: Annotated[
        str, typer.Argument(metavar="ADDRESS-or-NAME", help="A web address, a file, or a name such as r/coffee.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write the block without asking.")] = False,
    country: Annotated[str, typer.Option("--country", help="Of an app store: de, us.")] = "",
    source_id: Annotated[str, typer.Option("--id", help="The source's id; made of its address if not given.")] = "",
    every: Annotated[str, typer.Option("--every", help="How often it is due: 15m, 6h.")] = "",
    about: Annotated[
        str, typer.Option("--about", help="Of a table or mailbox: the brand that all of it is about.")
    ] = "",
    columns: Annotated[str, typer.Option("--map", metavar="FIELD=HEADING,...", help="Of a table: text=Comment.")] = "",
    contact: Annotated[str, typer.Option("--contact", help="Whom the site may write to, without a candor.toml.")] = "",
    names: Annotated[bool, typer.Option("--list", help="List the names that are known.")] = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Add a place: say what it is, show its first five posts and what they name, what it costs, and write its block.

    It is read once, politely, and nothing is stored. Without --yes it asks before it writes; comments are kept.

    Examples:

      candor add https://forum.example

      candor add r/coffee --yes

      candor add appstore:1234567 --country de

      candor add exports/tickets.csv --about Tessaro
    """
    if names:
        _list(as_json=as_json)
        return
    if not place.strip():
        raise UsageError("ADDRESS-or-NAME is missing; `candor add --list` shows the names")
    settings = config_of(config, required=False)
    given = {"id": source_id, "every": every, "about": about, "country": country}
    more: dict[str, Any] = {name: value for name, value in given.items() if value}
    if columns:
        more["columns"] = _columns(columns)
    known = _known(settings)
    taste = _taste(place.strip(), settings, known, more, contact)
    cost = _cost(taste, known)
    keys = _keys(taste, more, settings)
    written = _shown(taste, cost, keys, settings, place=place, as_json=as_json, yes=yes)
    if written and not as_json:
        print(f"{settings.path}: written. `candor crawl {_id(taste, keys)}` reads it.")


def _list(*, as_json: bool) -> None:
    from crawler.finding.names import presets
    from crawler.kinds import KINDS

    if as_json:
        write_json(
            {"name": each.name, "about": each.about, "kind": each.kind, "argument": each.argument, "keys": each.keys,
             "available": each.kind in KINDS}
            for each in presets()
        )  # fmt: skip
        return
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("name", no_wrap=True), "what it is", "kind")
    for each in presets():
        kind = each.kind if each.kind in KINDS else f"{each.kind} (not in this Candor)"
        argument = f"; ARGUMENT is {each.argument}" if each.argument else ""
        table.add_row(f"{each.name}{':ARGUMENT' if each.argument else ''}", f"{each.about}{argument}", kind)
    Console(highlight=False, markup=False).print(table)


def _columns(text: str) -> dict[str, Any]:
    from analysis.ingest.tables.headings import given_columns

    return {key: list(names) if len(names) > 1 else names[0] for key, names in given_columns(text).items()}


def _known(settings: Config) -> Knowledge:
    from datetime import UTC, datetime

    from crawler.kinds.base import Knowledge

    names = [name for brand in settings.brands for name in (brand.name, *brand.aliases)]
    return Knowledge(now=datetime.now(UTC), brands=tuple(dict.fromkeys(names)))


def _taste(place: str, settings: Config, known: Knowledge, more: dict[str, Any], contact: str) -> Taste:
    """Return what the place is and gives. Raises ``CandorError`` where it cannot be told or read."""
    from dataclasses import replace

    from crawler.finding.found import fitted
    from crawler.finding.names import address_of, by_address, named
    from crawler.finding.tasting import Taster

    found = _own(place, settings) or named(place) or by_address(url := address_of(place))
    if found is not None:
        found = fitted(found)
        if found.kind in ("table", "mailbox") and "path" in found.keys:
            folder = settings.path.parent if settings.path else Path.cwd()
            try:
                return Taster(fetch=_nobody, known=known, more=more).own(found, folder)
            except UsageError as error:
                # How a column is named is said of a block that is not written yet: here a flag does it.
                raise error.__cause__ or error from None
        _searchable(found, known)
    if contact:
        crawl = settings.crawl.model_copy(update={"contact": contact})
        settings = replace(settings, crawl=crawl)
    from crawler.keys import keys_of
    from crawler.looking import Fetch, look

    async def work(fetch: Fetch) -> Taste:
        taster = Taster(fetch=fetch, known=known, more=more, keys=keys_of)
        return await (taster.place(found) if found is not None else taster.address(url))

    return look(settings, work)


async def _nobody(_: object) -> Any:
    raise UsageError("what lies on this machine is not asked for")


def _own(place: str, settings: Config) -> FoundPlace | None:
    """Return the table or mailbox that a path names, relative to where the command was typed; ``*`` stands for several.

    Raises ``UsageError`` for a folder of mails, which is no mailbox.
    """
    from analysis.model.errors import ReadError
    from crawler.finding.found import FoundPlace
    from crawler.own.pieces import files_at, mail_at

    path = Path(place).expanduser()
    try:
        first = files_at(str(path), Path.cwd())[0]
    except (OSError, ReadError):
        return None
    folder = settings.path.parent if settings.path else Path.cwd()
    keys = {"path": os.path.relpath(path.resolve(), folder.resolve())}
    if mail := mail_at(first):
        return FoundPlace(kind="mailbox", keys=keys, why=mail)
    inner = next(filter(mail_at, sorted(first.iterdir())), None) if first.is_dir() else None
    if inner is not None:
        raise UsageError(f"{place}: is a folder; write '{place.rstrip('/')}/*{inner.suffix}' for the mail in it")
    _need_table(first, place)
    return FoundPlace(kind="table", keys=keys, why="it is a file of your own")


def _need_table(path: Path, place: str) -> None:
    """Raise ``UsageError`` for a feed or an API's answer that was saved: it will say nothing new tomorrow."""
    from datetime import UTC, datetime

    from analysis.model.errors import CandorError
    from crawler.readers.page import MAX_BYTES, Page
    from crawler.readers.recognise import read_as
    from crawler.readers.unzipping import unzipped

    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        return
    content = unzipped(path.read_bytes(), MAX_BYTES + 1)
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[", b"<?xml", b"<rss", b"<feed")):
        return
    try:
        kind = read_as("auto", Page(content, "", datetime.now(UTC)))[0]
    except CandorError:
        return
    if kind != "table":
        raise UsageError(
            f"{place}: is a saved answer of the kind {kind}, which will say nothing new; add the address that it came "
            f"from, or take its posts once: candor read --kind {kind} {path} | candor import -"
        )


def _searchable(found: FoundPlace, known: Knowledge) -> None:
    from crawler.kinds import KINDS

    fields = KINDS[found.kind].options.model_fields
    searches = "{query}" in str(found.keys) or ("query" in fields and not set(found.keys) & set(fields) - {"api"})
    if searches and not known.brands:
        raise UsageError(
            f"{found.why}: it searches for each brand's name, and no brand is known; `candor init` adds one"
        )


def _cost(taste: Taste, known: Knowledge) -> Cost:
    from crawler.finding.costs import cost_of

    return cost_of(taste.place.kind, taste.options, known)


def _keys(taste: Taste, more: Mapping[str, Any], settings: Config) -> dict[str, Any]:
    """Return the keys of the block, with an id where the one that would be made is taken.

    Raises ``UsageError`` where the same source is there already.
    """
    keys = {**taste.place.keys, **more}
    own = taste.options.source(taste.place.kind)
    for source in settings.sources:
        if source.kind == own.kind and source.options == taste.options:
            raise UsageError(f"{settings.path}: the source {source.id} reads this already")
    taken = {source.id for source in settings.sources}
    if own.id in taken and "id" not in more:
        number = next(number for number in range(2, len(taken) + 3) if f"{own.id}-{number}" not in taken)
        keys = {"id": f"{own.id}-{number}", **keys}
    return keys


def _id(taste: Taste, keys: Mapping[str, Any]) -> str:
    return str(keys.get("id") or taste.options.source(taste.place.kind).id)


def _shown(
    taste: Taste, cost: Cost, keys: Mapping[str, Any], settings: Config, *, place: str, as_json: bool, yes: bool
) -> bool:
    """Show what was found; return whether its block was written."""
    from analysis.settings.blocks import block_of
    from candor.shown_posts import counted, judged, kept, row_of, show
    from crawler.own.kinds import PIECES

    mentions = judged(taste.posts, settings, settings.brands)
    block = block_of(taste.place.kind, keys, note=f"{place}: {taste.place.why}")
    if as_json:
        written = yes and _write(settings, block)
        row = {
            "address": place,
            "kind": taste.place.kind,
            "why": taste.place.why,
            "passed": list(taste.passed),
            "left_out": dict(taste.left_out),
            "id": _id(taste, keys),
            "posts": [row_of(post, each) for post, each in zip(taste.posts, mentions, strict=True)],
            "cost": {"requests_a_day": cost.requests, "quota": cost.quota, "key": cost.key, "where": cost.where},
            "block": {"kind": taste.place.kind, **keys},
            "toml": block,
            "written": written,
            "path": str(settings.path or ""),
        }
        write_json([row])
        return written
    print(f"{place}: {taste.place.kind}, because {taste.place.why}")
    for words in taste.passed:
        print(f"  not {words}")
    print(f"{counted(taste.posts, mentions)}, {_TOLD}" if taste.posts else "No posts yet.")
    show(taste.posts, mentions, most=len(taste.posts))
    if told := kept(mentions, settings.brands, else_=_NAMED if taste.place.kind in PIECES else _NEARER):
        print(told)
    for words, count in taste.left_out.items():
        print(f"Left out ({count}): {words}")
    print(f"Cost: {cost.words}\n\n{block}")
    if yes or (sys.stdin.isatty() and typer.confirm(f"Write it into {settings.path or 'candor.toml'}?")):
        return _write(settings, block)
    say("candor: nothing was written; --yes writes it")
    return False


def _write(settings: Config, block: str) -> bool:
    """Write the block into the file of the configuration, which is valid before and after. Raises ``CandorError``."""
    from analysis.settings.blocks import with_block
    from candor.files.configuration import change

    change(settings.path, lambda text: with_block(text, block), what="the source cannot be added")
    return True
