"""Who leaves whom for whom, and why."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from analysis.report import lines, words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.switching import Flow, NetFlow


def flow_line(flow: Flow) -> str:
    """Return how many switched and how many consider it."""
    return f"{flow.done} switched, {words.plural(flow.considered, 'considers it', 'consider it')}"


def net_flow(flow: NetFlow) -> str:
    """Return arrivals minus departures per month with the interval."""
    text = f"{flow.gained} came, {flow.lost} left"
    if flow.gained + flow.lost < words.FEW:
        return f"{text} (few data)"
    month = flow.net_per_month
    return f"{text}; net {_plain(month.value)} a month ({_plain(month.low)} to {_plain(month.high)})"


def _plain(value: float) -> str:
    points = round(value)
    return f"+{points}" if points > 0 else f"{words.MINUS}{-points}" if points < 0 else "0"


def rows(report: Measures, width: int) -> Rows:
    """Return a line for each flow, with a quote, and what it comes to for our brands."""
    if not report.switching:
        return [Text("Nobody told of leaving one tracked brand for another in this period.")]
    names = words.names(report.brands)
    printed: list[RenderableType] = []
    for flow in report.switching[:8]:
        origin, target = (words.clean(names.get(brand, brand)) for brand in (flow.origin, flow.target))
        text = Text(f"{origin} → {target}: ")
        text.stylize("bold")
        text.append(flow_line(flow), style="not bold")
        if flow.reasons:
            why = ", ".join(f"{words.clean(reason.name)} {reason.count}" for reason in flow.reasons[:3])
            text.append(f"; why: {why}", style="not bold")
        printed += [text, *lines.quoted_below(flow.quotes, width)]
    own = {brand.id for brand in report.brands if brand.role == "own"}
    printed += [
        Text(f"{words.clean(names[flow.brand])}: {net_flow(flow)}") for flow in report.net_flows if flow.brand in own
    ]
    return printed


SECTION = Shown(title="Who leaves and why", anchor="leaving", rows=rows)
