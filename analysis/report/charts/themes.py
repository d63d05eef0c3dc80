"""The charts of a theme: how many over time, and how often at each brand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from analysis.report import words
from analysis.report.charts.drawing import BLUE, INK, PALE, WIDTH, by_label, by_name, counted, data, dots, labelled, svg
from analysis.track.results import Measures
from analysis.track.sections.themes import BrandRate, Theme
from analysis.track.statistics.bins import TrendPoint


def theme_trend(theme: Theme, report: Measures, *, key: str) -> str:
    """Return how many mentions a theme had in each stretch: filled in this period, pale before, gaps written."""
    rows = _rows(theme.trend, report)
    source = data(rows)
    x = by_label(rows)
    most = max((row["count"] or 0 for row in rows), default=0)
    y = counted(most, theme.trend)
    colour = alt.Color("part:N", scale=alt.Scale(domain=["before", "this period"], range=[PALE, BLUE]), legend=None)
    bars = alt.Chart(source).mark_bar(stroke=BLUE, strokeWidth=1).encode(x=x, y=y, color=colour)
    missing = (
        alt.Chart(source)
        .transform_filter("datum.gap != ''")
        .mark_text(angle=270, align="left", dx=4, fontSize=10, color=INK)
        .encode(x=x, y=alt.datum(0), text="gap:N")
    )
    said = ", ".join(
        f"{row['label']} {'a source was silent' if row['count'] is None else row['count']}" for row in rows
    )
    return svg(
        alt.layer(bars, missing).properties(width=WIDTH - 50, height=96),
        f"{theme.name}, mentions over time: {said}",
        key=key,
    )


def theme_rates(theme: Theme, our_name: str, *, key: str) -> str:
    """Return the theme's rate at us and at each competitor, with intervals; ours is filled."""
    ours = BrandRate(brand=theme.brand, name=our_name, count=theme.count, mentions=theme.mentions, rate=theme.share)
    rows: list[dict[str, Any]] = [
        {
            "name": words.clean(one.name),
            "value": one.rate.value if one.mentions else None,
            "low": one.rate.low,
            "high": one.rate.high,
            "whose": "ours" if one is ours else "theirs",
        }
        for one in (ours, *theme.competitors)
    ]
    highest = min(1.0, max((float(row["high"]) for row in rows if row["value"] is not None), default=1.0))
    x = alt.X(
        "value:Q",
        scale=alt.Scale(domain=[0, highest], nice=True),
        axis=alt.Axis(format="%", title="of the brand's mentions", tickCount=4, labelFlush=False),
    )
    return svg(
        dots(rows, x, by_name(rows), height=22 * len(rows)),
        f"{theme.name}, share of each brand's mentions: "
        + ", ".join(f"{one.name} {words.of(one.count, one.mentions)}" for one in (ours, *theme.competitors)),
        key=key,
    )


def _rows(points: Sequence[TrendPoint], report: Measures) -> list[dict[str, Any]]:
    return [
        {
            "start": f"{point.start:%Y-%m-%d}",
            "label": labelled(point.start),
            "count": None if point.gap else point.count,
            "part": "this period" if point.start >= report.period.since.date() else "before",
            "gap": "source silent" if point.gap else "",
        }
        for point in points
    ]
