"""The charts of a brand: its net sentiment and its mentions over time."""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.report import words
from analysis.report.charts.drawing import BLUE, INK, SKY, VERMILLION, WIDTH, by_label, counted, data, labelled, svg
from analysis.track.results import Measures
from analysis.track.sections.reputation import Reputation


def mood(brand: Reputation, report: Measures, *, key: str) -> str:
    """Return a brand's net sentiment over time with its interval, a zero line, and gaps where sources were silent."""
    rows: list[dict[str, Any]] = [
        {
            "start": f"{point.start:%Y-%m-%dT00:00:00}",
            "net": None if point.gap or point.net is None else point.net.value * 100,
            "low": None if point.gap or point.net is None else point.net.low * 100,
            "high": None if point.gap or point.net is None else point.net.high * 100,
            "gap": "source silent" if point.gap else "",
        }
        for point in brand.series
    ]
    source = data(rows)
    x = _time_axis(brand)
    y = alt.Y(
        "net:Q",
        scale=alt.Scale(domain=[-100, 100]),
        axis=alt.Axis(title="net sentiment", values=[-100, -50, 0, 50, 100]),
    )
    colour = BLUE if brand.role == "own" else INK
    band = alt.Chart(source).mark_area(opacity=0.18, color=colour).encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
    line = (
        alt.Chart(source)
        .mark_line(color=colour, strokeWidth=1.8, strokeDash=[] if brand.role == "own" else [5, 3])
        .encode(x=x, y=y)
    )
    dots = (
        alt.Chart(source)
        .transform_filter("isValid(datum.net)")
        .mark_point(color=colour, fill=colour if brand.role == "own" else "white", size=28, opacity=1)
        .encode(x=x, y=y)
    )
    # A point between two gaps has no line and no band: its interval is drawn on its own.
    whiskers = (
        alt.Chart(source)
        .transform_filter("isValid(datum.net)")
        .mark_rule(color=colour, opacity=0.5)
        .encode(x=x, y="low:Q", y2="high:Q")
    )
    zero = alt.Chart().mark_rule(color="#555555", strokeWidth=1).encode(y=alt.datum(0))
    missing = (
        alt.Chart(source)
        .transform_filter("datum.gap != ''")
        .mark_text(angle=270, fontSize=10, color=INK)
        .encode(x=x, y=alt.datum(0), text="gap:N")
    )
    chart = alt.layer(band, zero, *_period_start(brand, report), whiskers, line, dots, missing)
    said = ", ".join(
        f"{point.start.day} {point.start:%b} {'a source was silent' if point.gap else words.net(point.net)}"
        for point in brand.series
    )
    return svg(
        chart.properties(width=WIDTH - 50, height=120), f"{brand.name}, net sentiment over time: {said}", key=key
    )


def _time_axis(brand: Reputation) -> Any:
    first = brand.series[0].start if brand.series else None
    day = "%b" if first and brand.series[-1].days > 7 else "%-d %b"
    both = f"[utcFormat(datum.value, '{day}'), utcFormat(datum.value, '%Y')]"
    return alt.X(
        "start:T",
        scale=alt.Scale(type="utc", padding=10),
        axis=alt.Axis(title=None, labelExpr=both, labelOverlap="greedy", tickCount=5, grid=False, labelSeparation=6),
    )


def _period_start(brand: Reputation, report: Measures) -> list[Any]:
    """A dashed line where this period begins, if the chart reaches back before it."""
    begin = report.period.since
    if not brand.series or brand.series[0].start >= begin.date():
        return []
    source = data([{"start": f"{begin:%Y-%m-%dT00:00:00}"}])
    return [alt.Chart(source).mark_rule(color="#777777", strokeDash=[2, 3]).encode(x="start:T")]


def volume(brand: Reputation, *, key: str) -> str:
    """Return a brand's mentions over time by sentiment, criticism at the foot."""
    labels = ("negative", "neutral", "positive", "unsure")
    rows: list[dict[str, Any]] = [
        {
            "label": labelled(point.start),
            "sentiment": label,
            "count": 0 if point.gap else getattr(point, label),
            "place": place,
            "gap": "source silent" if point.gap and place == 0 else "",
        }
        for point in brand.series
        for place, label in enumerate(labels)
    ]
    source = data(rows)
    x = by_label(rows)
    most = max((point.mentions for point in brand.series if not point.gap), default=0)
    y = counted(most, brand.series)
    colour = alt.Color(
        "sentiment:N",
        scale=alt.Scale(domain=list(labels), range=[VERMILLION, "#E2E2E2", SKY, "#FFFFFF"]),
        legend=None,
    )
    bars = (
        alt.Chart(source)
        .mark_bar(stroke="#444444", strokeWidth=0.6)
        .encode(x=x, y=y, color=colour, order=alt.Order("place:Q", sort="ascending"))
    )
    missing = (
        alt.Chart(source)
        .transform_filter("datum.gap != ''")
        .mark_text(angle=270, align="left", dx=4, fontSize=10, color=INK)
        .encode(x=x, y=alt.datum(0), text="gap:N")
    )
    said = ", ".join(
        f"{point.start.day} {point.start:%b} "
        + ("a source was silent" if point.gap else f"{point.mentions}, {point.negative} negative")
        for point in brand.series
    )
    return svg(
        alt.layer(bars, missing).properties(width=WIDTH - 50, height=96),
        f"{brand.name}, mentions over time: {said}",
        key=key,
    )
