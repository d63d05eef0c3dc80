"""The commands that the report shows to people. Only here, and in the front end, are commands put into words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime

from analysis.measure.scope import BESIDE, narrowed
from analysis.model.times import written
from analysis.track.parts import Condition, Evidence
from analysis.track.results import Measures

SHOW_AUDIT = "candor audit show"
AS_JSON = "candor report --json"


def opening(report: Measures, evidence: Evidence) -> str:
    """Return the command that writes every mention under a number of the report, the filters in force included."""
    return export(
        evidence,
        [brand.id for brand in report.brands],
        only=report.filters,
        without=(*report.left_out, *_beside(report)),
        query=report.words,
        call=report.call,
    )


def _beside(report: Measures) -> tuple[Condition, ...]:
    asked = {condition.field for condition in (*report.filters, *report.left_out)}
    return tuple(
        Condition(field=field, values=tuple(values))
        for field, values in BESIDE.items()
        if report.beside and field not in asked
    )


def register_fix(report: Measures) -> str:
    """Return the command that enters a fix of the worst theme."""
    theme = report.themes[0].id if report.themes else "battery"
    return full(report, f"candor fix add --theme {theme} --shipped {report.made_at:%Y-%m-%d}")


def full(report: Measures, command: str) -> str:
    """Return a command with the words that say which configuration and store the report is of."""
    return shlex.join([*shlex.split(command), *report.call]) if report.call else command


def export(
    evidence: Evidence,
    brands: Sequence[str],
    *,
    only: Sequence[Condition] = (),
    without: Sequence[Condition] = (),
    query: str = "",
    call: Sequence[str] = (),
) -> str:
    """Return the command that writes every mention of ``brands`` that the evidence selects."""
    given = {"brand.id": brands, **{condition.field: condition.values for condition in only}}
    terms = narrowed(given, {condition.field: condition.values for condition in evidence.where})
    exclude = {condition.field: condition.values for condition in without}
    line = ["candor", "export"]
    for flag, conditions in (("--where", terms), ("--without", exclude)):
        for path, values in sorted(conditions.items()):
            for value in values:
                line += [flag, f"{path}={value}"]
    line += ["--since", _time(evidence.since), "--until", _time(evidence.until)]
    line += ["--query", query] if query else []
    line += call
    return shlex.join(line)


def _time(moment: datetime) -> str:
    text = written(moment, to="auto")
    return text.removesuffix("T00:00:00Z")
