"""Templates: those of this page, and below them the report's own, so that a section is drawn once."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment

from analysis.report import words
from analysis.report.html import environment

FOLDER = Path(__file__).parent / "templates"


@cache
def templates() -> Environment:
    """Return the environment of all templates."""
    made = environment(FOLDER)
    made.globals.update(words=words, moment=moment, day=words.day, link=words.web_link)
    made.filters["number"] = number
    made.filters["clean_text"] = clean_text
    return made


def rendered(template: str, **values: Any) -> str:
    """Return a template filled with ``values``."""
    return templates().get_template(template).render(**values)


def number(value: float) -> str:
    """Return a whole number with its thousands set apart."""
    return f"{value:,.0f}"


def clean_text(text: str) -> str:
    """Return untrusted text safe to show with its lines kept: overrides of direction are made visible."""
    return "\n".join(words.clean(f"|{line}|")[1:-1] for line in text.split("\n"))


def moment(at: datetime | str, zone: ZoneInfo) -> str:
    """Return a time as "28 Nov 2026, 14:05"."""
    told = datetime.fromisoformat(at) if isinstance(at, str) else at
    local = told.astimezone(zone)
    return f"{words.day(date(local.year, local.month, local.day))}, {local:%H:%M}"
