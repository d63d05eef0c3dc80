"""From a number to the list of exactly the mentions that it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from analysis.alert.model import Alert
from analysis.measure.scope import BESIDE, narrowed
from analysis.model.times import written
from analysis.track.parts import Condition, Evidence, Period
from analysis.track.results import Measures
from candor.serve.look.asked import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberLink:
    """A number, and the address of the mentions behind it."""

    count: int
    address: str


def behind(report: Measures, proof: Evidence) -> str:
    """Return the address of the mentions under a number of the report, the filters in force included."""
    terms = {condition.field: condition.values for condition in proof.where}
    return _asked(report, terms, proof.since, proof.until).address()


def counted(report: Measures, proof: Evidence) -> NumberLink:
    """Return the number of an evidence with its address."""
    return NumberLink(count=proof.total, address=behind(report, proof))


def in_period(report: Measures, period: Period, terms: Mapping[str, Sequence[str]]) -> Asked:
    """Return the mentions of a period that a figure of the report with these conditions counts."""
    return _asked(report, terms, period.since, period.until)


def of_alert(alert: Alert) -> Asked:
    """Return the mentions that an alert rests on."""
    if not alert.where:
        return Asked(terms={"id": tuple(alert.evidence)})
    return Asked(
        terms={one["field"]: tuple(one["values"]) for one in alert.where["terms"]},
        since=alert.where["since"],
        until=alert.where["until"],
        words=alert.where.get("query", ""),
    )


def _asked(report: Measures, terms: Mapping[str, Sequence[str]], since: datetime, until: datetime) -> Asked:
    given = {"brand.id": [brand.id for brand in report.brands], **_conditions(report.filters)}
    exclude = _conditions(report.left_out)
    if not {*given, *exclude} & BESIDE.keys():
        exclude |= {field: tuple(values) for field, values in BESIDE.items()}
    return Asked(
        terms={field: tuple(values) for field, values in narrowed(given, terms).items()},
        exclude=exclude,
        since=_time(since),
        until=_time(until),
        words=report.words,
    )


def _conditions(conditions: Sequence[Condition]) -> dict[str, tuple[str, ...]]:
    return {condition.field: condition.values for condition in conditions}


def _time(moment: datetime) -> str:
    return written(moment, to="auto").removesuffix("T00:00:00Z")
