"""What to improve: our brands' complaint themes with their evidence, those of page one opened further."""

from __future__ import annotations

from dataclasses import replace

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.scope import Scope, Terms
from analysis.measure.sections import emerging
from analysis.measure.topicless import topicless
from analysis.track import ledger, questions, topics
from analysis.track.sections import themes
from analysis.track.sections.themes import Counted, Theme, Themes
from analysis.track.statistics import bins
from analysis.track.statistics.bins import TrendPoint
from analysis.track.statistics.rates import Change

PAGE_ONE = 5
LEAST = 3  # mentions


def section(asking: Asking) -> Themes:
    """Return our brands' complaint themes, most harmful first, those of one or two mentions last; none is left out."""
    counted = list(asking.of(_counted).values())
    changes = {(one.brand, one.theme): _change(asking, one) for one in counted}
    harms = themes.harms(counted, changes, asking.weights)
    # One or two loud mentions are no theme yet: they stand behind all others, whatever their harm.
    counted.sort(key=lambda one: (one.count < LEAST, -harms[one.brand, one.theme], -one.count, one.brand, one.theme))
    shown: set[str] = set()
    ranked = []
    for place, one in enumerate(counted):
        key = (one.brand, one.theme)
        first = place < PAGE_ONE
        theme = _theme(asking, one, changes[key], harms[key], shown, quotes=3 if first else 1)
        shown |= {quote.mention_id for quote in theme.quotes}
        ranked.append(_opened(asking.scope, theme) if first else theme)
    rest = topicless(asking, "complaint", themes.FIELD, brands=asking.scope.own, quotes=2, shown=shown)
    return Themes(themes=tuple(ranked[:PAGE_ONE]), other_themes=tuple(ranked[PAGE_ONE:]), topicless_complaints=rest)


def _counted(asking: Asking) -> dict[tuple[str, str], Counted]:
    scope = asking.scope
    question = themes.question(exact=asking.of(answers.exact))
    counted = themes.counted(answers.aggregate(scope, scope.period, question, {"brand.id": scope.own}))
    return {key: one for key, one in counted.items() if one.brand in scope.own}


def _theme(asking: Asking, one: Counted, changed: Change, harm: float, shown: set[str], *, quotes: int) -> Theme:
    scope, mentions = asking.scope, asking.of(answers.mentions)
    new = asking.of(emerging.section).emerging
    surprise = [series.q_value for series in new if (series.brand, series.theme) == (one.brand, one.theme)]
    moved = asking.of(answers.corrected).themes.get((one.brand, one.theme))
    proof, words = look(scope, one.count, _terms(one.brand, one.theme), quotes=quotes, shown=shown)
    return themes.theme(
        one,
        name=topics.readable(one.theme, asking.names),
        mentions=mentions.get(one.brand, 0),
        brand_versions=questions.counts(asking.of(answers.brands).get(one.brand, {}), "versions"),
        adjusted=None if moved is None else one.count + moved,
        changed=changed,
        trend=_trend(asking, one.brand, one.theme),
        competitors=themes.rates(one.theme, scope.names("competitor"), asking.of(answers.complaints), mentions),
        harm=harm,
        emerging_q=min(surprise, default=None),
        emerging=bool(surprise),
        ledger=ledger.status(one.theme, one.brand, asking.of(answers.fixes_written)),
        quotes=words,
        evidence=proof,
    )


def _terms(brand: str, theme: str) -> Terms:
    return {"brand.id": [brand], themes.FIELD: [theme]}


def _opened(scope: Scope, theme: Theme) -> Theme:
    """Return a theme of page one with the mentions under its other numbers: before, at competitors, in versions."""
    terms = _terms(theme.brand, theme.id)
    before = None
    if scope.compared:
        total = scope.store.count(scope.filter(scope.compared, terms))
        before = look(scope, total, terms, period=scope.compared)[0]
    return replace(
        theme,
        change=replace(theme.change, evidence_before=before),
        competitors=tuple(
            replace(rate, evidence=look(scope, rate.count, {**terms, "brand.id": [rate.brand]})[0])
            for rate in theme.competitors
        ),
        versions=tuple(
            replace(rate, evidence=look(scope, rate.count, {**terms, "product_version": [rate.version]})[0])
            for rate in theme.versions
        ),
    )


def _change(asking: Asking, one: Counted) -> Change:
    key, brand = (one.brand, one.theme), (one.brand,)
    gone, gone_before = asking.of(answers.gone), asking.of(answers.gone_before)
    return themes.compared(
        questions.minus(asking.of(answers.themes_by_day).get(key, {}), gone.themes.get(key, {})),
        questions.minus(questions.summed(asking.of(answers.labels), one.brand), gone.brands.get(brand, {})),
        questions.minus(asking.of(answers.themes_by_day_before).get(key, {}), gone_before.themes.get(key, {})),
        questions.minus(
            questions.summed(asking.of(answers.labels_before), one.brand), gone_before.brands.get(brand, {})
        ),
        left_out_days=sum(len(days) for days in asking.of(answers.left_out).values()),
    )


def _trend(asking: Asking, brand: str, theme: str) -> tuple[TrendPoint, ...]:
    return bins.trend(
        answers.joined(asking.of(answers.themes_by_day_before), asking.of(answers.themes_by_day), brand, theme),
        answers.joined(asking.of(answers.labels_before), asking.of(answers.labels), brand),
        answers.edges(asking.scope),
        asking.of(answers.silence).silent,
        asking.of(answers.usual),
    )
