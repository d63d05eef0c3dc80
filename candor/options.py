"""Flags that several commands share, and what they stand for."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from analysis.model.text import obedient_json
from analysis.model.times import read_time

if TYPE_CHECKING:
    from analysis.enrich.enricher import Enricher
    from analysis.enrich.learnt.layer import Layer
    from analysis.settings.file import Config
    from analysis.store.base import Filter, Store

ConfigPath = Annotated[Path | None, typer.Option("--config", "-c", help="The configuration; ./candor.toml by default.")]
StoreAddress = Annotated[str | None, typer.Option("--store", help="A folder or http(s) address; overrides the file's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to standard output, for scripts.")]
BrandOption = Annotated[
    list[str] | None, typer.Option("--brand", "-b", help="Only this brand: id or name. May be repeated.")
]
SourceOption = Annotated[list[str] | None, typer.Option("--source", help="Only this source's id. May be repeated.")]
SinceOption = Annotated[str | None, typer.Option("--since", help="From this time on: 2026-03-01, or 30d ago.")]
UntilOption = Annotated[str | None, typer.Option("--until", help="Before this time: 2026-04-01, or 7d ago.")]
SentimentOption = Annotated[
    list[str] | None, typer.Option("--sentiment", help="negative, neutral, positive or unsure. May be repeated.")
]
TopicOption = Annotated[
    list[str] | None, typer.Option("--topic", "-t", help="Only this topic: id or name. May be repeated.")
]
QueryOption = Annotated[
    str | None, typer.Option("--query", "-q", help="Only what matches: 'battery AND \"dies fast\"'.")
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option("--where", help="Only where a field has a value: complaint_topics=battery. May be repeated."),
]
On = Annotated[
    str | None,
    typer.Option(
        "--on", help="Spread it over a Ray cluster: ray (RAY_ADDRESS, else one started here), ray://head:10001."
    ),
]
Actors = Annotated[int | None, typer.Option("--actors", min=1, help="Crawl actors on the cluster; one a node.")]
Hired = Annotated[int | None, typer.Option("--actors", min=1, help="Workers on the cluster; one for each free CPU.")]
_FIRST_YEAR = 1900
WithoutOption = Annotated[
    list[str] | None, typer.Option("--without", help="All but those: source.id=old-forum. May be repeated.")
]


def config_of(path: Path | None, store: str | None = None, *, required: bool = True) -> Config:
    """Return the configuration; where none is ``required`` and none is there, one without brands and sources."""
    from analysis.settings.file import DEFAULT_NAME, Config
    from crawler.configuration import load

    chosen = path or Path(DEFAULT_NAME)
    if path is None and not required and not chosen.exists():
        folder = Path.cwd()
        state = folder / ".candor"
        import os

        address = _store_at(os.environ.get("CANDOR_STORE", ""), "CANDOR_STORE", folder=folder, state=state)
        config = Config(path=None, state=state, store=address, brands=(), sources=())
    else:
        config = load(chosen)
    if path is not None:
        config = dataclasses.replace(config, call=("--config", str(path)))
    if store and "@" not in store:
        config = dataclasses.replace(config, call=(*config.call, "--store", store))
    if store:
        config = dataclasses.replace(config, store=_store_at(store, "--store", folder=Path.cwd(), state=config.state))
    return config


def _store_at(address: str, named: str, *, folder: Path, state: Path) -> str:
    from analysis.settings.places import store_address

    try:
        return store_address(address, folder=folder, state=state)
    except ValueError as error:
        raise UsageError(f"{named}: {error}") from None


@contextmanager
def opened(config: Config, *, write: bool = False) -> Iterator[Store]:
    """Open the configured store and close it at the end."""
    from analysis.store.open import open_store

    with open_store(config.store, write=write, holder=" ".join(sys.argv)[:200]) as store:
        yield store


def enricher_of(config: Config, *, layer: Layer | bytes | None = None) -> Enricher:
    """Return the enrichers for the configured brands, adjusted by a learnt ``layer`` (as a store keeps it, or whole).

    Raises ``ConfigError`` where no brand is configured, ``LayerError`` where the layer was made for other weights.
    """
    from analysis.enrich.enricher import Enricher
    from analysis.enrich.learnt.layer import fitting_layer
    from analysis.enrich.taxonomy import taxonomy_of
    from analysis.model.errors import ConfigError
    from analysis.settings.key import installation_key

    if not config.brands:
        raise ConfigError(
            [f"{config.path or 'candor.toml'}: no [[brands]]; name your brand and at least one competitor"]
        )
    return Enricher(
        config.brands,
        pseudonym_key=installation_key(config.key_file, named=config.key_is_named),
        taxonomy=taxonomy_of(config),
        model=config.enrich.model,
        threads=config.enrich.threads,
        layer=(fitting_layer(layer) if layer else None) if isinstance(layer, bytes) else layer,
    )


def when(text: str | None, *, now: datetime, flag: str) -> datetime | None:
    """Return the moment that ``2026-03-01``, ``2026-03-01T10:00`` or ``30d`` (so long ago) means, in UTC."""
    from analysis.settings.values import seconds

    if not text:
        return None
    about = (flag.removeprefix("--"),)
    with suppress(ValueError):
        ago = seconds(text)
        try:
            return now - timedelta(seconds=ago)
        except OverflowError:
            raise UsageError(f"{text!r} is longer ago than there is time", about=about) from None
    try:
        at = read_time(text)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is not a time; write 2026-03-01, 2026-03-01T10:00 or 30d", about=about) from None
    if at.year < _FIRST_YEAR:
        raise UsageError(f"{text!r} lies before {_FIRST_YEAR}; nothing was written then that is stored", about=about)
    return at


def filter_of(
    *,
    now: datetime,
    brand: list[str] | None = None,
    source: list[str] | None = None,
    since: str | None = None,
    until: str | None = None,
    sentiment: list[str] | None = None,
    topic: list[str] | None = None,
    query: str | None = None,
    where: list[str] | None = None,
    without: list[str] | None = None,
) -> Filter:
    """Return the filter that the flags describe. Raises ``UsageError`` for one that cannot be.

    Conditions of ``where`` on one field are alternatives; on different fields all must hold.
    """
    from analysis.model import SENTIMENTS
    from analysis.model.query import parse
    from analysis.store.base import Filter

    wrong = [label for label in sentiment or () if label not in SENTIMENTS]
    if wrong:
        raise UsageError(f"--sentiment: {wrong[0]!r} is not one of {', '.join(SENTIMENTS)}")
    given = {"brand.id": brand, "source.id": source, "sentiment.label": sentiment, "topics": topic}
    terms = {path: tuple(values) for path, values in given.items() if values}
    for path, values in _conditions("--where", where).items():
        if path in terms:
            raise UsageError(f"--where: {path} has a flag of its own, which is given too; use one of them")
        terms[path] = values
    return Filter(
        terms=terms,
        exclude=_conditions("--without", without),
        since=when(since, now=now, flag="--since"),
        until=when(until, now=now, flag="--until"),
        query=parse(query) if query else None,
    )


def _conditions(flag: str, given: list[str] | None) -> dict[str, tuple[str, ...]]:
    from analysis.model import mention_fields

    known = {info.path for info in mention_fields() if info.kind == "keyword"}
    found: dict[str, tuple[str, ...]] = {}
    for one in given or ():
        path, sign, value = one.partition("=")
        if not sign or path not in known:
            from difflib import get_close_matches

            near = get_close_matches(path, known, n=2)
            cure = f"did you mean {' or '.join(near)}?" if near else "docs/fields.md lists the fields"
            raise UsageError(f"{flag}: {one!r} is not FIELD=VALUE with a field of mentions; {cure}")
        found[path] = (*found.get(path, ()), value)
    return found


def json_rows(name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file. Raises ``UsageError`` with the line that is not one."""
    for row in json_rows_or_wrong(name):
        if isinstance(row, UsageError):
            raise row
        yield row


def json_rows_or_wrong(name: str) -> Iterator[dict[str, Any] | UsageError]:
    """Yield the objects of a JSON-lines file, and in place of a line that is none the error that names it.

    Raises ``UsageError`` where the file cannot be read.
    """
    from analysis.ingest.tables.delimited import LONGEST, TOO_LONG
    from analysis.ingest.tables.reading import numbered
    from candor.files.text import text_in

    with text_in(name) as stream:
        for number, line in numbered(stream):
            place = f"{name}:{number}"
            if line == TOO_LONG:
                yield UsageError(f"{place}: the line is longer than {LONGEST} characters; is it JSON lines?")
            elif line.strip():
                yield _json_row(line, place)


def _json_row(line: str, place: str) -> dict[str, Any] | UsageError:
    if any("\udc80" <= sign <= "\udcff" for sign in line):
        return UsageError(f"{place}: not UTF-8; save the file as UTF-8")
    try:
        row = json.loads(line.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        return UsageError(f"{place}: not JSON ({error.msg} at column {error.colno})")
    except (ValueError, RecursionError) as error:
        return UsageError(f"{place}: not JSON that can be read ({error})")
    return row if isinstance(row, dict) else UsageError(f"{place}: not a JSON object")


def write_json(rows: Iterable[Any]) -> None:
    """Write each row as one line of JSON to standard output, at once; signs that it cannot show are escaped."""
    for row in rows:
        sys.stdout.write(_json_text(row) + "\n")
        sys.stdout.flush()


def write_json_parts(head: Mapping[str, Any], name: str, parts: Iterable[Any], tail: Callable[[], Any]) -> None:
    """Write one such line, whose list ``name`` may be longer than memory holds: ``head``, the list, then ``tail``."""
    sys.stdout.write(f"{_json_text(dict(head))[:-1]},{_json_text(name)}:[")
    for number, part in enumerate(parts):
        sys.stdout.write(("," if number else "") + _json_text(part))
    rest = _json_text(tail())[1:]
    sys.stdout.write(("]," if len(rest) > 1 else "]") + rest + "\n")
    sys.stdout.flush()


def _json_text(row: Any) -> str:
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        text = json.dumps(row, separators=(",", ":"))
    return obedient_json(text)
