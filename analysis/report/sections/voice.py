"""Share of voice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from rich.text import Text

from analysis.report import lines, words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures

COLUMNS = ("brand", "mentions", "raw (95%)", "before", "normalised", "by attention")


def rows(report: Measures, width: int) -> Rows:
    """Return a table of the brands."""
    brands: list[list[str | Text]] = []
    for voice in report.voice:
        raw = f"{words.percent(voice.raw.value)} ({words.percent(voice.raw.low)} to {words.percent(voice.raw.high)})"
        before = words.percent(voice.raw_before) if voice.raw_before is not None else "-"
        level, heard = words.percent(voice.normalised), words.percent(voice.attention)
        brands.append([words.clean(voice.name), f"{voice.mentions:,}", raw, before, level, heard])
    return [lines.table(COLUMNS, brands, width)]


def charts(report: Measures) -> Mapping[str, Callable[..., str]]:
    """Return how the shares are drawn."""
    # Imported here: Altair takes a second, and only the page needs it.
    from analysis.report.charts.voice import voices

    own = [brand.id for brand in report.brands if brand.role == "own"]
    return {"voice": partial(voices, report.voice, own, title=SECTION.title)}


SECTION = Shown(title="Share of voice", anchor="voice", rows=rows, charts=charts)
