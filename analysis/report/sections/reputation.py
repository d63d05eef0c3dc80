"""Sentiment and volume of each brand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rich.text import Text

from analysis.report import lines, words
from analysis.report.shown import Json, Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.reputation import Reputation
from analysis.track.statistics.bins import Bin


def judged(brand: Reputation) -> int:
    """Return how many mentions were judged, unsure ones aside."""
    return brand.negative + brand.neutral + brand.positive


def adjusted_mentions(brand: Reputation) -> str:
    """Return the number of mentions after people's corrections, where it differs."""
    if brand.mentions_adjusted in (None, brand.mentions):
        return ""
    return f" ({brand.mentions_adjusted:,} after people's corrections)"


COLUMNS = ("brand", "mentions", "before", "net (95%)", "before", "neg.", "unsure", "trend")


def rows(report: Measures, width: int) -> Rows:
    """Return a table of the brands."""
    table = lines.table(COLUMNS, [_row(report, brand) for brand in report.reputation], width, bars=True)
    if any(judged(brand) < words.FEW for brand in report.reputation):
        table.caption = "* few data: fewer than ten judged mentions"
        table.caption_justify = "left"
    return [table]


def _row(report: Measures, brand: Reputation) -> list[str | Text]:
    return [
        Text(words.clean(brand.name), style="bold" if brand.role == "own" else ""),
        f"{brand.mentions:,}",
        f"{brand.mentions_before:,}" if report.compared else "-",
        words.net(brand.net, judged(brand)).replace(", few data", "*"),
        words.signed(brand.net_before.value) if brand.net_before else "-",
        words.percent(brand.negative / brand.mentions) if not brand.few and brand.mentions else "few",
        words.percent(brand.unsure / brand.mentions) if not brand.few and brand.mentions else "few",
        Text(_mood(brand.series), style="cyan"),
    ]


def _mood(series: Sequence[Bin]) -> str:
    """Net sentiment as bars from −100 (lowest) to +100; a gap, or nothing judged, is a dot."""
    return "".join(
        "·" if point.gap or point.net is None else lines.BARS[round((point.net.value + 1) / 2 * (len(lines.BARS) - 1))]
        for point in series
    )


def charts(report: Measures) -> Mapping[str, Callable[..., str]]:
    """Return how each brand with mentions is drawn."""
    # Imported here: Altair takes a second, and only the page needs it.
    from analysis.report.charts.reputation import mood, volume

    drawn: dict[str, Callable[..., str]] = {}
    for place, brand in enumerate(report.reputation, 1):
        if brand.mentions + brand.mentions_before:
            drawn[f"mood{place}"] = partial(mood, brand, report)
            drawn[f"volume{place}"] = partial(volume, brand)
    return drawn


def tables(data: Json) -> Mapping[str, list[Json]]:
    """Return each brand's sentiment over time."""
    return {
        "sentiment_over_time": [
            {"brand": brand["brand"], **stretch} for brand in data["reputation"] for stretch in brand["series"]
        ]
    }


SECTION = Shown(title="Sentiment and volume", anchor="reputation", rows=rows, charts=charts, tables=tables)
