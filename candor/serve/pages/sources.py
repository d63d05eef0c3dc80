"""Sources: how each does, what it gives, its last runs."""

from __future__ import annotations

from starlette.responses import Response

from candor.commands.look.sources import row_of
from candor.schedule.history import last_runs
from candor.serve.look.asked import Asked
from candor.serve.visit import PageVisit

RUNS = 8


def sources(visit: PageVisit) -> Response:
    """List the configured sources, those that are not well first."""
    now, records = visit.desk.now(), visit.desk.fresh().records
    found = []
    for source in visit.desk.config.sources:
        runs = last_runs(records, source, now=now)
        found.append(
            (row_of(source, runs, now=now), runs[::-1][:RUNS], Asked(terms={"source.id": (source.id,)}).address())
        )
    order = {"failing": 0, "silent": 1}
    found.sort(key=lambda one: (order.get(one[0]["state"], 2), one[0]["id"]))
    return visit.show("sources.html.j2", here="sources", sources=found)
