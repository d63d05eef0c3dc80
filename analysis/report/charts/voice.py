"""The chart of the share of voice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from analysis.report import words
from analysis.report.charts.drawing import VERMILLION, by_name, data, dots, svg
from analysis.track.sections.voice import Voice


def voices(shares: Sequence[Voice], own: Sequence[str], *, title: str, key: str) -> str:
    """Return each brand's share of voice: raw with its interval, and normalised by source as an open square."""
    rows: list[dict[str, Any]] = [
        {
            "name": words.clean(share.name),
            "value": share.raw.value,
            "low": share.raw.low,
            "high": share.raw.high,
            "level": share.normalised,
            "whose": "ours" if share.brand in own else "theirs",
        }
        for share in shares
    ]
    highest = max(max(float(row["high"]), float(row["level"])) for row in rows)
    x = alt.X(
        "value:Q",
        scale=alt.Scale(domain=[0, min(1.0, highest)], nice=True),
        axis=alt.Axis(format="%", title="share of voice", tickCount=4, labelFlush=False),
    )
    y = by_name(rows)
    level = (
        alt.Chart(data(rows))
        .mark_point(shape="square", size=60, color=VERMILLION, filled=False, opacity=1, strokeWidth=1.6, yOffset=8)
        .encode(x="level:Q", y=y)
    )
    chart = alt.layer(dots(rows, x, y, height=34 * len(rows)), level)
    said = ", ".join(
        f"{share.name} {words.percent(share.raw.value)} raw, {words.percent(share.normalised)} normalised"
        for share in shares
    )
    return svg(chart, f"{title}: {said}", key=key)
