"""The themes on which a competitor stands clearly better than we do."""

from __future__ import annotations

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.track import topics
from analysis.track.sections import contrasts
from analysis.track.sections.contrasts import Contrast


def section(asking: Asking) -> tuple[Contrast, ...]:
    """Return what is blamed in us and praised in a competitor, the surest first."""
    scope = asking.scope
    own, others = scope.names("own"), scope.names("competitor")
    return tuple(
        contrasts.contrast(
            gap,
            name=topics.readable(gap.theme, asking.names),
            evidence=look(scope, gap.theirs[1], {"brand.id": [gap.competitor], "praise_topics": [gap.theme]})[0],
            ours=look(scope, gap.ours[0], {"brand.id": [gap.brand], "complaint_topics": [gap.theme]})[0],
        )
        for gap in contrasts.gaps(own, others, asking.of(answers.complaints), asking.of(answers.praise))
    )
