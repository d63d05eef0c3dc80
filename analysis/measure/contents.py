"""The table of contents: every section of the report, in the order in which the report shows them.

A section is a file of the same name on each floor: ``analysis.track.sections`` (what it shows, and how that is worked
out), ``analysis.measure.sections`` (what it asks the store), ``analysis.report.sections`` (its words, and beside it its
part of the page). A new one is those files, a line here and a field of ``Measures``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analysis.measure import stopped
from analysis.measure.asking import Asking
from analysis.measure.sections import (
    caveats,
    contrasts,
    emerging,
    fixes,
    hands,
    moves,
    praise,
    reputation,
    response,
    sources,
    switching,
    themes,
    voice,
    wishes,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSection:
    """One section: its name on every floor, what it asks, and the sections whose results it needs for it.

    Its result is the field of ``Measures`` that has its name; where there are ``fields``, its result has these, and
    each is the field of that name. ``beside`` is a second question, whose ``beside_fields`` the same
    section shows.
    """

    name: str
    ask: Callable[[Asking], Any]
    needs: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    beside: Callable[[Asking], Any] | None = None
    beside_fields: tuple[str, ...] = ()

    def values(self, asking: Asking) -> dict[str, Any]:
        """Return its fields of ``Measures``."""
        result = asking.of(self.ask)
        found = {field: getattr(result, field) for field in self.fields} or {self.name: result}
        if self.beside is not None:
            more = asking.of(self.beside)
            found |= {field: getattr(more, field) for field in self.beside_fields}
        return found


SECTIONS: tuple[ReportSection, ...] = (
    ReportSection(
        name="themes",
        ask=themes.section,
        needs=("emerging",),
        fields=("themes", "other_themes", "topicless_complaints"),
    ),
    ReportSection(
        name="emerging",
        ask=emerging.section,
        fields=("emerging", "series_tested", "series"),
        beside=stopped.section,
        beside_fields=("stopped", "stopped_tested"),
    ),
    ReportSection(name="fixes", ask=fixes.section),
    ReportSection(name="response", ask=response.section),
    ReportSection(name="moves", ask=moves.section),
    ReportSection(name="contrasts", ask=contrasts.section),
    ReportSection(name="switching", ask=switching.section, fields=("switching", "net_flows")),
    ReportSection(name="reputation", ask=reputation.section),
    ReportSection(name="voice", ask=voice.section),
    ReportSection(name="wishes", ask=wishes.section),
    ReportSection(name="praise", ask=praise.section, fields=("praise", "topicless_praise")),
    ReportSection(name="sources", ask=sources.section),
    ReportSection(name="caveats", ask=caveats.section, needs=("reputation", "sources")),
    ReportSection(name="hands", ask=hands.section),
)
