"""Each brand's standing in the period, over time, and after people's corrections."""

from __future__ import annotations

from dataclasses import replace

from analysis.ledger import corrections
from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.model import SENTIMENTS
from analysis.track import questions
from analysis.track.parts import BrandName
from analysis.track.sections import reputation
from analysis.track.sections.reputation import Reputation
from analysis.track.statistics import bins


def section(asking: Asking) -> tuple[Reputation, ...]:
    """Return the standing of every tracked brand, in their order."""
    moved = asking.of(answers.corrected).labels
    return tuple(_adjusted(_reputation(asking, brand), moved.get(brand.id, {})) for brand in asking.scope.names())


def _reputation(asking: Asking, brand: BrandName) -> Reputation:
    scope = asking.scope
    answer = asking.of(answers.brands).get(brand.id, {})
    negative = {"brand.id": [brand.id], "sentiment.label": ["negative"]}
    return reputation.reputation(
        brand,
        answer,
        asking.of(answers.brands_before).get(brand.id),
        series=bins.sentiment_bins(
            answers.label_days(asking, brand.id),
            answers.edges(scope),
            asking.of(answers.silence).silent,
            asking.of(answers.usual),
        ),
        evidence=look(scope, int(answer.get("doc_count", 0)), {"brand.id": [brand.id]})[0],
        criticism=look(scope, questions.counts(answer, "labels").get("negative", 0), negative)[0],
    )


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
