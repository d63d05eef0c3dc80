"""A report as a mail: plain words, the same with pictures for mail programs, and the PDF.

Mail programs show no script, no style sheet and no SVG, and many ask before they fetch anything: so styles stand at
each element, charts are PNG that travel along, and nothing is fetched. Posts are hostile here too: all is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path

import vl_convert
from jinja2 import Environment
from rich.text import Text

from analysis.report import words
from analysis.report.contents import modules
from analysis.report.headline import headline
from analysis.report.html import drawn, environment
from analysis.report.zone import zone_name
from analysis.track.parts import Quote
from analysis.track.results import Measures
from analysis.track.sections.themes import Theme

QUOTES = 2
LISTED = ("emerging", "fixes", "moves", "caveats")
MOST_LINES = 6
_SCALE = 2.0
"""Pixels of a picture to each of a screen's, so that letters are sharp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Whom a mail goes to, from whom, and the id under which it is the same mail however often it is sent."""

    sender: str
    to: Sequence[str]
    id: str
    at: datetime


def subject_of(report: Measures) -> str:
    """Return the subject: whose report, of which days."""
    text = f"{words.our_names(report)}: what to improve, {words.period_line(report).partition(',')[0]}"
    return " ".join(text.split())[:150]


def letter(report: Measures, envelope: Envelope, *, rich: bool, pdf: bytes | None, note: str = "") -> EmailMessage:
    """Return the mail. ``rich`` adds the form with pictures; ``note`` says what is missing and why."""
    made = EmailMessage(policy=SMTP)
    made["Subject"] = subject_of(report)
    made["From"] = Address(display_name="Candor", addr_spec=envelope.sender)
    made["To"] = ", ".join(envelope.to)
    made["Date"] = format_datetime(envelope.at)
    made["Message-ID"] = f"<{envelope.id}@{envelope.sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made.set_content(plain_text(report, note=note, attached=pdf is not None))
    if rich:
        pictures = _pictures(report)
        made.add_alternative(rich_text(report, pictures, note=note, attached=pdf is not None), subtype="html")
        body = made.get_body(("html",))
        assert isinstance(body, EmailMessage)
        for name, png in pictures.items():
            body.add_related(png, maintype="image", subtype="png", cid=f"<{name}>", filename=f"{name}.png")
    if pdf is not None:
        made.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"report-{envelope.at:%Y-%m-%d}.pdf")
    return made


def plain_text(report: Measures, *, note: str = "", attached: bool = False) -> str:
    """Return the report's first page in plain words."""
    lines = [words.period_line(report), *words.moved(report), *headline(report)]
    lines += [f"Note: {words.clean(note)}"] if note else []
    lines += ["", "WHAT TO IMPROVE"]
    lines += [] if report.themes else [words.no_theme(report)]
    for place, theme in enumerate(report.themes, start=1):
        lines += ["", f"{place}. {words.clean(theme.name)}: {_short(report, theme)}"]
        lines += [
            line for quote in theme.quotes[:QUOTES] for line in (f"   “{words.clean(quote.text)}”", _where(quote))
        ]
    lines += ["", *(words.complained(report, one) for one in report.topicless_complaints)] if report.themes else []
    for title, rows in _lists(report).items():
        lines += ["", title.upper(), *(f"- {row}" for row in rows)]
    end = "The PDF holds the whole report." if attached else "The whole report: candor report."
    return "\n".join([*lines, "", f"{end} Quotes are words of strangers.", ""])


def rich_text(report: Measures, pictures: Mapping[str, bytes], *, note: str = "", attached: bool = False) -> str:
    """Return the same as HTML for mail programs."""
    return (
        _templates()
        .get_template("letter.html.j2")
        .render(
            report=report,
            words=words,
            lines=headline(report),
            zone=zone_name(report),
            themes=[(theme, _short(report, theme)) for theme in report.themes],
            lists=_lists(report),
            pictures=pictures,
            note=note,
            attached=attached,
            quotes=QUOTES,
        )
    )


@cache
def _templates() -> Environment:
    return environment(Path(__file__).parent / "templates")


def _short(report: Measures, theme: Theme) -> str:
    told: str = modules()["themes"].theme_short(theme, compared=report.compared is not None)
    return told


def _where(quote: Quote) -> str:
    place = words.web_link(quote.url) or words.clean(quote.domain or quote.source)
    return f"   {place}, {words.day(quote.published_at)}"


def _lists(report: Measures) -> dict[str, list[str]]:
    """Return the other parts of the summary, each as the lines that a terminal shows; without those that are empty."""
    found = {}
    for name in LISTED:
        section = modules()[name]
        if section.SECTION.there(report):
            lines = (row.plain.strip().removeprefix("- ") for row in section.rows(report, 100) if isinstance(row, Text))
            found[section.SECTION.title] = [words.clean(line) for line in lines][:MOST_LINES]
    return {title: lines for title, lines in found.items() if lines}


def _pictures(report: Measures) -> dict[str, bytes]:
    """Return how each theme of page one moved, as PNG."""
    charts = drawn(report, only={"themes"}) if report.themes else {}
    return {
        name: vl_convert.svg_to_png(str(svg), scale=_SCALE) for name, svg in charts.items() if name.startswith("trend")
    }
