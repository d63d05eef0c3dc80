"""``candor doctor``: is everything in place, and what is the cure where it is not."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from candor.checks.outside import outside_lines
from candor.hints import cured, lines_of
from candor.next_steps import typed
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, enricher_of, opened, write_json

if TYPE_CHECKING:
    from analysis.alert.outbox import ChannelStanding
    from analysis.settings.file import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: ``state`` is ok, note or bad; a bad one makes the exit status 1."""

    part: str
    state: str
    words: str


def doctor(
    config: ConfigPath = None,
    store: StoreAddress = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no source, mail server or tracker.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check configuration, store, enrichers, mail, tracker and each source (one request each), and say the cure.

    Examples:

      candor doctor

      candor doctor --offline --json
    """
    settings = config_of(config, store)
    checks = []
    for check in examine(settings, offline=offline):
        checks.append(check)
        if as_json:
            write_json([{"part": check.part, "state": check.state, "words": check.words}])
        else:
            _show(check)
    if any(check.state == "bad" for check in checks):
        raise typer.Exit(1)


def examine(config: Config, *, offline: bool) -> Iterator[Check]:
    """Yield each check as it is done."""
    yield from _configuration(config)
    yield _enrichers(config)
    yield _store(config)
    yield from _untracked(config)
    yield from _channels(config)
    yield from _rules(config)
    for part, state, words in outside_lines(config, os.environ, offline=offline):
        yield Check(part=part, state=state, words=words)
    if not offline and config.sources and config.crawl.contact:
        yield from _sources(config)


def _configuration(config: Config) -> Iterator[Check]:
    from analysis.model.query import in_words, parse
    from candor.checks.brands import brand_lines

    yield Check(part="config", state="ok", words=f"{config.path} is valid")
    roles = {brand.role for brand in config.brands}
    if "own" not in roles:
        yield Check(part="brands", state="bad", words='no brand has role = "own"; add a [[brands]] for yours')
    elif "competitor" not in roles:
        words = "no competitor: shares of voice and fixes have nothing to compare with; add a [[brands]]"
        yield Check(part="brands", state="note", words=words)
    else:
        yield Check(part="brands", state="ok", words=", ".join(brand.name for brand in config.brands))
    for part, state, words in brand_lines(config.brands):
        yield Check(part=part, state=state, words=words)
    for keyword in config.alerts.keywords:
        words = f"found by {in_words(parse(keyword.query).node)}"
        yield Check(part=f"keyword {keyword.id}", state="ok", words=words)
    if not config.sources:
        yield Check(part="sources", state="note", words="no [[sources]]: only `candor import` brings posts in")
    if config.sources and not config.crawl.contact:
        words = 'no contact under [crawl]: sites must know whom to write to; add contact = "mailto:you@your.example"'
        yield Check(part="crawl", state="bad", words=words)


def _enrichers(config: Config) -> Check:
    from analysis.model.errors import CandorError

    if not config.brands:
        return Check(part="enrichers", state="bad", words="no [[brands]], so there is nothing to look for")
    began = time.perf_counter()
    try:
        enricher = enricher_of(config, layer=_layer(config))
    except CandorError as error:
        return Check(part="enrichers", state="bad", words="; ".join(lines_of(error)))
    took = time.perf_counter() - began
    return Check(part="enrichers", state="ok", words=f"model {enricher.model} loads in {took:.1f} s")


def _layer(config: Config) -> bytes:
    """Return what was learnt from answers; nothing where the store does not open, which is told elsewhere."""
    from analysis.ledger.learning import learnt
    from analysis.model.errors import CandorError

    try:
        with opened(config) as store:
            return learnt.bytes_of(store.records)
    except CandorError:
        return b""


def _store(config: Config) -> Check:
    from analysis.model.errors import CandorError
    from analysis.store.base import Filter

    try:
        with opened(config) as store:
            count = store.count(Filter())
            return Check(part="store", state="ok", words=f"{store.address} opens and holds {count:,} mentions")
    except CandorError as error:
        if not config.store.startswith("http") and not _exists(config.store):
            words = f"{config.store} does not exist yet; the first crawl or import makes it"
            return Check(part="store", state="note", words=words)
        return Check(part="store", state="bad", words="; ".join(lines_of(error)))


def _untracked(config: Config) -> Iterator[Check]:
    """Brand ids that are stored and that no brand has any more: a brand that was renamed loses its history so."""
    from analysis.measure.untracked import untracked
    from analysis.model.errors import CandorError

    try:
        with opened(config) as store:
            gone = untracked(store, config.brands) if config.brands else ()
    except CandorError:
        return  # Told by the check of the store.
    for brand in gone:
        yield Check(part="brands", state="note", words=brand.words)


def _rules(config: Config) -> Iterator[Check]:
    """What keeps the rules from being judged: one that there is not, topics that cannot be read."""
    from analysis.model.errors import CandorError
    from candor.alert_pass import watchlist_of

    try:
        if config.brands:
            watchlist_of(config)
    except CandorError as error:
        yield Check(part="alerts", state="bad", words="; ".join(lines_of(error)))


def _channels(config: Config) -> Iterator[Check]:
    """Each channel: can it be used, did it refuse for good, does anything wait."""
    from analysis.alert.channels.configured import usable
    from analysis.alert.outbox import standings
    from analysis.model.errors import CandorError

    ready, problems = usable(config.channels)
    for problem in problems:
        yield Check(part="channels", state="bad", words=problem)
    try:
        with opened(config) as store:
            told = standings(store.records, {channel.id: channel.sender.mark for channel in ready})
    except CandorError:
        told = {}  # Before the first crawl there is no store, and nothing was sent.
    yield from _in_the_open(config)
    for channel in ready:
        state, words = _stands(channel.id, channel.service, told.get(channel.id), config.call)
        yield Check(part=f"channel {channel.id}", state=state, words=words)
    if config.kibana is not None and not config.store.startswith("http"):
        words = "the boards of [kibana] read Elasticsearch, and this store is a folder: links will lead to nothing"
        yield Check(part="kibana", state="note", words=words)


def _in_the_open(config: Config) -> Iterator[Check]:
    """Signed messages that anybody on the way can read and repeat."""
    for place, section in enumerate(config.channels, start=1):
        if section.url.startswith("http://") and (section.secret_env or section.secret_file):
            words = "is signed and yet sent over plain http, where others can read and repeat it; give an https address"
            yield Check(part=f"channel {section.id or place}", state="note", words=words)


def _stands(name: str, service: str, found: ChannelStanding | None, call: Sequence[str]) -> tuple[str, str]:
    if found is not None and found.broken:
        wait = f"; {found.waiting} messages wait" if found.waiting else ""
        mend = typed(f"candor alerts mend {name}", call)
        cure = f"mend its address in the configuration, or call `{mend}` where it works again"
        return "bad", f"refused for good since {found.since} ({found.cause}){wait}; {cure}"
    if found is not None and found.waiting:
        why = f" (the last try: {found.failing})" if found.failing else ""
        return "note", f"{service}: {found.waiting} messages wait{why}; the next pass tries again"
    return "ok", f"{service} is ready"


def _exists(folder: str) -> bool:
    from pathlib import Path

    return Path(folder).exists()


def _sources(config: Config) -> Iterator[Check]:
    from analysis.model.errors import CandorError
    from crawler.probe import probe

    try:
        with opened(config, write=not _exists(config.store)) as store:
            found = probe(config, store, config.sources)
    except CandorError as error:
        yield Check(part="sources", state="bad", words="; ".join(lines_of(error)))
        return
    for item in found:
        yield Check(part=item.source.id, state="ok" if item.ok else "bad", words=cured(item.words, item.source.url))


def _show(check: Check) -> None:
    from rich.text import Text

    from candor.streams import Terminal

    signs = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "bad": ("BAD ", "bold red")}
    sign, style = signs[check.state]
    line = Text(sign, style=style)
    line.append(f"  {check.part}: ", style="bold")
    line.append(check.words, style="default")
    Terminal(highlight=False).print(line, soft_wrap=True)
