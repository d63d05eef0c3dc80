"""What is measured, as frozen values. The terminal, the page and the JSON all show one ``Measures`` and nothing else.

Rates and shares are fractions (0 to 1). Every interval is a 95% interval. Times are UTC; a period is [since, until).
``None`` stands for "not known", never for zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from analysis.track.parts import BrandName, Condition, Estimate, Evidence, Period, Quote, Share, Stretch

# The small values stand in a file of their own, and can be had from here with the rest.
__all__ = ["BrandName", "Condition", "Estimate", "Evidence", "Period", "Quote", "Share", "Stretch"]

Direction = Literal["rising", "falling", "no clear change", "too little data"]
Scope = Literal["more than at competitors", "as at competitors", "less than at competitors", "too little data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A rate compared with the period before, over days on which the same sources were alive in both.

    ``ratio`` is the rate now divided by the rate before; ``now`` of ``now_of`` and ``before`` of ``before_of`` are the
    counts compared. ``left_out_days`` is how many source-days were left out because a source was silent.
    ``evidence_before`` opens the mentions of the period before, silent days included; None where it is not looked up.
    """

    direction: Direction
    now: int
    now_of: int
    before: int
    before_of: int
    ratio: Estimate | None
    left_out_days: int
    evidence_before: Evidence | None = None


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
class BrandRate:
    """How often one brand's mentions have a theme. ``evidence`` is looked up for the themes of page one."""

    brand: str
    name: str
    count: int
    mentions: int
    rate: Estimate
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRate:
    """A product version in which a complaint is concentrated: its rate there against its rate in all other versions."""

    version: str
    count: int
    mentions: int
    ratio: Estimate
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A complaint theme of one of our brands in the period.

    ``count`` mentions tell of it, of ``mentions`` of the brand; ``stories`` counts near-identical copies once (an
    estimate in a period of more than 5,000 mentions). ``harm`` ranks: see docs/report.md. ``dimension`` is the customer
    value or cost touched most, ``journey`` the stage named most, ``severity`` the worst harm that at least one in ten
    tells of. ``ledger`` is what the fix ledger says of it, empty where it says nothing. ``adjusted`` is the count after
    people's corrections, None where none touches it.
    """

    id: str
    brand: str
    name: str
    count: int
    adjusted: int | None
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
    before; ``p_value`` is its own probability by chance, ``q_value`` the false discovery rate of a list that ends with
    it; ``market`` says who else has it.
    """

    brand: str
    theme: str
    name: str
    phrase: str
    window_days: int
    observed: int
    expected: float
    growth: Estimate
    p_value: float
    q_value: float
    market: Literal["ours only", "whole market", "nothing to compare with"]
    authors: int
    stories: int
    first_seen: date | None
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedSeries:
    """One series that was tested for being new, found or not; the values are those of ``EmergingSeries``.

    Its mentions: ``complaint_topics`` = theme, or ``complaint_phrases`` = theme/phrase, of the brand in the last
    ``window_days``. ``outcome`` says what held back one that is more than its past.
    """

    brand: str
    theme: str
    phrase: str
    window_days: int
    observed: int
    expected: float
    p_value: float
    q_value: float
    outcome: Literal["new", "not new", "too few authors or stories"]


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
    """Something that a brand did, as at least one post reports it; reports of one thing a few days apart are one event.

    ``about`` are the words that most of its reports share, by which it is told apart from another of the same kind.
    ``net_before`` and ``net_after`` are the brand's net sentiment in the 14 days before and from the first report on;
    ``reaction`` says whether their difference is more than chance.
    """

    brand: str
    what: str
    about: tuple[str, ...]
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
    came: Evidence
    left: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reputation:
    """One brand in the period. ``net`` is the share of positive minus the share of negative among judged mentions.

    ``adjusted`` and ``mentions_adjusted`` are ``net`` and ``mentions`` after people's corrections, None where nothing
    was corrected. ``criticism`` opens the negative mentions.
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
    mentions_adjusted: int | None
    few: bool
    by_source_kind: tuple[Share, ...]
    by_language: tuple[Share, ...]
    by_version: tuple[Share, ...]
    series: tuple[Bin, ...]
    evidence: Evidence
    criticism: Evidence


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

    Net on a theme is praise minus complaints, divided by both together. ``evidence`` opens their praise, ``ours`` our
    complaints.
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
    ours: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """One source in the period. ``state`` is ok, failing (last run failed), silent (last run gave nothing, or days
    without a good run), waiting (its site asked us to come back later), stopped (we ended the last run), or unwatched
    (no run was ever recorded: imported). ``failed`` counts the runs that failed."""

    id: str
    kind: str
    mentions: int
    runs: int
    failed: int
    last_ok: datetime | None
    cause: str
    state: Literal["ok", "failing", "silent", "waiting", "stopped", "unwatched"]
    silent: tuple[Stretch, ...]
    silent_days: int
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """Something that the data cannot say, in a sentence, with the numbers it rests on."""

    kind: str
    text: str
    count: int
    of: int
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What people changed by hand in the period: erased by the law's right or by retention, and judgements corrected.

    ``entries`` are the newest numbers in the audit log that say so (``candor audit show``), ``mentions`` the ids of
    the mentions whose judgement was corrected last.
    """

    erasures: int
    erased_mentions: int
    expiries: int
    expired_mentions: int
    corrections: int
    corrected: tuple[Share, ...]
    entries: tuple[int, ...]
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTime:
    """How long complaints about our brands of the period waited for one step, from the post on.

    ``reached`` of ``of`` got there; ``median_s`` and ``p90_s`` are the seconds within which half and nine of ten did,
    None as long as so many have not. What still waits counts as longer than until now (Kaplan and Meier 1958).
    ``few`` where fewer than ten complaints can be judged, ``sampled`` where a random part stands for all of them.
    ``reached_ids`` are some of those that got there; ``evidence`` opens all complaints asked about.
    """

    step: Literal["collected", "acknowledged", "fixed"]
    reached: int
    of: int
    median_s: float | None
    p90_s: float | None
    few: bool
    sampled: bool
    reached_ids: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Everything that the report shows. ``themes`` is page one: at most five, worst first.

    ``left_out_mentions`` is how many mentions of the period the exclusions in force hide. ``posts`` are the mentions
    named first under each number, so that a reader of this one file can open them.
    """

    made_at: datetime
    engine: str
    period: Period
    compared: Period | None
    brands: tuple[BrandName, ...]
    filters: tuple[Condition, ...]
    left_out: tuple[Condition, ...]
    words: str
    left_out_mentions: int
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
    series: tuple[TestedSeries, ...]
    fixes: tuple[FixResult, ...]
    moves: tuple[Move, ...]
    switching: tuple[Flow, ...]
    net_flows: tuple[NetFlow, ...]
    contrasts: tuple[Contrast, ...]
    reputation: tuple[Reputation, ...]
    voice: tuple[Voice, ...]
    praise: tuple[Praise, ...]
    wishes: tuple[Wish, ...]
    response: tuple[ResponseTime, ...]
    sources: tuple[SourceHealth, ...]
    caveats: tuple[Caveat, ...]
    hands: Hands
    evidence: Evidence
    posts: tuple[Quote, ...]
