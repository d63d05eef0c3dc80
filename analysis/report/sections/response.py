"""How fast we respond."""

from __future__ import annotations

from rich.text import Text

from analysis.report import words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.response import ResponseTime

STEP = {
    "collected": "until Candor had collected it",
    "acknowledged": "until we first acknowledged it",
    "fixed": "until a fix was shipped",
}


def duration(seconds: float) -> str:
    """Return "3 hours", "2.5 days": two digits at most."""
    for unit, length in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0)):
        count = seconds / length
        if count >= 1.0:
            text = f"{count:.1f}".removesuffix(".0") if count < 9.95 else f"{count:,.0f}"
            return f"{text} {unit}{'' if text == '1' else 's'}"
    return "under a minute"


def response_line(row: ResponseTime) -> str:
    """Return how many got to a step and how long it took half, and nine of ten, of them; few are said to be few."""
    if not row.of:
        return (
            "not known: none was published while its source was watched" if row.step == "collected" else "no complaint"
        )
    text = f"{row.reached:,} of {words.plural(row.of, 'complaint')}" if row.reached else f"none of {row.of:,} yet"
    if row.median_s is not None:
        text += f"; half within {duration(row.median_s)}, "
        text += f"nine of ten within {duration(row.p90_s)}" if row.p90_s is not None else "nine of ten not yet"
    elif row.reached:
        text += "; fewer than half so far"
    return f"{text} (few data)" if row.few else text


def step(row: ResponseTime) -> str:
    """Return what was waited for, as the beginning of a line."""
    return words.sentence(STEP[row.step])


def sampled(report: Measures) -> str:
    """Return the sentence that says so where a random part of the complaints stands for all, else nothing."""
    return "A random part of the complaints stands for all." if any(row.sampled for row in report.response) else ""


def rows(report: Measures, _width: int) -> Rows:
    """Return a line for each step."""
    steps = [
        Text(f"{step(row)}: ", style="bold").append(response_line(row), style="not bold") for row in report.response
    ]
    note = sampled(report)
    return [*steps, Text(note, style="dim")] if note else steps


SECTION = Shown(title="How fast we respond", anchor="response", rows=rows)
