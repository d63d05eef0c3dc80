"""What frames the report: when and of what it was made, the filters in force, and how much there is in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.scope import BESIDE, Scope
from analysis.store.base import Filter
from analysis.track.parts import Condition


def frame(asking: Asking) -> dict[str, Any]:
    """Return the fields of ``Measures`` that belong to no section, by name."""
    scope = asking.scope
    mentions = sum(asking.of(answers.mentions).values())
    tracked = Filter(terms={"brand.id": [brand.id for brand in scope.brands]})
    newest = scope.store.search(tracked, limit=1, newest_first=True)
    return {
        "made_at": scope.now,
        "engine": "elasticsearch" if scope.store.address.startswith(("http:", "https:")) else "embedded",
        "period": scope.period,
        "moved": scope.moved,
        "call": scope.call,
        "compared": scope.compared,
        "brands": scope.names(),
        "filters": _conditions(scope.where.terms),
        "left_out": _conditions(scope.where.exclude),
        "words": scope.where.query.source if scope.where.query else "",
        "left_out_mentions": _left_out(scope, mentions),
        "beside": _beside(scope),
        "mentions": mentions,
        "stories": min(asking.of(answers.stories), mentions),
        "mentions_ever": scope.store.count(tracked),
        "newest": newest[0].mention.published_at if newest else None,
        "error_rate": asking.error_rate,
        "ranked_by": "harm",
        "evidence": look(scope, mentions, {})[0],
        "posts": (),
    }


def _conditions(terms: Mapping[str, Sequence[str]]) -> tuple[Condition, ...]:
    return tuple(Condition(field=field, values=tuple(values)) for field, values in sorted(terms.items()))


def _left_out(scope: Scope, mentions: int) -> int:
    """How many mentions of the period the exclusions in force hide."""
    if not scope.where.exclude:
        return 0
    kept = {field: values for field, values in scope.exclude.items() if field not in scope.where.exclude}
    return scope.store.count(replace(scope.filter(scope.period), exclude=kept)) - mentions


def _beside(scope: Scope) -> int:
    """How many mentions of the period no figure counts, because they say nothing of a brand."""
    if scope.exclude.keys() == scope.where.exclude.keys():
        return 0
    return scope.store.count(replace(scope.filter(scope.period, BESIDE), exclude=scope.where.exclude))
