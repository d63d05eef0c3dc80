"""The first page of a morning: how much was said, what to improve, what is new, what fires, what others did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from analysis.alert.message import public
from analysis.report.sections.moves import move_name
from analysis.track.parts import Period
from analysis.track.results import Measures
from analysis.track.sections.reputation import Reputation
from candor.serve.desk import PERIODS
from candor.serve.look.behind import NumberLink, behind, in_period
from candor.serve.look.facets import Histogram, histogram
from candor.serve.pages.alerts import evidence_of, is_open, known_alerts
from candor.serve.pages.team.news import news
from candor.serve.visit import PageVisit

MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of the period and the one of the period before; None where nothing is compared."""

    now: NumberLink
    before: NumberLink | None

    @property
    def change(self) -> float | None:
        """How much more than before, as a share; None where there was nothing before."""
        return self.now.count / self.before.count - 1 if self.before and self.before.count else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBrand:
    """One of our brands: what was said of it, how it leans, how much of it complains."""

    standing: Reputation
    mentions: Figure
    complaints: Figure
    voice: float
    voice_before: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    """An alert that fires, what is told of it in trusted words, and how many mentions it rests on now."""

    id: str
    told: Mapping[str, Any]
    evidence: NumberLink


def today(visit: PageVisit) -> Response:
    """Show the day."""
    span = visit.span()
    report = visit.desk.report(visit.visitor, span)
    return visit.show(
        "today.html.j2",
        here="today",
        report=report,
        news=news(visit),
        periods=PERIODS,
        chosen=span.days or round(report.period.days),
        brands=[_own(visit, report, brand) for brand in report.reputation if brand.role == "own"],
        arrived=report.newest,
        histogram=_histogram(visit, report),
        alerts=open_alerts(visit)[:MOST],
        most=MOST,
        own=[brand.id for brand in report.brands if brand.role == "own"],
        behind=behind,
        move_name=move_name,
    )


def _histogram(visit: PageVisit, report: Measures) -> Histogram | None:
    """Return how what was said of our brands lies in the period."""
    own = [brand.id for brand in report.brands if brand.role == "own"]
    wanted = in_period(report, report.period, {"brand.id": own})
    where = visit.desk.where(visit.visitor, wanted)
    return histogram(visit.desk.store, where, wanted, now=visit.desk.now())


def open_alerts(visit: PageVisit) -> list[OpenAlert]:
    """Return the alerts that wait for somebody, newest first."""
    return [
        OpenAlert(id=alert.id, told=public(alert), evidence=evidence_of(visit.desk, visit.visitor, alert))
        for alert in known_alerts(visit.desk)
        if is_open(alert)
    ]


def _own(visit: PageVisit, report: Measures, brand: Reputation) -> OwnBrand:
    voices = {voice.brand: voice for voice in report.voice}
    terms = {"brand.id": [brand.brand]}
    voice = voices.get(brand.brand)
    return OwnBrand(
        standing=brand,
        mentions=_figure(visit, report, terms),
        complaints=_figure(visit, report, {**terms, "intents": ["complaint"]}),
        voice=voice.raw.value if voice else 0.0,
        voice_before=voice.raw_before if voice else None,
    )


def _figure(visit: PageVisit, report: Measures, terms: Mapping[str, Sequence[str]]) -> Figure:
    before = _count(visit, report, report.compared, terms) if report.compared else None
    return Figure(now=_count(visit, report, report.period, terms), before=before)


def _count(visit: PageVisit, report: Measures, period: Period, terms: Mapping[str, Sequence[str]]) -> NumberLink:
    wanted = in_period(report, period, terms)
    where = visit.desk.where(visit.visitor, wanted)
    return NumberLink(count=visit.desk.store.count(where), address=wanted.address())
