"""``measure``: asks the store, hands the answers to the pure tracks, and returns one frozen ``Measures``.

The alerts and every form of the report read that value, so that the terminal, the page and the JSON never disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from analysis.ledger import corrections
from analysis.measure import emerging as emergence
from analysis.measure import evidence as opening
from analysis.measure import fixes as fixing
from analysis.measure import response as responding
from analysis.measure.answers import Answers, Scope, answers, look, period
from analysis.measure.findings import (
    PAGE_ONE,
    brand_names,
    contrast_findings,
    edges,
    flow_findings,
    label_days,
    move_findings,
    net_flow_findings,
    praise_findings,
    theme_findings,
    wish_findings,
)
from analysis.model import SENTIMENTS, Brand, Source
from analysis.model.errors import UsageError
from analysis.model.records.audit import CORRECTIONS, ERASURES
from analysis.store.base import Filter, Store
from analysis.track import honesty, voice
from analysis.track import questions as ask
from analysis.track.harm import Weights
from analysis.track.reputation import reputation
from analysis.track.results import (
    Caveat,
    Condition,
    FixResult,
    Hands,
    Measures,
    Period,
    Reputation,
    SourceHealth,
    Voice,
)
from analysis.track.statistics import bins

Compare = Literal["previous", "year", "none"]
NAMED_SOURCES = 20  # sources whose newest mentions are named; the others have the selection that finds them
YEAR = timedelta(days=364)  # 52 weeks, so that weekdays stand against the same weekdays


def last_days(now: datetime, days: int = 30) -> tuple[datetime, datetime]:
    """Return the period of whole UTC days that ends with the day of ``now``."""
    until = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
    return until - timedelta(days=days), until


def compared_with(since: datetime, until: datetime, compare: Compare) -> Period | None:
    """Return the period to compare with: as long and just before, or 52 weeks before, or none."""
    if compare == "none":
        return None
    back = YEAR if compare == "year" else until - since
    return period(since - back, until - back)


def measure(
    store: Store,
    *,
    brands: Sequence[Brand],
    sources: Sequence[Source] = (),
    since: datetime,
    until: datetime,
    now: datetime,
    compare: Compare = "previous",
    where: Filter | None = None,
    topic_names: Mapping[str, str] | None = None,
    judged_languages: Sequence[str] = ("en",),
    error_rate: float = 0.05,
    weights: Weights | None = None,
) -> Measures:
    """Return everything that the report shows of [since, until), compared as asked.

    ``where`` narrows the mentions further (its terms, exclusions and query are printed on the report; its times are
    not used). ``topic_names`` maps topic ids to names for people. Raises ``UsageError`` where the period is empty.
    """
    if until <= since:
        raise UsageError(
            f"the period ends ({until:%Y-%m-%d}) before it begins ({since:%Y-%m-%d}); swap --since and --until"
        )
    if compare not in get_args(Compare):
        raise UsageError(f"--compare {compare} is not known; say previous, year or none")
    scope = Scope(
        store=store,
        brands=tuple(brands),
        sources=tuple(sources),
        period=period(since, until),
        compared=compared_with(since, until, compare),
        now=now,
        where=where or Filter(),
    )
    return _assemble(scope, answers(scope), topic_names or {}, judged_languages, error_rate, weights or Weights())


def _assemble(
    scope: Scope,
    found: Answers,
    names: Mapping[str, str],
    judged: Sequence[str],
    error_rate: float,
    weights: Weights,
) -> Measures:
    corrected = corrections.changed(scope.store, scope.filter(scope.period))
    standing = _reputations(scope, found, corrected.labels)
    counts = {brand.brand: brand.mentions for brand in standing}
    health = _sources(scope, found)
    flows = flow_findings(scope, found, names)
    new = emergence.find(scope, found, names, error_rate=error_rate)
    themes_adjusted = {
        key: one.count + corrected.themes[key] for key, one in found.themes.items() if key in corrected.themes
    }
    ranked = theme_findings(scope, found, names, counts, weights, new.found, themes_adjusted)
    tracked = Filter(terms={"brand.id": [brand.id for brand in scope.brands]})
    newest = scope.store.search(tracked, limit=1, newest_first=True)
    mentions = sum(counts.values())
    report = Measures(
        made_at=scope.now,
        engine="elasticsearch" if scope.store.address.startswith(("http:", "https:")) else "embedded",
        period=scope.period,
        compared=scope.compared,
        brands=brand_names(scope.brands),
        filters=_conditions(scope.where.terms),
        left_out=_conditions(scope.where.exclude),
        words=scope.where.query.source if scope.where.query else "",
        left_out_mentions=_left_out(scope, mentions),
        mentions=mentions,
        stories=min(found.stories, mentions),
        mentions_ever=scope.store.count(tracked),
        newest=newest[0].mention.published_at if newest else None,
        error_rate=error_rate,
        ranked_by="harm",
        themes=ranked[:PAGE_ONE],
        other_themes=ranked[PAGE_ONE:],
        emerging=new.found,
        series_tested=new.tested,
        series=new.series,
        fixes=_fixes(scope, found, names),
        moves=move_findings(scope, found),
        switching=flows,
        net_flows=net_flow_findings(scope, flows),
        contrasts=contrast_findings(scope, found, names),
        reputation=standing,
        voice=_voices(scope, found, standing),
        praise=praise_findings(scope, found, names, counts),
        wishes=wish_findings(scope, found, names),
        response=responding.times(scope),
        sources=health,
        caveats=_caveats(scope, found, standing, health, judged, new.late),
        hands=_hands(scope),
        evidence=look(scope, mentions, {})[0],
        posts=(),
    )
    return opening.with_posts(report, scope.store)


def _left_out(scope: Scope, mentions: int) -> int:
    """How many mentions of the period the exclusions in force hide."""
    if not scope.where.exclude:
        return 0
    return scope.store.count(replace(scope.filter(scope.period), exclude={})) - mentions


def _fixes(scope: Scope, found: Answers, names: Mapping[str, str]) -> tuple[FixResult, ...]:
    return fixing.verdicts(
        scope.store,
        found.fixes,
        scope.brands,
        scope.sources,
        scope.now,
        until=scope.period.until,
        names=names,
        where=scope.where,
    )


def _voices(scope: Scope, found: Answers, standing: Sequence[Reputation]) -> tuple[Voice, ...]:
    return voice.voices(
        brand_names(scope.brands),
        found.voice,
        {brand.brand: brand.mentions for brand in standing},
        {brand.brand: brand.mentions_before for brand in standing},
        lambda brand, total: look(scope, total, {"brand.id": [brand]})[0],
    )


def _caveats(
    scope: Scope,
    found: Answers,
    standing: Sequence[Reputation],
    health: Sequence[SourceHealth],
    judged: Sequence[str],
    late: int,
) -> tuple[Caveat, ...]:
    return honesty.caveats(
        standing,
        health,
        languages=_sum_shares(standing),
        judged=judged,
        undated=sum(ask.counts(answer, "dates").get("collected", 0) for answer in found.brands.values()),
        late=late,
        mentions=sum(brand.mentions for brand in standing),
        evidence=lambda total, terms: look(scope, total, terms)[0],
    )


def _hands(scope: Scope) -> Hands:
    records = scope.store.records
    return honesty.hands(
        ERASURES.values(records),
        CORRECTIONS.values(records),
        scope.period,
    )


def _conditions(terms: Mapping[str, Sequence[str]]) -> tuple[Condition, ...]:
    return tuple(Condition(field=field, values=tuple(values)) for field, values in sorted(terms.items()))


def _sum_shares(standing: Sequence[Reputation]) -> dict[str, int]:
    result: dict[str, int] = {}
    for brand in standing:
        for part in brand.by_language:
            result[part.name] = result.get(part.name, 0) + part.count
    return result


def _reputations(scope: Scope, found: Answers, moved: Mapping[str, corrections.Moves]) -> tuple[Reputation, ...]:
    stretches = edges(scope, found)
    result = []
    for brand in brand_names(scope.brands):
        answer = found.brands.get(brand.id, {})
        series = bins.sentiment_bins(label_days(found, brand.id), stretches, found.silent, found.weights)
        proof, _ = look(scope, int(answer.get("doc_count", 0)), {"brand.id": [brand.id]})
        negative = {"brand.id": [brand.id], "sentiment.label": ["negative"]}
        standing = reputation(
            brand,
            answer,
            found.brands_before.get(brand.id),
            series=series,
            evidence=proof,
            criticism=look(scope, ask.counts(answer, "labels").get("negative", 0), negative)[0],
        )
        result.append(_adjusted(standing, moved.get(brand.id, {})))
    return tuple(result)


def _adjusted(standing: Reputation, moves: corrections.Moves) -> Reputation:
    """Return the standing with the figure after people's corrections beside the raw one."""
    if not moves:
        return standing
    raw = {label: getattr(standing, label) for label in SENTIMENTS}
    labels = corrections.adjusted(raw, moves)
    return replace(
        standing,
        adjusted=bins.net(labels["negative"], labels["neutral"], labels["positive"]),
        mentions_adjusted=sum(labels.values()),
    )


def _sources(scope: Scope, found: Answers) -> tuple[SourceHealth, ...]:
    kinds = {source.id: source.kind for source in scope.sources}
    mentions: dict[str, int] = {}
    for (source, _), days in found.now.sources.items():
        mentions[source] = mentions.get(source, 0) + sum(days.values())
    loudest = sorted(mentions, key=lambda source: (-mentions[source], source))[:NAMED_SOURCES]
    return tuple(
        honesty.health(
            source,
            kind=kinds.get(source, ""),
            mentions=mentions.get(source, 0),
            runs=found.runs.get(source, ()),
            silent=found.silent.get(source, frozenset()),
            period=scope.period,
            evidence=look(scope, mentions.get(source, 0), {"source.id": [source]}, named=source in loudest)[0],
        )
        for source in sorted(kinds.keys() | mentions.keys() | {name for name, runs in found.runs.items() if runs})
    )
