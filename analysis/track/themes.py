"""Complaint themes: how many tell of them, of how many, is it more than before, is it ours only, how bad is it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analysis.model import COST_DIMENSIONS, JOURNEY_STAGES, SEVERITIES, VALUE_DIMENSIONS
from analysis.track import questions as ask
from analysis.track.harm import Complaint, Weights, harm_of
from analysis.track.reputation import shares
from analysis.track.results import (
    BrandName,
    BrandRate,
    Change,
    Evidence,
    Quote,
    Share,
    Theme,
    TrendPoint,
    VersionRate,
)
from analysis.track.statistics.enrichment import VersionCount, concentrated
from analysis.track.statistics.rates import FEW, change, ratio, scope, share

FIELD = "complaint_topics"
WORST_SHARE = 0.1  # A harm that at least one in ten tells of is the theme's.


def question(*, exact: bool = False) -> ask.Document:
    """Return what is asked about our brands' complaint themes over one period; ``exact`` as in ``ask.distinct``."""
    body: ask.Document = ask.count_by(
        "brand.id",
        FIELD,
        inside={
            "severities": ask.top("severity.level", 10),
            "dimensions": ask.top("dimensions", 10),
            "journey": ask.top("journey", 10),
            "versions": ask.top("product_version", 50),
            "sources": ask.top("source.id", 50),
            "phrases": ask.top("complaint_phrases", 40),
            "switching": ask.top("switching.status", 5),
            "weight": {"stats": {"field": "severity.weight"}},
            "views": {"stats": {"field": "engagement.views"}},
            "stories": ask.distinct("story", exact=exact),
            "authors": ask.distinct("author", exact=exact),
        },
    )
    return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One brand's theme in the period, as the store counted it."""

    brand: str
    theme: str
    count: int
    answer: ask.Document

    @property
    def authors(self) -> int:
        """How many different authors tell of it."""
        return min(ask.value(self.answer, "authors"), self.count)


def harms(
    found: Sequence[Counted], changes: Mapping[tuple[str, str], Change], weights: Weights
) -> dict[tuple[str, str], float]:
    """Return (brand, theme) -> harm. What is expected of a theme is its rate before among the mentions of now."""
    result = {}
    for one in found:
        changed = changes[one.brand, one.theme]
        expected = changed.before / changed.before_of * changed.now_of if changed.before_of else float(changed.now)
        complaint = Complaint(
            key=one.theme,
            mentions=one.count,
            authors=one.authors,
            severity=ask.total(one.answer, "weight"),
            expected=expected,
            switching=sum(ask.counts(one.answer, "switching").values()),
            views=round(ask.total(one.answer, "views")),
        )
        result[one.brand, one.theme] = harm_of(complaint, weights).harm
    return result


def counted(answer: ask.Document) -> dict[tuple[str, str], Counted]:
    """Return (brand, theme) -> what was counted."""
    return {
        (brand, theme): Counted(brand=brand, theme=theme, count=int(bucket["doc_count"]), answer=bucket)
        for (brand, theme), bucket in ask.cells(answer, "brand.id", FIELD)
    }


def readable(theme: str, names: Mapping[str, str]) -> str:
    """Return a theme's name for people: the one given, else its id in words."""
    return names.get(theme) or theme.replace("_", " ").replace("-", " ").strip().capitalize() or "(unnamed)"


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
    theme: str, brands: Sequence[BrandName], found: Mapping[tuple[str, str], ask.Document], mentions: Mapping[str, int]
) -> tuple[BrandRate, ...]:
    """Return how often each of ``brands`` has the theme, in their order; ``found`` is (brand, theme) -> bucket."""
    result = []
    for brand in brands:
        count = int(found.get((brand.id, theme), {}).get("doc_count", 0))
        of = mentions.get(brand.id, 0)
        result.append(BrandRate(brand=brand.id, name=brand.name, count=count, mentions=of, rate=share(count, of)))
    return tuple(result)


def worst(severities: Mapping[str, int], count: int) -> str:
    """Return the worst harm that at least one in ten of ``count`` mentions tells of, or an empty string."""
    return next((level for level in SEVERITIES if severities.get(level, 0) >= max(1, WORST_SHARE * count)), "")


def most(found: Mapping[str, int], order: Sequence[str]) -> str:
    """Return the value named most, ties in the order of the model, or an empty string."""
    known = [value for value in order if found.get(value)]
    return max(known, key=lambda value: found[value]) if known else ""


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
    found = []
    for one in concentrated(counts):
        against = ratio(one.complaint, one.all, all_theme - one.complaint, all_brand - one.all)
        if against is not None and one.complaint >= 3:
            found.append(VersionRate(version=one.version, count=one.complaint, mentions=one.all, ratio=against))
    return tuple(sorted(found, key=lambda one: (-one.ratio.low, one.version)))


def phrases(counts: Mapping[str, int], theme: str, of: int, *, field: str, most_of: int = 6) -> tuple[Share, ...]:
    """Return the key phrases that stand behind this theme (``topic/phrase``) in ``field``, most first."""
    own = {name.split("/", 1)[1]: count for name, count in counts.items() if name.startswith(f"{theme}/")}
    often = {name: count for name, count in own.items() if count > 1 or len(own) <= 3}
    return shares(often, of, field, before=f"{theme}/")[:most_of]


def theme(
    found: Counted,
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
    answer = found.answer
    severities = ask.counts(answer, "severities")
    dimension = most(ask.counts(answer, "dimensions"), COST_DIMENSIONS + VALUE_DIMENSIONS)
    return Theme(
        id=found.theme,
        brand=found.brand,
        name=name,
        count=found.count,
        adjusted=adjusted,
        mentions=mentions,
        stories=min(ask.value(answer, "stories"), found.count),
        authors=found.authors,
        share=share(found.count, mentions),
        harm=harm,
        change=changed,
        trend=trend,
        competitors=competitors,
        scope=scope(
            found.count, mentions, sum(one.count for one in competitors), sum(one.mentions for one in competitors)
        ),
        dimension=dimension,
        dimension_kind="cost" if dimension in COST_DIMENSIONS else "value" if dimension else "",
        journey=most(ask.counts(answer, "journey"), JOURNEY_STAGES),
        severity=worst(severities, found.count),
        severities=shares(severities, found.count, "severity.level"),
        versions=versions(ask.counts(answer, "versions"), brand_versions),
        phrases=phrases(ask.counts(answer, "phrases"), found.theme, found.count, field="complaint_phrases"),
        sources=shares(ask.counts(answer, "sources"), found.count, "source.id")[:8],
        emerging=emerging,
        emerging_q=emerging_q,
        ledger=ledger,
        quotes=quotes,
        evidence=evidence,
    )


def few(found: Theme) -> bool:
    """Return whether the theme rests on so few mentions that its rates are hints."""
    return found.count < FEW
