"""Complaint themes: how many tell of them, of how many, is it more than before, is it ours only, how bad is it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.model import COST_DIMENSIONS, JOURNEY_STAGES, SEVERITIES, VALUE_DIMENSIONS
from analysis.track import questions, topics
from analysis.track.harm import Complaint, Weights, harm_of
from analysis.track.parts import BrandName, Estimate, Evidence, Quote, Share, Topicless, shares
from analysis.track.statistics.bins import TrendPoint
from analysis.track.statistics.enrichment import VersionCount, concentrated
from analysis.track.statistics.rates import Against, Change, against, change, ratio, share
from analysis.track.topics import Buckets

FIELD = "complaint_topics"
WORST_SHARE = 0.1  # A harm that at least one in ten tells of is the theme's.


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
    scope: Against
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
class Themes:
    """Our brands' complaint themes, most harmful first: those of page one, then all others, then, for each brand that
    has any, the complaints that no topic names.
    """

    themes: tuple[Theme, ...]
    other_themes: tuple[Theme, ...]
    topicless_complaints: tuple[Topicless, ...]


def question(*, exact: bool = False) -> questions.Document:
    """Return what is asked about complaint themes over one period; ``exact`` as in ``questions.distinct``."""
    body: questions.Document = questions.count_by(
        "brand.id",
        FIELD,
        inside={
            "severities": questions.top("severity.level", 10),
            "dimensions": questions.top("dimensions", 10),
            "journey": questions.top("journey", 10),
            "versions": questions.top("product_version", 50),
            "sources": questions.top("source.id", 50),
            "phrases": questions.top("complaint_phrases", 40),
            "switching": questions.top("switching.status", 5),
            "weight": {"stats": {"field": "severity.weight"}},
            "views": {"stats": {"field": "engagement.views"}},
            "stories": questions.distinct("story", exact=exact),
            "authors": questions.distinct("author", exact=exact),
        },
    )
    return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One brand's theme in the period, as the store counted it."""

    brand: str
    theme: str
    count: int
    answer: questions.Document

    @property
    def authors(self) -> int:
        """How many different authors tell of it."""
        return min(questions.value(self.answer, "authors"), self.count)


def counted(answer: questions.Document) -> dict[tuple[str, str], Counted]:
    """Return (brand, theme) -> what was counted."""
    return {
        (brand, theme): Counted(brand=brand, theme=theme, count=int(bucket["doc_count"]), answer=bucket)
        for (brand, theme), bucket in questions.cells(answer, "brand.id", FIELD)
    }


def harms(
    themes: Sequence[Counted], changes: Mapping[tuple[str, str], Change], weights: Weights
) -> dict[tuple[str, str], float]:
    """Return (brand, theme) -> harm. What is expected of a theme is its rate before among the mentions of now."""
    result = {}
    for theme in themes:
        changed = changes[theme.brand, theme.theme]
        expected = changed.before / changed.before_of * changed.now_of if changed.before_of else float(changed.now)
        complaint = Complaint(
            key=theme.theme,
            mentions=theme.count,
            authors=theme.authors,
            severity=questions.total(theme.answer, "weight"),
            expected=expected,
            switching=sum(questions.counts(theme.answer, "switching").values()),
            views=round(questions.total(theme.answer, "views")),
        )
        result[theme.brand, theme.theme] = harm_of(complaint, weights).harm
    return result


def compared(
    now: Mapping[date, int],
    now_of: Mapping[date, int],
    before: Mapping[date, int],
    before_of: Mapping[date, int],
    *,
    left_out_days: int,
) -> Change:
    """Return how the theme's rate changed, from day -> mentions of theme and brand without the days left out."""
    counts = [sum(days.values()) for days in (now, now_of, before, before_of)]
    return change(*counts, left_out_days=left_out_days)


def rates(
    theme: str, brands: Sequence[BrandName], complaints: Buckets, mentions: Mapping[str, int]
) -> tuple[BrandRate, ...]:
    """Return how often each of ``brands`` has the theme, in their order; ``complaints`` are those of all brands."""
    result = []
    for brand in brands:
        count = topics.count(complaints, brand.id, theme)
        of = mentions.get(brand.id, 0)
        result.append(BrandRate(brand=brand.id, name=brand.name, count=count, mentions=of, rate=share(count, of)))
    return tuple(result)


def worst(severities: Mapping[str, int], count: int) -> str:
    """Return the worst harm that at least one in ten of ``count`` mentions tells of, or an empty string."""
    return next((level for level in SEVERITIES if severities.get(level, 0) >= max(1, WORST_SHARE * count)), "")


def most(counts: Mapping[str, int], order: Sequence[str]) -> str:
    """Return the value named most, ties in the order of the model, or an empty string."""
    known = [value for value in order if counts.get(value)]
    return max(known, key=lambda value: counts[value]) if known else ""


def versions(theme: Mapping[str, int], brand: Mapping[str, int]) -> tuple[VersionRate, ...]:
    """Return the versions in which the complaint is concentrated, strongest first; three mentions are the least.

    Which ones is tested in ``analysis.track.statistics.enrichment``, corrected for the number of versions; the ratio is
    the version's rate over that of all others.
    """
    counts = [
        VersionCount(version=version, complaint=theme.get(version, 0), all=max(brand[version], theme.get(version, 0)))
        for version in sorted(brand)
    ]
    all_theme, all_brand = sum(one.complaint for one in counts), sum(one.all for one in counts)
    rates = []
    for one in concentrated(counts):
        against = ratio(one.complaint, one.all, all_theme - one.complaint, all_brand - one.all)
        if against is not None and one.complaint >= 3:
            rates.append(VersionRate(version=one.version, count=one.complaint, mentions=one.all, ratio=against))
    return tuple(sorted(rates, key=lambda rate: (-rate.ratio.low, rate.version)))


def theme(
    counted: Counted,
    *,
    name: str,
    mentions: int,
    brand_versions: Mapping[str, int],
    changed: Change,
    trend: tuple[TrendPoint, ...],
    competitors: tuple[BrandRate, ...],
    harm: float | None,
    adjusted: int | None,
    emerging_q: float | None,
    emerging: bool,
    ledger: str,
    quotes: tuple[Quote, ...],
    evidence: Evidence,
) -> Theme:
    """Return the theme with everything that its counts say."""
    answer = counted.answer
    severities = questions.counts(answer, "severities")
    dimension = most(questions.counts(answer, "dimensions"), COST_DIMENSIONS + VALUE_DIMENSIONS)
    return Theme(
        id=counted.theme,
        brand=counted.brand,
        name=name,
        count=counted.count,
        adjusted=adjusted,
        mentions=mentions,
        stories=min(questions.value(answer, "stories"), counted.count),
        authors=counted.authors,
        share=share(counted.count, mentions),
        harm=harm,
        change=changed,
        trend=trend,
        competitors=competitors,
        scope=against(
            counted.count, mentions, sum(one.count for one in competitors), sum(one.mentions for one in competitors)
        ),
        dimension=dimension,
        dimension_kind="cost" if dimension in COST_DIMENSIONS else "value" if dimension else "",
        journey=most(questions.counts(answer, "journey"), JOURNEY_STAGES),
        severity=worst(severities, counted.count),
        severities=shares(severities, counted.count, "severity.level"),
        versions=versions(questions.counts(answer, "versions"), brand_versions),
        phrases=topics.phrases(
            questions.counts(answer, "phrases"), counted.theme, counted.count, field="complaint_phrases"
        ),
        sources=shares(questions.counts(answer, "sources"), counted.count, "source.id")[:8],
        emerging=emerging,
        emerging_q=emerging_q,
        ledger=ledger,
        quotes=quotes,
        evidence=evidence,
    )
