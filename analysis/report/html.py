"""The report as one self-contained page: no script, no request, charts as inline SVG. Posts are hostile input.

Every string goes through Jinja's escaping; only charts (drawn from escaped data) and our own style sheet are markup.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.report import method, words
from analysis.report.commands import opening
from analysis.report.contents import modules, shown
from analysis.report.headline import headline
from analysis.report.refusal import refuse_if_empty
from analysis.report.zone import zone_name
from analysis.track.parts import Evidence
from analysis.track.results import Measures

_HERE = Path(__file__).parent


def render(report: Measures, *, board: Callable[[Evidence], str] | None = None) -> str:
    """Return the page. ``board`` gives the address of a board that shows the mentions behind a number: the page links
    to it unless filters are in force, which an address would not say. Raises ``EmptyStoreError`` where there is nothing
    to report on.
    """
    css = Markup((_HERE / "page" / "page.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    values = page_values(report, charts=drawn(report))
    page = environment().get_template("page/page.html.j2")
    return page.render(**values, css=css, board=None if words.filters(report) else board)


def page_values(report: Measures, *, charts: Mapping[str, Markup]) -> dict[str, Any]:
    """Return what every part of the page is made of. Raises ``EmptyStoreError`` where there is nothing to report on."""
    refuse_if_empty(report)
    sections = shown()
    return {
        "report": report,
        "sections": sections,
        "titled": [section for section in (*sections.values(), method.SECTION) if section.anchor],
        "words": words,
        "of": modules(),
        "method": method,
        "headline": headline(report),
        "zone": zone_name(report),
        "command": partial(opening, report),
        "posts": {post.mention_id: post for post in report.posts},
        "names": words.names(report.brands),
        "charts": charts,
    }


def environment(*first: Path) -> Environment:
    """Return the environment of the report's templates; those in the folders ``first`` come before them."""
    made = Environment(
        loader=FileSystemLoader([*first, _HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["clean"] = words.clean
    return made


def drawn(report: Measures, *, only: Collection[str] = ()) -> dict[str, Markup]:
    """Draw every chart of the page, or of the sections ``only``. Altair is imported here: it takes a second."""
    from analysis.report.charts.drawing import quickly

    sections = [section for name, section in shown().items() if not only or name in only]
    makers = {key: make for section in sections for key, make in section.charts(report).items()}
    with quickly():
        return {key: Markup(make(key=key)) for key, make in makers.items()}  # noqa: S704 - vl-convert escapes its text
