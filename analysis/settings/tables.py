"""The tables of ``candor.toml``, each a pydantic model whose validators say the cure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)

from analysis.model import Brand
from analysis.model.errors import QueryError
from analysis.model.query import parse
from analysis.model.text import plain_tokens
from analysis.settings.places import folder_place, store_place
from analysis.settings.values import (
    HostName,
    Id,
    MailAddress,
    Seconds,
    Section,
    Wait,
    WebAddress,
    Words,
    contact,
    in_form,
    network,
    seconds,
    shown,
    slug,
)

_SHORTEST_PACE_S, _LONGEST_PACE_S = 0.001, 3600.0


def _valid_query(text: str) -> str:
    try:
        parse(text)
    except QueryError as error:
        said = str(error)
        raise ValueError(said if "column" in said else f"column {error.column}: {said}") from None
    return text


def _findable(name: str) -> str:
    if not plain_tokens(name):
        raise ValueError(f"{shown(name)} holds no letter or digit, so nothing is found by it; add a query")
    return name


def _pace(delay_s: float) -> float:
    if not _SHORTEST_PACE_S <= delay_s <= _LONGEST_PACE_S:
        raise ValueError("is too short or too long; write a time from 0.001s to 1h")
    return delay_s


def _no_number(given: Any) -> Any:
    """Return what is a time or a text: a number alone would count seconds since midnight or 1970."""
    if isinstance(given, int | float):
        raise ValueError(f"{shown(given)} is no time; write 08:30:00, or with a date 2026-03-01T08:30:00Z")
    return given


def _contact(text: str) -> str:
    return contact(text) if text.strip() else ""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{shown(name)} is not a time zone; write one such as Europe/Berlin or UTC") from None
    return name


Names = tuple[Annotated[str, AfterValidator(_findable)], ...]
Clock = Annotated[time, BeforeValidator(_no_number)]
Moment = Annotated[datetime, BeforeValidator(_no_number)]
HarmFactor = Literal["severity", "reach", "growth", "switching"]
Level = Literal["info", "warning", "urgent"]
Rhythm = Literal["never", "daily", "weekly"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class BrandSection(Section):
    """``[[brands]]``: one brand."""

    name: str = Field(min_length=1)
    role: Literal["own", "competitor"]
    id: Id = ""
    query: Annotated[str, AfterValidator(_valid_query)] | None = None
    aliases: Names = ()
    products: Names = ()
    context: Names = ()
    exclude: Names = Field(default=(), alias="not")
    exact: bool = False
    case_sensitive: bool = False

    @model_validator(mode="after")
    def _found_by_something(self) -> Self:
        if self.query is None:
            _findable(self.name)
        return self

    def brand(self) -> Brand:
        """Return the brand that the section describes."""
        return Brand(
            id=self.id or slug(self.name),
            name=self.name,
            role=self.role,
            query=self.query or "",
            aliases=self.aliases,
            products=self.products,
            context=self.context,
            exclude=self.exclude,
            exact=self.exact,
            case_sensitive=self.case_sensitive,
        )


class CrawlOptions(Section):
    """``[crawl]``: how politely and how much at once."""

    contact: Annotated[str, AfterValidator(_contact)] = ""
    allow_networks: tuple[Annotated[str, AfterValidator(network)], ...] = ()
    delay_s: Annotated[float, BeforeValidator(seconds), AfterValidator(_pace)] = Field(default=1.0, alias="delay")
    per_host: int = Field(default=2, ge=1, le=16)
    concurrent: int = Field(default=32, ge=1, le=256)
    sources_at_once: int = Field(default=8, ge=1, le=64)
    workers: int = Field(default=2, ge=1, le=64)
    timeout_s: Seconds = Field(default=30.0, alias="timeout")
    max_bytes: int = Field(default=10 * 1024 * 1024, ge=1024)
    retries: int = Field(default=3, ge=0, le=10)
    keep_runs: Seconds = 90 * 86400.0
    archive: str = ""
    archive_keep: Seconds = 90 * 86400.0
    archive_file: int = Field(default=256 * 1024 * 1024, ge=1024)


class ReportOptions(Section):
    """``[report]``: the period and the error rate."""

    period: Seconds = 30 * 86400.0
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    q: float = Field(default=0.05, gt=0, lt=1)
    harm_weights: Mapping[HarmFactor, Annotated[float, Field(ge=0, le=100)]] = Field(default_factory=dict)

    @property
    def weights(self) -> dict[str, float]:
        """The weights of harm by the names of its factors."""
        return {str(factor): weight for factor, weight in self.harm_weights.items()}


class PrivacyOptions(Section):
    """``[privacy]``: the installation's key and how long mentions are kept."""

    key_file: str = ""
    keep: Seconds | None = None


class EnrichOptions(Section):
    """``[enrich]``: the taxonomy of topics, and who judges.

    ``model`` is ``encoder`` (the network and the rules together) or ``linear`` (the rules and a small linear model);
    ``threads`` are those of the network in each process that judges.
    """

    taxonomy: str = ""
    model: Literal["encoder", "linear"] = "encoder"
    threads: Annotated[int, Field(ge=1, le=8)] = 1


class TopicSection(Section):
    """``[[topics]]``: a topic of the team's own, told by sentences as customers say it, and its place in the frame."""

    name: str = Field(min_length=1)
    id: str = ""
    examples: Annotated[Words, Field(min_length=3, max_length=50)]
    value: Literal["product", "service", "people", "image"] = "product"
    cost: tuple[Literal["money", "time", "effort", "worry"], ...] = ()
    journey: Literal["before", "buying", "delivery", "use", "after"] = "use"

    @property
    def key(self) -> str:
        """What mentions hold: the id that was given, or one made of the name."""
        return self.id or slug(self.name)

    @model_validator(mode="after")
    def _storable(self) -> Self:
        if self.key != slug(self.key):
            raise ValueError(f"the id {self.id!r} of a topic is stored; write it in small letters, digits and hyphens")
        return self


class ChannelSection(Section):
    """``[[channels]]``: one chat, by an Apprise address; secrets may come from the environment or a file."""

    url: str = ""
    url_env: str = ""
    url_file: str = ""
    id: str = ""
    rules: Words = ()
    brands: Words = ()
    severity: Level = "info"
    digest: Rhythm | None = None
    secret_env: str = ""
    secret_file: str = ""

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        given = [name for name in ("url", "url_env", "url_file") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("give exactly one of url, url_env (a variable's name) or url_file")
        if "/" in self.id:
            raise ValueError(f"the id {self.id!r} of a channel may hold no /")
        if ".webhook.office.com" in self.url:
            raise ValueError(
                "Microsoft has retired Office 365 connector addresses; make a Workflows webhook in Teams and write "
                "workflows://host/workflow/signature"
            )
        return self


class KeywordSection(Section):
    """``[[alerts.keywords]]``: words to be told of."""

    id: str = Field(min_length=1)
    query: Annotated[str, AfterValidator(_valid_query)]
    brands: Words = ()
    severity: Level = "info"


class QuietSection(Section):
    """``[alerts.quiet]``: hours of the day in which only urgent alerts are sent."""

    start: Clock = time(22)
    end: Clock = time(7)
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"


class DigestSection(Section):
    """``[alerts.digest]``: the summary that channels get by the calendar, and when. ``day`` is for weekly ones."""

    every: Rhythm = "never"
    at: Clock = time(8)
    day: Weekday = "monday"
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"


def _digest(given: Any) -> Any:
    return {"every": given} if isinstance(given, str) else given


class SilenceSection(Section):
    """``[[alerts.silences]]``: what is not sent until a time, who said so and why."""

    match: Mapping[str, str] = Field(min_length=1)
    until: Moment
    author: str = Field(min_length=1)
    reason: str = Field(min_length=1)


class MailedReportSection(Section):
    """``[[reports]]``: a report that is sent by e-mail, to whom and when. ``day`` is for weekly ones.

    ``days`` are those that it covers: by default the week or the day before.
    """

    id: Annotated[str, in_form(r"[A-Za-z0-9_-]*", like='"weekly-team"')] = ""
    to: tuple[MailAddress, ...] = Field(min_length=1)
    every: Literal["daily", "weekly"] = "weekly"
    day: Weekday = "monday"
    at: Clock = time(8)
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    days: int | None = Field(default=None, ge=1, le=366)
    brands: Words = ()
    format: Literal["html", "pdf", "both"] = "both"
    private: bool = False

    @property
    def calendar(self) -> DigestSection:
        """When it is due, as digests are."""
        return DigestSection(every=self.every, at=self.at, day=self.day, timezone=self.timezone)


class RuleSection(Section):
    """``[alerts.rules.NAME]``: one rule's own values."""

    enabled: bool = True
    severity: Level | None = None
    least: int | None = Field(default=None, ge=1)
    cooldown: Wait | None = None
    hold: Wait | None = None


class AlertOptions(Section):
    """``[alerts]``: the error rate, the rhythm of messages, quiet hours, silences and rules."""

    q: float = Field(default=0.05, gt=0, lt=1)
    group_wait: Wait = 0.0
    group_interval: Wait = 300.0
    repeat_interval: Wait = 86400.0
    link: str = ""
    keep: Seconds = 400 * 86400.0
    digest: Annotated[DigestSection, BeforeValidator(_digest)] = DigestSection()
    quiet: QuietSection | None = None
    keywords: tuple[KeywordSection, ...] = ()
    silences: tuple[SilenceSection, ...] = ()
    rules: Mapping[str, RuleSection] = Field(default_factory=dict)


def _without_password(url: str) -> str:
    if "@" in urlsplit(url).netloc:
        raise ValueError("holds a user or a password, which every message and report would show; leave them out")
    return url


class KibanaSection(Section):
    """``[kibana]``: where the boards are, so that messages lead to them. Its address is shown to everybody."""

    url: Annotated[WebAddress, AfterValidator(_without_password)]
    space: str = ""


class TrackerSection(Section):
    """``[tracker]``: where issues of the team are kept. Its key comes from the environment."""

    kind: Literal["github", "gitlab", "jira", "linear"]
    project: str = Field(min_length=1, max_length=200)
    api: Annotated[WebAddress, AfterValidator(_without_password)] | Literal[""] = ""
    labels: Words = ()
    issue_type: str = Field(default="Task", min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "github" and self.project.count("/") != 1:
            raise ValueError(f"project: {self.project!r} is no repository; write owner/name")
        if self.kind == "jira" and not self.api:
            raise ValueError('api: is missing; a Jira has an address of its own: api = "https://your.atlassian.net"')
        return self


class ProxySection(Section):
    """``[serve.proxy]``: a proxy that signs people in and says in a header who they are."""

    networks: tuple[Annotated[str, AfterValidator(network)], ...] = Field(min_length=1)
    header: Annotated[str, in_form("[A-Za-z0-9-]+", like='"X-Forwarded-User"')] = "X-Forwarded-User"
    analysts: Words = ()
    admins: Words = ()


class ServeOptions(Section):
    """``[serve]``: under what names the team's page is asked for, who signs people in, whether agents may ask."""

    hosts: tuple[HostName, ...] = ()
    tls: bool = False
    agents: bool = False
    proxy: ProxySection | None = None


class File(Section):
    """The whole file. The tables of ``sources`` are checked by kind, see ``file.load``."""

    store: Annotated[str, AfterValidator(store_place)] = ""
    state: Annotated[str, AfterValidator(folder_place)] = ".candor"
    brands: tuple[BrandSection, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()
    crawl: CrawlOptions = CrawlOptions()
    report: ReportOptions = ReportOptions()
    privacy: PrivacyOptions = PrivacyOptions()
    enrich: EnrichOptions = EnrichOptions()
    topics: tuple[TopicSection, ...] = ()
    channels: tuple[ChannelSection, ...] = ()
    alerts: AlertOptions = AlertOptions()
    reports: tuple[MailedReportSection, ...] = ()
    kibana: KibanaSection | None = None
    serve: ServeOptions = ServeOptions()
    tracker: TrackerSection | None = None
