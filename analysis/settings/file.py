"""``candor.toml``: what is tracked, what is read, where it is kept. All mistakes are reported at once, with cures."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from analysis.model import Brand, Source
from analysis.model.errors import ConfigError
from analysis.settings.locate import key_line
from analysis.settings.mistakes import Mistake, Place, did_you_mean, mistakes_of
from analysis.settings.places import in_the_way, store_address
from analysis.settings.sources import PromiseSection, SourceSection, given_keys, keys_of
from analysis.settings.tables import (
    AlertOptions,
    BrandSection,
    ChannelSection,
    CrawlOptions,
    DigestSection,
    EnrichOptions,
    File,
    KeywordSection,
    KibanaSection,
    MailedReportSection,
    PrivacyOptions,
    ProxySection,
    QuietSection,
    ReportOptions,
    RuleSection,
    ServeOptions,
    SilenceSection,
    TopicSection,
    TrackerSection,
)
from analysis.settings.toml import text_of, values_of
from analysis.settings.values import shown

DEFAULT_NAME = "candor.toml"
Kinds = Mapping[str, type[SourceSection]]
Narrowed = TypeVar("Narrowed", ChannelSection, KeywordSection, MailedReportSection)
_MOST_TOLD = 100
_ACCOUNT = re.compile(r"(?<=://)[^\s/@'\"]{1,300}@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A valid configuration with every path made absolute. ``path`` is None where it was not read from a file.

    ``text`` is what the file held when it was read: another process takes this, for the file may have changed since.
    ``call`` are the words that chose this file and its store, so that a command which is shown works when it is typed.
    """

    path: Path | None
    text: str = field(default="", repr=False)
    call: tuple[str, ...] = ()
    state: Path
    store: str
    brands: tuple[Brand, ...]
    sources: tuple[Source, ...]
    crawl: CrawlOptions = field(default_factory=CrawlOptions)
    report: ReportOptions = field(default_factory=ReportOptions)
    privacy: PrivacyOptions = field(default_factory=PrivacyOptions)
    taxonomy: Path | None = None
    topics: tuple[TopicSection, ...] = ()
    enrich: EnrichOptions = field(default_factory=EnrichOptions)
    channels: tuple[ChannelSection, ...] = ()
    alerts: AlertOptions = field(default_factory=AlertOptions)
    reports: tuple[MailedReportSection, ...] = ()
    kibana: KibanaSection | None = None
    serve: ServeOptions = field(default_factory=ServeOptions)
    tracker: TrackerSection | None = None

    @property
    def key_file(self) -> Path:
        """Where the installation's key is."""
        folder = self.path.parent if self.path else self.state.parent
        return folder / self.privacy.key_file if self.privacy.key_file else self.state / "installation.key"

    @property
    def key_is_named(self) -> bool:
        """Whether somebody chose that file: then it must be there."""
        return bool(self.privacy.key_file)


def load(path: Path, *, kinds: Kinds, environ: Mapping[str, str] | None = None) -> Config:
    """Return the configuration in ``path``. Raises ``ConfigError`` that lists every mistake with line and cure.

    ``kinds`` are the kinds of source that there are, each with the class of its options.
    """
    return from_text(text_of(path), path=path, kinds=kinds, environ=environ)


def from_text(text: str, *, path: Path, kinds: Kinds, environ: Mapping[str, str] | None = None) -> Config:
    """Return the configuration that ``text`` holds, as if it stood at ``path``."""
    raw = values_of(text, path)
    mistakes: list[Mistake] = []
    try:
        sections = File.model_validate(raw)
    except ValidationError as error:
        mistakes += mistakes_of(error, _keys_at)
    sources = _sources(raw.get("sources"), kinds, mistakes)
    if mistakes:
        raise ConfigError(_told(mistakes, text, path))
    environ = os.environ if environ is None else environ
    config = _resolve(sections, tuple(sources), path, environ, text=text)
    named = {name: brand.id for brand in config.brands for name in (brand.name.casefold(), brand.id.casefold())}
    problems = _unknown_brands("channels", config.channels, named, text, path)
    problems += _unknown_brands("alerts.keywords", config.alerts.keywords, named, text, path)
    problems += _unknown_brands("reports", config.reports, named, text, path)
    problems += _same_ids("reports", [report.id for report in config.reports], text, path)
    problems += _same_ids("brands", [brand.id for brand in config.brands], text, path)
    problems += _same_ids("topics", [topic.key for topic in config.topics], text, path)
    problems += _same_ids("sources", [source.id for source in config.sources], text, path)
    if config.topics and config.enrich.model != "encoder":
        what = f'needs the network; write model = "encoder" under [enrich], not {config.enrich.model!r}'
        problems.append(_problem(Mistake(("topics", 0, "examples"), what), text, path))
    if problems:
        raise ConfigError(problems)
    keywords = _with_ids(config.alerts.keywords, named)
    return replace(
        config,
        channels=_with_ids(config.channels, named),
        reports=_with_ids(config.reports, named),
        alerts=config.alerts.model_copy(update={"keywords": keywords}),
    )


def _sources(tables: Any, kinds: Kinds, mistakes: list[Mistake]) -> list[Source]:
    """Return the sources that ``tables`` describe, each checked by its kind; add what is wrong to ``mistakes``."""
    sources: list[Source] = []
    for number, table in enumerate(tables if isinstance(tables, list) else ()):
        place = ("sources", number)
        if not isinstance(table, dict):
            continue
        values = dict(table)
        kind = values.pop("kind", None)
        section = kinds.get(kind) if isinstance(kind, str) else None
        if section is None:
            mistakes.append(_wrong_kind(kind, kinds, place))
            section = _nearest(kind, kinds)
            values = given_keys(section, values)
        try:
            checked = section.model_validate(values)
        except ValidationError as error:
            mistakes += mistakes_of(error, partial(_keys_of_source, section), at=place)
        else:
            if isinstance(kind, str) and kind in kinds:
                sources.append(checked.source(str(kind)))
    return sources


def _wrong_kind(kind: object, kinds: Kinds, place: Place) -> Mistake:
    if kind is None:
        return Mistake((*place, "kind"), f"is missing; write one of {', '.join(kinds)}")
    near = difflib.get_close_matches(str(kind)[:60], kinds, n=1)
    cure = f"did you mean {near[0]}?" if near else "docs/configuration.md says what each reads"
    return Mistake((*place, "kind"), f"{shown(kind)} is not one of {', '.join(kinds)}; {cure}")


def _keys_of_source(section: type[SourceSection], place: Place) -> Sequence[str]:
    return keys_of(section) if len(place) == len(("sources", 0)) else _keys_at(place)


def _nearest(kind: object, kinds: Kinds) -> type[SourceSection]:
    """Return the options that the other keys are judged by where the kind is wrong: those of the nearest name."""
    names = difflib.get_close_matches(str(kind)[:60], kinds, n=1)
    return kinds[names[0]] if names else SourceSection


def _resolve(
    sections: File, sources: tuple[Source, ...], path: Path, environ: Mapping[str, str], *, text: str
) -> Config:
    folder = path.resolve().parent
    asked = environ.get("CANDOR_STATE")
    where = "CANDOR_STATE" if asked else f"{path}:{key_line(text, ('state',))}: state"
    state = _state(asked or sections.state, folder=folder, chosen_by=where)
    return Config(
        path=path.resolve(),
        text=text,
        state=state,
        store=_store(environ.get("CANDOR_STORE") or sections.store, folder=folder, state=state),
        brands=tuple(section.brand() for section in sections.brands),
        sources=sources,
        crawl=sections.crawl,
        report=sections.report,
        privacy=sections.privacy,
        taxonomy=folder / sections.enrich.taxonomy if sections.enrich.taxonomy else None,
        topics=sections.topics,
        enrich=sections.enrich,
        channels=tuple(_beside(folder, channel) for channel in sections.channels),
        alerts=sections.alerts,
        reports=tuple(_numbered(report, place) for place, report in enumerate(sections.reports, start=1)),
        kibana=sections.kibana,
        serve=sections.serve,
        tracker=sections.tracker,
    )


def _unknown_brands(
    section: str, tables: Sequence[Narrowed], named: Mapping[str, str], text: str, path: Path
) -> list[str]:
    """Return what is wrong with the brands that channels or keywords are narrowed to."""
    return [
        _problem(Mistake((*section.split("."), place, "brands"), words), text, path)
        for place, table in enumerate(tables)
        for name in table.brands
        if name.casefold() not in named
        for words in [f"{shown(name)} is no brand{did_you_mean(name.casefold(), list(named))}"]
    ]


def _with_ids(tables: Sequence[Narrowed], named: Mapping[str, str]) -> tuple[Narrowed, ...]:
    """Return ``tables`` with the ids of the brands that they are narrowed to, which may be called by name."""
    return tuple(
        table.model_copy(update={"brands": tuple(named[name.casefold()] for name in table.brands)}) for table in tables
    )


def _numbered(report: MailedReportSection, place: int) -> MailedReportSection:
    return report if report.id else report.model_copy(update={"id": f"report-{place}"})


def _beside(folder: Path, channel: ChannelSection) -> ChannelSection:
    """Return ``channel`` with its files relative to the folder of the configuration."""
    named = {name: getattr(channel, name) for name in ("url_file", "secret_file")}
    found = {name: str(folder / Path(file).expanduser()) for name, file in named.items() if file}
    return channel.model_copy(update=found)


def _state(given: str, *, folder: Path, chosen_by: str) -> Path:
    """Return the state folder. Raises ``ConfigError`` where a file stands in its place."""
    state = folder / Path(given).expanduser()
    # Where the file itself is yet to be written, its own folder is told by whoever writes it.
    if folder.is_dir() and (file := in_the_way(state)):
        raise ConfigError([f"{chosen_by}: {file} is a file; the state is kept in a folder: name another place"])
    return state


def _store(given: str, *, folder: Path, state: Path) -> str:
    try:
        return store_address(given, folder=folder, state=state)
    except ValueError as error:
        raise ConfigError([f"CANDOR_STORE: {error}"]) from None


def _same_ids(section: str, ids: Sequence[str], text: str, path: Path) -> list[str]:
    seen: set[str] = set()
    problems = []
    for place, name in enumerate(ids):
        where = f"{path}:{key_line(text, (section, place))}: {section}[{place + 1}]"
        if name in seen:
            problems.append(f"{where}: the id {name!r} is taken; give it an id of its own")
        if not name:
            problems.append(f"{where}: no id can be made from its name; add id = ...")
        seen.add(name)
    return problems


def _told(mistakes: Sequence[Mistake], text: str, path: Path) -> list[str]:
    told = [_problem(mistake, text, path) for mistake in mistakes[:_MOST_TOLD]]
    left = len(mistakes) - len(told)
    return [*told, f"{path}: and {left} more"] if left else told


def _problem(mistake: Mistake, text: str, path: Path) -> str:
    where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in mistake.at).lstrip(".")
    # A value is told as it was given, but for the name and password in an address.
    words = _ACCOUNT.sub("…@", mistake.words)
    return f"{path}:{key_line(text, mistake.at)}: {where or 'file'}: {words}"


def _keys_at(loc: Place) -> list[str]:
    sections: dict[tuple[str, ...], type[BaseModel]] = {
        (): File,
        ("brands",): BrandSection,
        ("sources", "promise"): PromiseSection,
        ("crawl",): CrawlOptions,
        ("report",): ReportOptions,
        ("privacy",): PrivacyOptions,
        ("enrich",): EnrichOptions,
        ("channels",): ChannelSection,
        ("alerts",): AlertOptions,
        ("alerts", "digest"): DigestSection,
        ("alerts", "keywords"): KeywordSection,
        ("alerts", "quiet"): QuietSection,
        ("alerts", "silences"): SilenceSection,
        ("alerts", "rules"): RuleSection,
        ("reports",): MailedReportSection,
        ("kibana",): KibanaSection,
        ("tracker",): TrackerSection,
        ("serve",): ServeOptions,
        ("serve", "proxy"): ProxySection,
    }
    names = tuple(part for part in loc if isinstance(part, str))
    model = sections.get(names)
    return [info.alias or name for name, info in model.model_fields.items()] if model else []
