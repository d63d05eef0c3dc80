"""What is watched and how: what a pass of alerts needs of a configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from analysis.alert.model import Alert, Rule, tuned
from analysis.alert.rules import RULES
from analysis.alert.watched.views import WatchedView
from analysis.model import Brand, Source
from analysis.model.records.base import Records
from analysis.settings.tables import AlertOptions
from analysis.track.harm import Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makers of addresses that messages lead to: the evidence of an alert, and the board of a period."""

    alert: Callable[[Alert], str]
    period: Callable[[datetime, datetime], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSteps:
    """What a front end says that a person can do next, in its own words; empty words are left out of a message.

    ``alert``: about an alert, whose evidence the message may link already. ``period``: about the report of [since,
    until). ``alerts``: where all alerts can be seen.
    """

    alert: Callable[[Alert, bool], str]
    period: Callable[[datetime, datetime], str]
    alerts: str


def no_views(_: Records, __: datetime) -> Sequence[WatchedView]:
    """Return nothing: no saved view is watched."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """Brands, sources, options and names. ``links`` make the addresses in messages where there is a place to lead to.

    ``next_steps`` are told in messages where a front end has any. ``views`` reads the saved views that are alerts, as
    of a moment: what a view selects is written in the words of the front end that saved it.

    ``keep_runs_s``: seconds for which every run of a source is kept.
    """

    brands: tuple[Brand, ...]
    sources: tuple[Source, ...] = ()
    options: AlertOptions = field(default_factory=AlertOptions)
    names: Mapping[str, str] = field(default_factory=dict)
    weights: Weights = field(default_factory=Weights)
    links: Links | None = None
    next_steps: NextSteps | None = None
    views: Callable[[Records, datetime], Sequence[WatchedView]] = no_views
    keep_runs_s: float = 90 * 86400.0

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are switched on, with the configuration's own values."""
        every = [tuned(rule, self.options) for rule in RULES]
        return tuple(rule for rule in every if rule is not None)

    def link(self, alert: Alert) -> str:
        """Return where the evidence of an alert can be seen; empty where no place is configured."""
        if self.options.link:
            return f"{self.options.link.rstrip('/')}/{alert.id}"
        return self.links.alert(alert) if self.links else ""
