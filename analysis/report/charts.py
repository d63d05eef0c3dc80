"""Charts as SVG text, drawn by Altair and vl-convert without a browser; this module is imported only for the page.

Colours are Okabe and Ito's, told apart by the colour-blind; shape, filling and dash tell the same in grey print.
Each chart is narrow enough for a phone, so that its letters keep their size everywhere.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from analysis.report import words as say
from analysis.track.results import BrandRate, Measures, Reputation, Theme, TrendPoint, Voice

BLUE, SKY, VERMILLION, INK = "#0072B2", "#56B4E9", "#D55E00", "#222222"
PALE = "#B9D6E8"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
WIDTH = 300


@contextmanager
def quickly() -> Iterator[None]:
    """Build charts without checking each part against Vega-Lite's schema, which takes twice as long as drawing."""
    with debug_mode(False):
        yield


def svg(chart: Any, alt_text: str, *, key: str) -> str:
    """Return ``chart`` as an SVG element with an alternative text. ``key`` keeps ids apart in one page."""
    themed = chart.configure(
        aria=False,
        background="white",
        font=FONT,
        axis=alt.AxisConfig(
            labelColor=INK,
            titleColor=INK,
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
            gridColor="#E6E6E6",
            domainColor="#888888",
            tickColor="#888888",
        ),
        legend=alt.LegendConfig(labelColor=INK, labelFontSize=11, title=None, orient="bottom", symbolSize=70),
        view=alt.ViewConfig(stroke=None),
        padding=4,
    )
    text = str(vl_convert.vegalite_to_svg(themed.to_dict(validate=False), vl_version=_vega_lite()))
    text = re.sub(r'\bid="([^"]+)"', rf'id="{key}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{key}-\1)", text)
    text = re.sub(r'(?<=href=")#', f"#{key}-", text)
    label = html.escape(say.clean(alt_text), quote=True)
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def _vega_lite() -> str:
    return ".".join(str(alt.SCHEMA_VERSION).lstrip("v").split(".")[:2])


def _data(rows: Sequence[dict[str, Any]]) -> Any:
    return alt.InlineData(values=list(rows))


def _rows(points: Sequence[TrendPoint], report: Measures) -> list[dict[str, Any]]:
    return [
        {
            "start": f"{point.start:%Y-%m-%d}",
            "label": f"{point.start.day} {point.start:%b}",
            "count": None if point.gap else point.count,
            "part": "this period" if point.start >= report.period.since.date() else "before",
            "gap": "source silent" if point.gap else "",
        }
        for point in points
    ]


def theme_trend(theme: Theme, report: Measures, *, key: str) -> str:
    """Return how many mentions a theme had in each stretch: filled in this period, pale before, gaps written."""
    rows = _rows(theme.trend, report)
    order = [str(row["label"]) for row in rows]
    data = _data(rows)
    x = alt.X(
        "label:O",
        sort=order,
        axis=alt.Axis(title=None, labelAngle=0, labelOverlap="parity", labelSeparation=8, ticks=False, labelPadding=4),
    )
    most = max((row["count"] or 0 for row in rows), default=0)
    y = alt.Y(
        "count:Q",
        scale=alt.Scale(domain=[0, max(most, 4)], nice=True),
        axis=alt.Axis(title=_every(theme.trend), tickCount=4, format="d", tickMinStep=1),
    )
    colour = alt.Color("part:N", scale=alt.Scale(domain=["before", "this period"], range=[PALE, BLUE]), legend=None)
    bars = alt.Chart(data).mark_bar(stroke=BLUE, strokeWidth=1).encode(x=x, y=y, color=colour)
    missing = (
        alt.Chart(data)
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


def _every(points: Sequence[Any]) -> str:
    length = points[0].days if points else 1
    return {1: "mentions a day", 7: "mentions a week"}.get(length, f"mentions in {length} days")


def theme_rates(theme: Theme, our_name: str, *, key: str) -> str:
    """Return the theme's rate at us and at each competitor, with intervals; ours is filled."""
    ours = BrandRate(brand=theme.brand, name=our_name, count=theme.count, mentions=theme.mentions, rate=theme.share)
    rows: list[dict[str, Any]] = [
        {
            "name": say.clean(one.name),
            "value": one.rate.value if one.mentions else None,
            "low": one.rate.low,
            "high": one.rate.high,
            "whose": "ours" if one is ours else "theirs",
        }
        for one in (ours, *theme.competitors)
    ]
    order = [str(row["name"]) for row in rows]
    highest = min(1.0, max((float(row["high"]) for row in rows if row["value"] is not None), default=1.0))
    x = alt.X(
        "value:Q",
        scale=alt.Scale(domain=[0, highest], nice=True),
        axis=alt.Axis(format="%", title="of the brand's mentions", tickCount=4, labelFlush=False),
    )
    y = alt.Y(
        "name:N", sort=order, axis=alt.Axis(title=None, ticks=False, domain=False, labelLimit=105, labelPadding=8)
    )
    return svg(
        _dots(rows, x, y, height=22 * len(rows)),
        f"{theme.name}, share of each brand's mentions: "
        + ", ".join(f"{one.name} {say.of(one.count, one.mentions)}" for one in (ours, *theme.competitors)),
        key=key,
    )


def _dots(rows: Sequence[dict[str, Any]], x: Any, y: Any, *, height: int) -> Any:
    data = _data(rows)
    seen = alt.Chart(data).transform_filter("isValid(datum.value)")
    colour = alt.Color("whose:N", scale=alt.Scale(domain=["ours", "theirs"], range=[BLUE, INK]), legend=None)
    fill = alt.Fill("whose:N", scale=alt.Scale(domain=["ours", "theirs"], range=[BLUE, "white"]), legend=None)
    shape = alt.Shape("whose:N", scale=alt.Scale(domain=["ours", "theirs"], range=["circle", "diamond"]), legend=None)
    lines = seen.mark_rule(strokeWidth=1.6).encode(x=alt.X("low:Q"), x2="high:Q", y=y, color=colour)
    points = seen.mark_point(size=70, opacity=1, strokeWidth=1.6).encode(x=x, y=y, color=colour, fill=fill, shape=shape)
    return alt.layer(lines, points).properties(width=WIDTH - 118, height=height)


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
    data = _data(rows)
    x = _time_axis(brand)
    y = alt.Y(
        "net:Q",
        scale=alt.Scale(domain=[-100, 100]),
        axis=alt.Axis(title="net sentiment", values=[-100, -50, 0, 50, 100]),
    )
    colour = BLUE if brand.role == "own" else INK
    band = alt.Chart(data).mark_area(opacity=0.18, color=colour).encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
    line = (
        alt.Chart(data)
        .mark_line(color=colour, strokeWidth=1.8, strokeDash=[] if brand.role == "own" else [5, 3])
        .encode(x=x, y=y)
    )
    dots = (
        alt.Chart(data)
        .transform_filter("isValid(datum.net)")
        .mark_point(color=colour, fill=colour if brand.role == "own" else "white", size=28, opacity=1)
        .encode(x=x, y=y)
    )
    # A point between two gaps has no line and no band: its interval is drawn on its own.
    whiskers = (
        alt.Chart(data)
        .transform_filter("isValid(datum.net)")
        .mark_rule(color=colour, opacity=0.5)
        .encode(x=x, y="low:Q", y2="high:Q")
    )
    zero = alt.Chart().mark_rule(color="#555555", strokeWidth=1).encode(y=alt.datum(0))
    missing = (
        alt.Chart(data)
        .transform_filter("datum.gap != ''")
        .mark_text(angle=270, fontSize=10, color=INK)
        .encode(x=x, y=alt.datum(0), text="gap:N")
    )
    chart = alt.layer(band, zero, *_period_start(brand, report), whiskers, line, dots, missing)
    said = ", ".join(
        f"{point.start.day} {point.start:%b} {'a source was silent' if point.gap else say.net(point.net)}"
        for point in brand.series
    )
    return svg(
        chart.properties(width=WIDTH - 50, height=120), f"{brand.name}, net sentiment over time: {said}", key=key
    )


def _time_axis(brand: Reputation) -> Any:
    first = brand.series[0].start if brand.series else None
    year = "%b %Y" if first and brand.series[-1].days > 7 else "%-d %b"
    return alt.X(
        "start:T",
        scale=alt.Scale(type="utc", padding=10),
        axis=alt.Axis(title=None, format=year, labelOverlap="greedy", tickCount=5, grid=False, labelSeparation=6),
    )


def _period_start(brand: Reputation, report: Measures) -> list[Any]:
    """A dashed line where this period begins, if the chart reaches back before it."""
    begin = report.period.since
    if not brand.series or brand.series[0].start >= begin.date():
        return []
    data = _data([{"start": f"{begin:%Y-%m-%dT00:00:00}"}])
    return [alt.Chart(data).mark_rule(color="#777777", strokeDash=[2, 3]).encode(x="start:T")]


def volume(brand: Reputation, *, key: str) -> str:
    """Return a brand's mentions over time by sentiment, criticism at the foot."""
    labels = ("negative", "neutral", "positive", "unsure")
    rows: list[dict[str, Any]] = [
        {
            "label": f"{point.start.day} {point.start:%b}",
            "sentiment": label,
            "count": 0 if point.gap else getattr(point, label),
            "place": place,
            "gap": "source silent" if point.gap and place == 0 else "",
        }
        for point in brand.series
        for place, label in enumerate(labels)
    ]
    order = list(dict.fromkeys(str(row["label"]) for row in rows))
    data = _data(rows)
    x = alt.X(
        "label:O",
        sort=order,
        axis=alt.Axis(title=None, labelAngle=0, labelOverlap="parity", labelSeparation=8, ticks=False, labelPadding=4),
    )
    most = max((point.mentions for point in brand.series if not point.gap), default=0)
    y = alt.Y(
        "count:Q",
        scale=alt.Scale(domain=[0, max(most, 4)], nice=True),
        axis=alt.Axis(title=_every(brand.series), tickCount=4, format="d", tickMinStep=1),
    )
    colour = alt.Color(
        "sentiment:N",
        scale=alt.Scale(domain=list(labels), range=[VERMILLION, "#E2E2E2", SKY, "#FFFFFF"]),
        legend=None,
    )
    bars = (
        alt.Chart(data)
        .mark_bar(stroke="#444444", strokeWidth=0.6)
        .encode(x=x, y=y, color=colour, order=alt.Order("place:Q", sort="ascending"))
    )
    missing = (
        alt.Chart(data)
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


def voices(found: Sequence[Voice], own: Sequence[str], *, key: str) -> str:
    """Return each brand's share of voice: raw with its interval, and normalised by source as an open square."""
    rows: list[dict[str, Any]] = [
        {
            "name": say.clean(one.name),
            "value": one.raw.value,
            "low": one.raw.low,
            "high": one.raw.high,
            "level": one.normalised,
            "whose": "ours" if one.brand in own else "theirs",
        }
        for one in found
    ]
    highest = max(max(float(row["high"]), float(row["level"])) for row in rows)
    x = alt.X(
        "value:Q",
        scale=alt.Scale(domain=[0, min(1.0, highest)], nice=True),
        axis=alt.Axis(format="%", title="share of voice", tickCount=4, labelFlush=False),
    )
    y = alt.Y(
        "name:N",
        sort=[str(row["name"]) for row in rows],
        axis=alt.Axis(title=None, ticks=False, domain=False, labelLimit=105, labelPadding=8),
    )
    level = (
        alt.Chart(_data(rows))
        .mark_point(shape="square", size=60, color=VERMILLION, filled=False, opacity=1, strokeWidth=1.6, yOffset=8)
        .encode(x="level:Q", y=y)
    )
    chart = alt.layer(_dots(rows, x, y, height=34 * len(rows)), level)
    said = ", ".join(
        f"{one.name} {say.percent(one.raw.value)} raw, {say.percent(one.normalised)} normalised" for one in found
    )
    return svg(chart, f"Share of voice: {said}", key=key)
