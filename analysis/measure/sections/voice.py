"""Share of voice: whose name is heard."""

from __future__ import annotations

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.track.sections import voice
from analysis.track.sections.voice import Voice


def section(asking: Asking) -> tuple[Voice, ...]:
    """Return each brand's share of what is said about all tracked brands."""
    scope = asking.scope
    return voice.voices(
        scope.names(),
        answers.aggregate(scope, scope.period, voice.question()),
        asking.of(answers.mentions),
        asking.of(answers.mentions_before),
        lambda brand, total: look(scope, total, {"brand.id": [brand]})[0],
    )
