"""Builds each section's findings from the store's answers; fetches the few mentions that stand under each number.

Sits beside ``analysis.measure.report``, the only caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

from analysis.measure.answers import NOTHING, Answers, Scope, Terms, look, period
from analysis.model import Brand
from analysis.track import ledger, moves, switching, themes, wishes
from analysis.track import questions as ask
from analysis.track.harm import Weights
from analysis.track.reputation import labels_by_day
from analysis.track.results import (
    BrandName,
    Change,
    Contrast,
    EmergingSeries,
    Evidence,
    Flow,
    Move,
    NetFlow,
    Period,
    Praise,
    Theme,
    TrendPoint,
    Wish,
)
from analysis.track.statistics import bins

PAGE_ONE = 5
OTHERS = 15
LEAST = 3  # mentions
READ_MOVES = 300  # reports of one kind of move by one brand up to which they are read; above, dates tell them apart


def brand_names(brands: Sequence[Brand], role: str = "") -> tuple[BrandName, ...]:
    return tuple(BrandName(id=one.id, name=one.name, role=one.role) for one in brands if role in ("", one.role))


def edges(scope: Scope, found: Answers) -> list[tuple[date, int]]:
    """The stretches that trends are drawn in: over both periods where they touch, else over this one."""
    days = list(found.now.days)
    if scope.compared and scope.compared.until == scope.period.since:
        days = sorted({*found.before.days, *days})
    return bins.stretches(days, period_days=scope.period.days)


def joined(one: ask.Daily, other: ask.Daily, *prefix: str) -> dict[date, int]:
    before, now = ask.summed(one, *prefix), ask.summed(other, *prefix)
    return {day: before.get(day, 0) + now.get(day, 0) for day in before.keys() | now.keys()}


def label_days(found: Answers, brand: str) -> dict[str, dict[date, int]]:
    before, now = labels_by_day(found.before.labels, brand), labels_by_day(found.now.labels, brand)
    return {label: joined(found.before.labels, found.now.labels, brand, label) for label in before.keys() | now.keys()}


def theme_findings(
    scope: Scope,
    found: Answers,
    names: Mapping[str, str],
    counts: Mapping[str, int],
    weights: Weights,
    new: Sequence[EmergingSeries],
    adjusted: Mapping[tuple[str, str], int],
) -> tuple[Theme, ...]:
    """Return our brands' complaint themes, most harmful first, those of one or two mentions last."""
    own = {brand.id for brand in scope.brands if brand.role == "own"}
    candidates = [one for one in found.themes.values() if one.brand in own]
    changes = {(one.brand, one.theme): _change(found, one) for one in candidates}
    harms = themes.harms(candidates, changes, weights)
    # One or two loud mentions are no theme yet: they stand behind all others, whatever their harm.
    candidates.sort(key=lambda one: (one.count < LEAST, -harms[one.brand, one.theme], -one.count, one.brand, one.theme))
    shown: set[str] = set()
    result = []
    for place, one in enumerate(candidates[: PAGE_ONE + OTHERS]):
        keys = (one.brand, one.theme)
        surprise = [series.q_value for series in new if (series.brand, series.theme) == keys]
        terms = {"brand.id": [one.brand], "complaint_topics": [one.theme]}
        proof, words = look(scope, one.count, terms, quotes=3 if place < PAGE_ONE else 1, shown=shown)
        shown |= {quote.mention_id for quote in words}
        found_theme = themes.theme(
            one,
            name=themes.readable(one.theme, names),
            mentions=counts.get(one.brand, 0),
            brand_versions=ask.counts(found.brands.get(one.brand, {}), "versions"),
            adjusted=adjusted.get(keys),
            changed=changes[keys],
            trend=_trend(scope, found, keys),
            competitors=themes.rates(one.theme, brand_names(scope.brands, "competitor"), found.complaints, counts),
            harm=harms[keys],
            emerging_q=min(surprise, default=None),
            emerging=bool(surprise),
            ledger=ledger.status(one.theme, one.brand, found.fixes),
            quotes=words,
            evidence=proof,
        )
        result.append(_opened(scope, found_theme, terms) if place < PAGE_ONE else found_theme)
    return tuple(result)


def _opened(scope: Scope, theme: Theme, terms: Terms) -> Theme:
    """Return a theme of page one with the mentions under its other numbers: before, at competitors, in versions."""
    before = None
    if scope.compared:
        total = scope.store.count(scope.filter(scope.compared, terms))
        before = look(scope, total, terms, period=scope.compared)[0]
    return replace(
        theme,
        change=replace(theme.change, evidence_before=before),
        competitors=tuple(
            replace(one, evidence=look(scope, one.count, {**terms, "brand.id": [one.brand]})[0])
            for one in theme.competitors
        ),
        versions=tuple(
            replace(one, evidence=look(scope, one.count, {**terms, "product_version": [one.version]})[0])
            for one in theme.versions
        ),
    )


def _change(found: Answers, one: themes.Counted) -> Change:
    keys = (one.brand, one.theme)
    gone, gone_before = found.gone, found.gone_before
    return themes.compared(
        ask.minus(found.now.themes.get(keys, {}), gone.themes.get(keys, {})),
        ask.minus(ask.summed(found.now.labels, one.brand), gone.brands.get((one.brand,), {})),
        ask.minus(found.before.themes.get(keys, {}), gone_before.themes.get(keys, {})),
        ask.minus(ask.summed(found.before.labels, one.brand), gone_before.brands.get((one.brand,), {})),
        left_out_days=sum(len(days) for days in found.left_out.values()),
    )


def _trend(scope: Scope, found: Answers, keys: tuple[str, str]) -> tuple[TrendPoint, ...]:
    return bins.trend(
        joined(found.before.themes, found.now.themes, *keys),
        joined(found.before.labels, found.now.labels, keys[0]),
        edges(scope, found),
        found.silent,
        found.weights,
    )


def flow_findings(scope: Scope, found: Answers, names: Mapping[str, str]) -> tuple[Flow, ...]:
    def proof(origin: str, target: str, total: int) -> switching.Found:
        terms = {"switching.origin": [origin], "switching.target": [target]}
        return look(scope, total, terms, quotes=2)

    return switching.flows(found.switching, proof, partial(themes.readable, names=names))


def net_flow_findings(scope: Scope, flows: Sequence[Flow]) -> tuple[NetFlow, ...]:
    def proof(origins: Sequence[str], targets: Sequence[str]) -> Evidence:
        terms = {
            "switching.origin": list(origins) or [NOTHING],
            "switching.target": list(targets) or [NOTHING],
            "switching.status": ["done"],
        }
        total = scope.store.count(scope.filter(scope.period, terms)) if origins and targets else 0
        return look(scope, total, terms)[0]

    return switching.net_flows(flows, [brand.id for brand in scope.brands], scope.period.days, proof)


def move_findings(scope: Scope, found: Answers, *, most: int = 12) -> tuple[Move, ...]:
    result = []
    for event in _events(scope, found)[:most]:
        span = _span(scope, event.first, event.last)
        terms = {"brand.id": [event.brand], "moves": [event.what]}
        if event.stories:
            terms["story"] = list(event.stories)
        proof, words = look(scope, event.reports, terms, quotes=1, period=span)
        stories = len(event.stories) or ask.value(
            scope.store.aggregate(scope.filter(span, terms), {"stories": ask.distinct("story")}), "stories"
        )
        result.append(
            moves.move(
                event,
                label_days(found, event.brand),
                stories=min(max(stories, 1), event.reports),
                quotes=words,
                evidence=proof,
            )
        )
    return tuple(result)


def _events(scope: Scope, found: Answers) -> list[moves.Event]:
    """Return what competitors did, newest first; moves that have an object are read and told apart by it."""
    others = {brand.id: brand for brand in scope.brands if brand.role == "competitor"}
    counts = {keys: sum(days.values()) for keys, days in found.moves.items() if keys[0] in others}
    read = {keys for keys, count in counts.items() if keys[1] in moves.WITH_OBJECT and count <= READ_MOVES}
    events = moves.events({keys: days for keys, days in found.moves.items() if keys in counts.keys() - read})
    for brand, what in sorted(read):
        where = scope.filter(scope.period, {"brand.id": [brand], "moves": [what]})
        reports = [hit.mention for hit in scope.store.search(where, limit=READ_MOVES, newest_first=True)]
        names = (others[brand].name, *others[brand].aliases)
        events += moves.told_apart(brand, what, reports, names)
    return sorted(events, key=lambda event: (-event.first.toordinal(), event.brand, event.what, event.about))


def _span(scope: Scope, first: date, last: date) -> Period:
    whole = _span_of(first, last)
    return period(max(whole.since, scope.period.since), min(whole.until, scope.period.until))


def praise_findings(
    scope: Scope, found: Answers, names: Mapping[str, str], counts: Mapping[str, int]
) -> tuple[Praise, ...]:
    result = []
    for brand in scope.brands:
        own = [(theme, answer) for (one, theme), answer in found.praise.items() if one == brand.id]
        for theme, answer in own[: 5 if brand.role == "own" else 3]:
            count = int(answer["doc_count"])
            proof, words = look(scope, count, {"brand.id": [brand.id], "praise_topics": [theme]}, quotes=1)
            result.append(
                Praise(
                    brand=brand.id,
                    theme=theme,
                    name=themes.readable(theme, names),
                    count=count,
                    mentions=counts.get(brand.id, 0),
                    quotes=words,
                    evidence=proof,
                )
            )
    return tuple(result)


def wish_findings(scope: Scope, found: Answers, names: Mapping[str, str], *, most: int = 8) -> tuple[Wish, ...]:
    own = {brand.id for brand in scope.brands if brand.role == "own"}
    others = brand_names(scope.brands, "competitor")
    result = []
    for (brand, theme), answer in [pair for pair in found.wishes.items() if pair[0][0] in own][:most]:
        count = int(answer["doc_count"])
        proof, words = look(scope, count, {"brand.id": [brand], "wish_topics": [theme]}, quotes=2)
        result.append(
            Wish(
                brand=brand,
                theme=theme,
                name=themes.readable(theme, names),
                count=count,
                authors=min(ask.value(answer, "authors"), count),
                phrases=themes.phrases(ask.counts(answer, "phrases"), theme, count, field="wish_phrases"),
                praised_at=wishes.praised_at(theme, others, found.praise),
                ledger=ledger.status(theme, brand, found.wish_entries) or ledger.status(theme, brand, found.fixes),
                quotes=words,
                evidence=proof,
            )
        )
    return tuple(result)


def contrast_findings(scope: Scope, found: Answers, names: Mapping[str, str]) -> tuple[Contrast, ...]:
    """Return the themes on which a competitor stands clearly better than we do."""
    own, others = brand_names(scope.brands, "own"), brand_names(scope.brands, "competitor")
    return tuple(
        wishes.contrast(
            gap,
            name=themes.readable(gap.theme, names),
            evidence=look(scope, gap.theirs[1], {"brand.id": [gap.competitor], "praise_topics": [gap.theme]})[0],
            ours=look(scope, gap.ours[0], {"brand.id": [gap.brand], "complaint_topics": [gap.theme]})[0],
        )
        for gap in wishes.gaps(own, others, found.complaints, found.praise)
    )


def _span_of(first: date, last: date) -> Period:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return period(start, datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1))
