"""The report's sections as live pages, drawn by the report's own templates; what stands under a number is a link."""

from __future__ import annotations

from starlette.responses import Response

from analysis.model.errors import UsageError
from analysis.report.contents import shown
from analysis.report.html import drawn, page_values
from candor.serve.desk import PERIODS
from candor.serve.look.behind import behind
from candor.serve.pages.post import not_here
from candor.serve.visit import PageVisit


def section(visit: PageVisit) -> Response:
    """Show one section of the report, by default the first."""
    sections = shown()
    names = [name for name, one in sections.items() if not one.inside and name != "emerging"]
    name = visit.names.get("name", names[0])
    if name not in names:
        return not_here(visit)
    strange = next((one for one, _ in visit.given if one != "days"), "")
    if strange:
        # A report of another period or brand than was asked for would be taken for the one that was.
        raise UsageError(
            f"{strange}: a report is not narrowed by it; its address takes days={'|'.join(map(str, PERIODS))}"
        )
    span = visit.span()
    report = visit.desk.report(visit.visitor, span)
    parts = [name, *(inner for inner, one in sections.items() if one.inside == name)]
    parts += ["emerging"] if name == names[0] else []
    # Charts are of this very report, which is held with them: else its id would one day be another's.
    _, charts = visit.desk.measures.get(("charts", id(report), name), lambda: (report, drawn(report, only=parts)))
    return visit.show(
        "section.html.j2",
        here="report",
        name=name,
        pages=[(one, sections[one].title) for one in names],
        shown_parts=["emerging", name] if name == names[0] else [name],
        periods=PERIODS,
        chosen=span.days or round(report.period.days),
        behind=behind,
        **{key: value for key, value in page_values(report, charts=charts).items() if key != "words"},
    )
