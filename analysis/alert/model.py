"""What flows here: a rule's ``Finding``, the ``Alert`` that is remembered of it, and the ``Facts`` that rules judge.

Identity is labels: the same rule with the same labels is the same alert, however often it is seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, Literal, get_args

import numpy as np

from analysis.measure.sections.emerging import LookedAt
from analysis.measure.stopped import Talk
from analysis.model import Brand, Mention, Source
from analysis.model.records.run import Run
from analysis.model.times import written
from analysis.settings.tables import AlertOptions
from analysis.track.bursts.nulls import NullWeeks
from analysis.track.parts import Quote
from analysis.track.sections.emerging import NewComplaints, StoppedTalk
from analysis.track.sections.fixes import FixResult
from analysis.track.sections.moves import Move
from analysis.track.sections.switching import Flow
from analysis.track.sections.themes import Theme

Severity = Literal["info", "warning", "urgent"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
State = Literal["firing", "resolved", "closed"]
Part = Literal[
    "arrivals", "opinions", "stars", "departures", "severe", "newcomers", "keywords", "views", "runs",
    "themes", "emerging", "stopped", "fixes", "moves", "switching", "complaints", "talk",
]  # fmt: skip
"""A part of the facts that a rule can need; those of the second line are sections of the report over the last days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The selection of mentions that a finding rests on: field paths with values, within [since, until)."""

    since: datetime
    until: datetime
    terms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule says of one thing, fired or not.

    ``labels`` are its identity. ``p`` is the probability of seeing as much by chance, None where the rule counts and
    does not test. ``fires`` is whether the rule's own threshold is met (the error rate comes on top where p is given);
    ``holds`` whether an alert that is already open stays so: the lower threshold. ``headline`` is what and who in
    trusted words; ``now`` is now against expected, with period and numbers; ``why`` names test and baseline;
    ``context`` says what drives it and whether competitors have it too. ``thing`` is what a stranger named (a key
    phrase, a domain): untrusted. Its evidence is all that ``where`` finds in the store; only where that is None it is
    exactly the mentions ``ids``. ``kind`` is what the rule itself knows of a fall, as ``Alert.kind`` has it.
    """

    rule: str
    labels: Mapping[str, str]
    severity: Severity
    headline: str
    now: str
    why: str
    fires: bool
    holds: bool = False
    p: float | None = None
    volume: int = 0
    thing: str = ""
    context: tuple[str, ...] = ()
    numbers: Mapping[str, float | int | str | None] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    where: Where | None = None
    kind: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits of the rule and its labels."""
        parts = [self.rule, *(f"{name}={value}" for name, value in sorted(self.labels.items()))]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as it is remembered. ``id`` is the fingerprint and the number of the episode, and is shown in the chat.

    ``state``: firing, resolved (the condition is over), closed (an event that is no longer news; nothing is said).
    ``quotes`` and ``evidence`` are of the moment it was last updated, ``where`` is the selection that they come from
    (``told_where``). ``kind`` says what kind of burst it is, ``words`` in one phrase (``analysis.alert.bursts``), of
    a fall who else has it; empty where it is neither. ``mark`` is a person's word: false or useful.
    """

    id: str
    fingerprint: str
    episode: int
    rule: str
    labels: Mapping[str, str]
    severity: Severity
    state: State
    opened_at: str
    last_true_at: str
    updated_at: str
    resolved_at: str = ""
    headline: str = ""
    now: str = ""
    why: str = ""
    thing: str = ""
    context: tuple[str, ...] = ()
    numbers: Mapping[str, float | int | str | None] = field(default_factory=dict)
    kind: Mapping[str, Any] = field(default_factory=dict)
    p: float | None = None
    q: float | None = None
    q_limit: float | None = None
    evidence: tuple[str, ...] = ()
    evidence_total: int = 0
    where: Mapping[str, Any] = field(default_factory=dict)
    quotes: tuple[Mapping[str, Any], ...] = ()
    health: str = ""
    silenced_by: str = ""
    mark: str = ""

    @property
    def brand(self) -> str:
        """The id of the brand that it is about; empty for the machinery's own."""
        return self.labels.get("brand", "")


def body_of(alert: Alert) -> dict[str, Any]:
    """Return the alert as a JSON-ready record body."""
    body = {item.name: getattr(alert, item.name) for item in fields(alert)}
    for name in ("context", "evidence", "quotes"):
        body[name] = list(body[name])
    for name in ("labels", "numbers", "kind", "where"):
        body[name] = dict(body[name])
    body["quotes"] = [dict(quote) for quote in alert.quotes]
    return body


def alert_from(body: Mapping[str, Any]) -> Alert:
    """Return the alert that ``body_of`` wrote; unknown keys are passed over."""
    known = {item.name for item in fields(Alert)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in body.items() if name in known
    }
    return Alert(**values)


def told_where(where: Where | None) -> dict[str, Any]:
    """Return a selection as an alert keeps it: ``since``, ``until``, ``terms`` (a list of ``field`` and ``values``).

    Where it has words, there is ``query`` too.
    """
    if where is None:
        return {}
    terms = [{"field": path, "values": list(values)} for path, values in where.terms.items()]
    told: dict[str, Any] = {"since": stamp(where.since), "until": stamp(where.until), "terms": terms}
    return told | ({"query": where.query} if where.query else {})


def quoted(quote: Quote) -> dict[str, Any]:
    """Return a quote as an alert keeps it."""
    return {
        "id": quote.mention_id,
        "text": quote.text,
        "url": quote.url,
        "source": quote.source or quote.domain,
        "at": stamp(quote.published_at),
    }


def stamp(at: datetime) -> str:
    """Return a time as RFC 3339 in UTC, to the second; such texts sort by time."""
    return written(at, to="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Stories a quarter of an hour, oldest first; the last row ends now. ``history_days``: how far sources reach."""

    start: datetime
    step_s: float
    values: Sequence[float]
    history_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """Negative and judged stories a day, oldest first, the last day is now; of sources that were alive throughout."""

    negative: Sequence[int]
    judged: Sequence[int]
    silent_share: float
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stars:
    """How many ratings of each number of stars in the last days and in the time before."""

    now: Mapping[float, int]
    before: Mapping[float, int]
    silent_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewNews:
    """What is new in a saved view since ``since``: the mentions to be named, newest first, and how many ``more``.

    ``due`` says whether so much time has passed since it last told of any as it leaves between two alerts.
    """

    key: str
    name: str
    brand: str
    severity: Severity
    since: datetime
    due: bool
    new: tuple[Mention, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that rules may read. Only what the chosen rules need is asked for; the rest is empty."""

    now: datetime
    brands: tuple[Brand, ...]
    sources: tuple[Source, ...] = ()
    options: AlertOptions = field(default_factory=AlertOptions)
    names: Mapping[str, str] = field(default_factory=dict)
    themes: tuple[Theme, ...] = ()
    emerging: NewComplaints | None = None
    stopped: StoppedTalk | None = None
    complaints: LookedAt | None = None
    talk: Talk | None = None
    fixes: tuple[FixResult, ...] = ()
    moves: tuple[Move, ...] = ()
    earlier_moves: frozenset[tuple[str, str]] = frozenset()
    switching: tuple[Flow, ...] = ()
    arrivals: Mapping[str, Arrivals] = field(default_factory=dict)
    opinions: Mapping[str, Opinions] = field(default_factory=dict)
    stars: Mapping[str, Stars] = field(default_factory=dict)
    departures: Mapping[str, Sequence[int]] = field(default_factory=dict)
    severe: Mapping[str, Sequence[Mention]] = field(default_factory=dict)
    newcomers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    keywords: Mapping[tuple[str, str], Sequence[Mention]] = field(default_factory=dict)
    views: tuple[ViewNews, ...] = ()
    runs: Mapping[str, Sequence[Run]] = field(default_factory=dict)
    history: Mapping[str, date] = field(default_factory=dict)

    def name(self, brand: str) -> str:
        """Return the brand's name for people."""
        return next((each.name for each in self.brands if each.id == brand), brand)

    def about_sources(
        self, rule: Rule, about: Callable[[Source, Sequence[Run]], Mapping[str, Any] | None]
    ) -> list[Finding]:
        """Return the rule's finding of each configured source that has run: what ``about`` makes of it and its runs."""
        findings = []
        for source in self.sources:
            runs = self.runs.get(source.id, ())
            values = about(source, runs) if runs else None
            if values is not None:
                labels = {"source": source.id}
                findings.append(Finding(rule=rule.id, labels=labels, severity=rule.severity, **values))
        return findings

    @property
    def own(self) -> tuple[Brand, ...]:
        """Our brands."""
        return tuple(brand for brand in self.brands if brand.role == "own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: its defaults and the pure function that judges.

    ``event``: what it finds has happened once and is told once; else it is a condition, which ends and is resolved.
    ``recurs``: such an event may happen anew, so that its cooldown is counted from when it was told.
    ``cooldown_h``: hours after the end in which the same labels do not fire again. ``hold_h``: hours for which the
    condition must be gone before it is resolved. ``least``: fewest mentions (or runs) that it speaks about.
    ``looks_a_week``: about how many independent looks at the data a week of passes makes; 0 where it does not test.
    ``null``: what chance alone makes of its series in so many weeks, where it tests. ``burst``: what it finds is a
    burst of mentions, whose kind is told in the first line.
    """

    id: str
    title: str
    needs: tuple[Part, ...]
    judge: Callable[[Facts, Rule], Sequence[Finding]]
    severity: Severity
    least: int = 1
    cooldown_h: float = 24.0
    hold_h: float = 6.0
    event: bool = False
    recurs: bool = False
    looks_a_week: float = 0.0
    unit: str = "mentions"
    burst: bool = False
    null: Callable[[Facts, Rule, np.random.Generator, int], NullWeeks] | None = None

    @property
    def statistical(self) -> bool:
        """Whether it tests against chance, and so stands under the common error rate."""
        return self.looks_a_week > 0.0


def tuned(rule: Rule, options: AlertOptions) -> Rule | None:
    """Return the rule with the configuration's own values, or None where it is switched off."""
    own = options.rules.get(rule.id)
    if own is None:
        return rule
    if not own.enabled:
        return None
    changes: dict[str, Any] = {}
    if own.severity is not None:
        changes["severity"] = own.severity
    if own.least is not None:
        changes["least"] = own.least
    if own.cooldown is not None:
        changes["cooldown_h"] = own.cooldown / 3600
    if own.hold is not None:
        changes["hold_h"] = own.hold / 3600
    return replace(rule, **changes)
