"""What the data cannot say."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.measure import answers, exposure
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.sections import reputation, sources
from analysis.track import questions
from analysis.track.sections import caveats
from analysis.track.sections.caveats import Caveat
from analysis.track.sections.reputation import Reputation


def section(asking: Asking) -> tuple[Caveat, ...]:
    """Return what a reader must know before trusting the rest, most telling first."""
    standing = asking.of(reputation.section)
    told = caveats.caveats(
        standing,
        asking.of(sources.section),
        languages=_languages(standing),
        judged=asking.judged,
        undated=sum(
            questions.counts(answer, "dates").get("collected", 0) for answer in asking.of(answers.brands).values()
        ),
        late=asking.of(exposure.late),
        mentions=sum(asking.of(answers.mentions).values()),
        evidence=lambda total, terms: look(asking.scope, total, terms)[0],
    )
    return (*told, *caveats.taught(asking.of(_adjusted), sum(asking.of(answers.mentions).values())))


def _adjusted(asking: Asking) -> dict[str, int]:
    """What the shipped judges said -> mentions of the period where a learnt layer says otherwise."""
    scope = asking.scope
    body = {"adjusted": {"terms": {"field": "adjusted", "size": 100}}}
    return questions.counts(scope.store.aggregate(scope.filter(scope.period, {}), body), "adjusted")


def _languages(standing: Sequence[Reputation]) -> dict[str, int]:
    result: dict[str, int] = {}
    for brand in standing:
        for part in brand.by_language:
            result[part.name] = result.get(part.name, 0) + part.count
    return result
