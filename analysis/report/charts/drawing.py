"""Charts as SVG text, drawn by Altair and vl-convert without a browser; imported only for the page.

Colours are Okabe and Ito's, told apart by the colour-blind; shape, filling and dash tell the same in grey print.
Each chart is narrow enough for a phone, so that its letters keep their size everywhere.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from analysis.report import words
from analysis.track.statistics.bins import Bin, TrendPoint

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
    text = re.sub(r"url\(#([^()]++)\)", rf"url(#{key}-\1)", text)
    text = re.sub(r'(?<=href=")#', f"#{key}-", text)
    # The whole is one picture with one text: its parts are none for whoever has it read out.
    text = re.sub(r' (?:role="graphics-[a-z]++"|aria-roledescription="[^"]*+")', "", text)
    label = html.escape(words.clean(alt_text), quote=True)
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def _vega_lite() -> str:
    return ".".join(str(alt.SCHEMA_VERSION).lstrip("v").split(".")[:2])


def data(rows: Sequence[dict[str, Any]]) -> Any:
    """Return rows as a chart holds them."""
    return alt.InlineData(values=list(rows))


def labelled(start: date) -> str:
    """Return the label of a stretch that begins on a day: stretches of two years must not share one."""
    return f"{start.day} {start:%b}|{start.year}"


def by_label(rows: Sequence[dict[str, Any]]) -> Any:
    """Return the axis of time whose stretches are the rows' ``label``, in their order."""
    return alt.X(
        "label:O",
        sort=list(dict.fromkeys(str(row["label"]) for row in rows)),
        axis=alt.Axis(
            title=None,
            labelAngle=0,
            labelOverlap="parity",
            labelSeparation=8,
            ticks=False,
            labelPadding=4,
            labelExpr="split(datum.label, '|')",  # the day, and the year below it
        ),
    )


def by_name(rows: Sequence[dict[str, Any]]) -> Any:
    """Return the axis on which each row has its ``name``, in their order."""
    return alt.Y(
        "name:N",
        sort=[str(row["name"]) for row in rows],
        axis=alt.Axis(title=None, ticks=False, domain=False, labelLimit=105, labelPadding=8),
    )


def counted(most: int, points: Sequence[Bin | TrendPoint]) -> Any:
    """Return the axis of ``count``, up to ``most``, named after what one bar of ``points`` counts."""
    length = points[0].days if points else 1
    return alt.Y(
        "count:Q",
        scale=alt.Scale(domain=[0, max(most, 4)], nice=True),
        axis=alt.Axis(
            title={1: "mentions a day", 7: "mentions a week"}.get(length, f"mentions in {length} days"),
            tickCount=4,
            format="d",
            tickMinStep=1,
        ),
    )


def dots(rows: Sequence[dict[str, Any]], x: Any, y: Any, *, height: int) -> Any:
    """Return a point with its interval for each row; ours is filled."""
    source = data(rows)
    seen = alt.Chart(source).transform_filter("isValid(datum.value)")
    colour = alt.Color("whose:N", scale=alt.Scale(domain=["ours", "theirs"], range=[BLUE, INK]), legend=None)
    fill = alt.Fill("whose:N", scale=alt.Scale(domain=["ours", "theirs"], range=[BLUE, "white"]), legend=None)
    shape = alt.Shape("whose:N", scale=alt.Scale(domain=["ours", "theirs"], range=["circle", "diamond"]), legend=None)
    lines = seen.mark_rule(strokeWidth=1.6).encode(x=alt.X("low:Q"), x2="high:Q", y=y, color=colour)
    points = seen.mark_point(size=70, opacity=1, strokeWidth=1.6).encode(x=x, y=y, color=colour, fill=fill, shape=shape)
    return alt.layer(lines, points).properties(width=WIDTH - 118, height=height)
