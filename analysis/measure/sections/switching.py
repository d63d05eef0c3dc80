"""Who leaves whom for whom, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.scope import NOTHING
from analysis.track import topics
from analysis.track.parts import Evidence
from analysis.track.sections import switching
from analysis.track.sections.switching import Switches

STATUS = "switching.status"


def section(asking: Asking) -> Switches:
    """Return every flow that posts tell of, with its evidence, and each brand's arrivals minus departures."""
    scope = asking.scope
    origin, target = switching.PATHS

    def shown(leaving: str, coming: str, total: int) -> switching.Shown:
        return look(scope, total, {origin: [leaving], target: [coming]}, quotes=2)

    def done(origins: Sequence[str], targets: Sequence[str]) -> Evidence:
        terms = {origin: list(origins) or [NOTHING], target: list(targets) or [NOTHING], STATUS: ["done"]}
        total = scope.store.count(scope.filter(scope.period, terms)) if origins and targets else 0
        return look(scope, total, terms)[0]

    answer = answers.aggregate(scope, scope.period, switching.question(), {STATUS: ["done", "considered"]})
    flows = switching.flows(answer, shown, partial(topics.readable, names=asking.names))
    brands = [brand.id for brand in scope.brands]
    return Switches(switching=flows, net_flows=switching.net_flows(flows, brands, scope.period.days, done))
