"""What is measured, as frozen values. The terminal, the page and the JSON all show one ``Measures`` and nothing else.

Rates and shares are fractions (0 to 1). Every interval is a 95% interval. Times are UTC; a period is [since, until).
``None`` stands for "not known", never for zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Direction = Literal["rising", "falling", "no clear change", "too little data"]
Scope = Literal["more than at competitors", "as at competitors", "less than at competitors", "too little data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value and the 95% interval around it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of the selection of mentions: the field's path and the values of which one must be present."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The mentions that a number rests on: how many, the ids of the newest, and the selection that finds all.

    The selection is ``where`` with published_at in [since, until), within the report's brands and filters in force.
    """

    total: int
    ids: tuple[str, ...]
    where: tuple[Condition, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The author's own words, shortened; ``mention_id`` leads to the whole. ``url`` is as collected: untrusted."""

    mention_id: str
    text: str
    url: str
    domain: str
    source: str
    brand: str
    published_at: datetime
    rating: float | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """[since, until) and its length in days."""

    since: datetime
    until: datetime
    days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A rate compared with the period before, over days on which the same sources were alive in both.

    ``ratio`` is the rate now divided by the rate before; ``now`` of ``now_of`` and ``before`` of ``before_of`` are the
    counts compared. ``left_out_days`` is how many source-days were left out because a source was silent.
    """

    direction: Direction
    now: int
    now_of: int
    before: int
    before_of: int
    ratio: Estimate | None
    left_out_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A stretch of whole days: how many mentions of each label. ``silent`` is the share of source-days without data.

    ``net`` is None where nothing was judged; ``gap`` is true where no source delivered, so that no line is drawn.
    """

    start: date
    days: int
    mentions: int
    negative: int
    neutral: int
    positive: int
    unsure: int
    net: Estimate | None
    silent: float
    gap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """How many mentions a theme has in a stretch of days, of how many of the brand; ``gap`` as in ``Bin``."""

    start: date
    days: int
    count: int
    mentions: int
    gap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One part of a whole: a source kind, a language, a version."""

    name: str
    count: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandRate:
    """How often one brand's mentions have a theme."""

    brand: str
    name: str
    count: int
    mentions: int
    rate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRate:
    """A product version in which a complaint is concentrated: its rate there against its rate in all other versions."""

    version: str
    count: int
    mentions: int
    ratio: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A complaint theme of one of our brands in the period.

    ``count`` mentions tell of it, of ``mentions`` of the brand; ``stories`` counts near-identical copies once (an
    estimate in a period of more than 5,000 mentions). ``harm`` ranks: see docs/report.md. ``dimension`` is the customer
    value or cost touched most, ``journey`` the stage named most, ``severity`` the worst harm that at least one in ten
    tells of. ``ledger`` is what the fix ledger says of it, empty where it says nothing.
    """

    id: str
    brand: str
    name: str
    count: int
    mentions: int
    stories: int
    authors: int
    share: Estimate
    harm: float | None
    change: Change
    trend: tuple[TrendPoint, ...]
    competitors: tuple[BrandRate, ...]
    scope: Scope
    dimension: str
    dimension_kind: Literal["value", "cost", ""]
    journey: str
    severity: str
    severities: tuple[Share, ...]
    versions: tuple[VersionRate, ...]
    phrases: tuple[Share, ...]
    sources: tuple[Share, ...]
    emerging: bool
    emerging_q: float | None
    ledger: str
    quotes: tuple[Quote, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergingSeries:
    """A (brand, theme, phrase) series that is higher than its own past leads one to expect; no phrase: the whole theme.

    ``observed`` stories in the last ``window_days`` against ``expected``; ``growth`` is the rate now over the rate
    before; ``q_value`` the false discovery rate of a list that ends with it; ``market`` says who else has it.
    """

    brand: str
    theme: str
    name: str
    phrase: str
    window_days: int
    observed: int
    expected: float
    growth: Estimate
    q_value: float
    market: Literal["ours only", "whole market", "nothing to compare with"]
    authors: int
    stories: int
    first_seen: date | None
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class FixResult:
    """A fix from the ledger and what became of the complaints that it was meant for.

    ``effect`` is the change of the complaint rate against the competitors' same theme (rate ratio minus 1: -0.4 is 40%
    fewer). ``needed`` says what more is needed where the verdict is too little data.
    """

    key: str
    theme: str
    theme_name: str
    brand: str
    shipped: date
    version: str
    note: str
    status: str
    verdict: Literal["worked", "no effect seen", "worse", "came back", "too little data"]
    effect: Estimate | None
    needed: str
    before: int
    before_of: int
    after: int
    after_of: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Something that a brand did, as at least one post reports it; reports a few days apart are one event.

    ``net_before`` and ``net_after`` are the brand's net sentiment in the 14 days before and from the first report on;
    ``reaction`` says whether their difference is more than chance.
    """

    brand: str
    what: str
    first: date
    last: date
    reports: int
    stories: int
    net_before: Estimate | None
    net_after: Estimate | None
    reaction: Literal["better", "worse", "no clear change", "too little data"]
    quotes: tuple[Quote, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """People who leave ``origin`` for ``target``: posts that say it is done, posts that consider it, and why."""

    origin: str
    target: str
    done: int
    considered: int
    reasons: tuple[Share, ...]
    quotes: tuple[Quote, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class NetFlow:
    """Arrivals minus departures of one brand (switches done), per 30 days."""

    brand: str
    gained: int
    lost: int
    net_per_month: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Reputation:
    """One brand in the period. ``net`` is the share of positive minus the share of negative among judged mentions.

    ``adjusted`` is ``net`` after people's corrections, None where nothing was corrected.
    """

    brand: str
    name: str
    role: str
    mentions: int
    stories: int
    authors: int
    negative: int
    neutral: int
    positive: int
    unsure: int
    net: Estimate | None
    net_before: Estimate | None
    mentions_before: int
    adjusted: Estimate | None
    few: bool
    by_source_kind: tuple[Share, ...]
    by_language: tuple[Share, ...]
    by_version: tuple[Share, ...]
    series: tuple[Bin, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A brand's share of what is said about all tracked brands.

    ``raw``: of all mentions. ``normalised``: the mean of its share within each source, so that a source that posts
    more does not weigh more. ``attention``: weighted by one plus likes, replies and shares.
    """

    brand: str
    name: str
    mentions: int
    raw: Estimate
    raw_before: float | None
    normalised: float
    attention: float
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Praise:
    """What is praised in a brand."""

    brand: str
    theme: str
    name: str
    count: int
    mentions: int
    quotes: tuple[Quote, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What people wish for in a brand of ours, how many authors, and which competitor is praised for it already."""

    brand: str
    theme: str
    name: str
    count: int
    authors: int
    phrases: tuple[Share, ...]
    praised_at: tuple[str, ...]
    ledger: str
    quotes: tuple[Quote, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A theme that is blamed in us and praised in a competitor; ``gap`` is our net minus theirs on this theme.

    Net on a theme is praise minus complaints, divided by both together.
    """

    brand: str
    competitor: str
    theme: str
    name: str
    our_complaints: int
    our_praise: int
    their_complaints: int
    their_praise: int
    gap: Estimate
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """One source in the period. ``state`` is ok, failing (last run failed), silent (days without a good run), or
    unwatched (no run was ever recorded: imported)."""

    id: str
    kind: str
    mentions: int
    runs: int
    failed: int
    last_ok: datetime | None
    cause: str
    state: Literal["ok", "failing", "silent", "unwatched"]
    silent: tuple[Stretch, ...]
    silent_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """Something that the data cannot say, in a sentence, with the numbers it rests on."""

    kind: str
    text: str
    count: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What people changed by hand in the period: erased by the law's right, and judgements corrected."""

    erasures: int
    erased_mentions: int
    corrections: int
    corrected: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandName:
    """A tracked brand."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Everything that the report shows. ``themes`` is page one: at most five, worst first."""

    made_at: datetime
    engine: str
    period: Period
    compared: Period | None
    brands: tuple[BrandName, ...]
    filters: tuple[Condition, ...]
    left_out: tuple[Condition, ...]
    words: str
    mentions: int
    stories: int
    mentions_ever: int
    newest: datetime | None
    error_rate: float
    ranked_by: Literal["harm", "count"]
    themes: tuple[Theme, ...]
    other_themes: tuple[Theme, ...]
    emerging: tuple[EmergingSeries, ...]
    series_tested: int
    fixes: tuple[FixResult, ...]
    moves: tuple[Move, ...]
    switching: tuple[Flow, ...]
    net_flows: tuple[NetFlow, ...]
    contrasts: tuple[Contrast, ...]
    reputation: tuple[Reputation, ...]
    voice: tuple[Voice, ...]
    praise: tuple[Praise, ...]
    wishes: tuple[Wish, ...]
    sources: tuple[SourceHealth, ...]
    caveats: tuple[Caveat, ...]
    hands: Hands
