"""How each source did: every one that is configured, was mentioned, or has run."""

from __future__ import annotations

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.track.sections import sources
from analysis.track.sections.sources import SourceHealth

NAMED = 20  # sources whose newest mentions are named; the others have the selection that finds them


def section(asking: Asking) -> tuple[SourceHealth, ...]:
    """Return the health of every source, in the order of their ids."""
    scope, silence = asking.scope, asking.of(answers.silence)
    kinds = {source.id: source.kind for source in scope.sources}
    mentions: dict[str, int] = {}
    for (source, _), days in asking.of(answers.sources).items():
        mentions[source] = mentions.get(source, 0) + sum(days.values())
    loudest = sorted(mentions, key=lambda source: (-mentions[source], source))[:NAMED]
    return tuple(
        sources.health(
            source,
            kind=kinds.get(source, ""),
            mentions=mentions.get(source, 0),
            runs=silence.runs.get(source, ()),
            silent=silence.silent.get(source, frozenset()),
            period=scope.period,
            evidence=look(scope, mentions.get(source, 0), {"source.id": [source]}, named=source in loudest)[0],
        )
        for source in sorted(kinds.keys() | mentions.keys() | {name for name, runs in silence.runs.items() if runs})
    )
