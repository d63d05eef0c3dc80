"""The report as one self-contained page: no script, no request, charts as inline SVG. Posts are hostile input.

Every string goes through Jinja's escaping; only charts (drawn from escaped data) and our own style sheet are markup.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.report import handwork as hand
from analysis.report import words as say
from analysis.report.data import refuse_if_empty
from analysis.report.method import method
from analysis.track.results import Evidence, Measures

_HERE = Path(__file__).parent
MOST_SERIES = 100  # rows of the table of tested series; the JSON and CSV hold all


def render(report: Measures, *, board: Callable[[Evidence], str] | None = None) -> str:
    """Return the page. ``board`` gives the address of a board that shows the mentions behind a number: the page links
    to it unless filters are in force, which an address would not say. Raises ``EmptyStoreError`` where there is nothing
    to report on.
    """
    refuse_if_empty(report)
    page = _environment().get_template("page.html.j2")
    css = Markup((_HERE / "page.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    names = say.names(report)
    return page.render(
        method=method(report),
        report=report,
        say=say,
        hand=hand,
        posts={post.mention_id: post for post in report.posts},
        names=names,
        css=css,
        charts=_charts(report, names),
        most_series=MOST_SERIES,
        board=None if say.filters(report) else board,
        sections=SECTIONS,
    )


SECTIONS = (
    ("fixes", "Did our fixes work"),
    ("response", "How fast we respond"),
    ("moves", "What competitors did"),
    ("leaving", "Who leaves and why"),
    ("reputation", "Sentiment and volume"),
    ("voice", "Share of voice"),
    ("wishes", "What people wish for"),
    ("praise", "What people praise"),
    ("sources", "Sources"),
    ("limits", "What the data cannot say"),
    ("method", "Method and limits"),
)


def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["clean"] = say.clean
    return found


def _charts(report: Measures, names: dict[str, str]) -> dict[str, Any]:
    """Draw every chart of the page. Altair is imported here: it takes a second, and only the page needs it."""
    from analysis.report import charts as draw

    own = [brand.id for brand in report.brands if brand.role == "own"]
    drawn: dict[str, Any] = {}
    for place, theme in enumerate(report.themes, 1):
        drawn[f"trend{place}"] = partial(draw.theme_trend, theme, report)
        drawn[f"rates{place}"] = partial(draw.theme_rates, theme, names[theme.brand])
    for place, brand in enumerate(report.reputation, 1):
        if brand.mentions + brand.mentions_before:
            drawn[f"mood{place}"] = partial(draw.mood, brand, report)
            drawn[f"volume{place}"] = partial(draw.volume, brand)
    drawn["voice"] = partial(draw.voices, report.voice, own)
    with draw.quickly():
        return {key: Markup(make(key=key)) for key, make in drawn.items()}  # noqa: S704 - vl-convert escapes its text
