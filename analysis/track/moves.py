"""What brands did, as posts report it: reports of one kind a few days apart are one event, with people's reaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.track import questions as ask
from analysis.track.bins import DAY, net
from analysis.track.rates import FEW, difference
from analysis.track.results import Estimate, Evidence, Move, Quote

PATHS = ("brand.id", "moves")
APART = 4  # days without a report that end an event
AROUND = 14  # days before and after the first report whose mood is compared

Reaction = Literal["better", "worse", "no clear change", "too little data"]


def question() -> ask.Document:
    """Return what is asked about moves, by day."""
    return ask.by_day(*PATHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Reports of one kind of move by one brand, with no more than ``APART`` days between them."""

    brand: str
    what: str
    first: date
    last: date
    reports: int


def events(series: ask.Daily) -> list[Event]:
    """Return the events in (brand, move) -> day -> reports, newest first, then by brand and kind."""
    found: list[Event] = []
    for (brand, what), days in sorted(series.items()):
        stretch: list[date] = []
        for day in sorted(days):
            if stretch and day - stretch[-1] > APART * DAY:
                found.append(_event(brand, what, stretch, days))
                stretch = []
            stretch.append(day)
        if stretch:
            found.append(_event(brand, what, stretch, days))
    return sorted(found, key=lambda event: (-event.first.toordinal(), event.brand, event.what))


def _event(brand: str, what: str, stretch: Sequence[date], days: Mapping[date, int]) -> Event:
    return Event(brand=brand, what=what, first=stretch[0], last=stretch[-1], reports=sum(days[day] for day in stretch))


def around(labels: Mapping[str, Mapping[date, int]], first: date) -> tuple[Estimate | None, Estimate | None, Reaction]:
    """Return the brand's net sentiment in the days before ``first`` and from it on, and what the difference says."""
    sides = []
    for start in (first - AROUND * DAY, first):
        span = [start + DAY * step for step in range(AROUND)]
        sides.append([sum(labels.get(label, {}).get(day, 0) for day in span) for label in _JUDGED])
    before, after = (net(*side) for side in sides)
    if before is None or after is None or min(sum(side) for side in sides) < FEW:
        return before, after, "too little data"
    gap = difference(after, before)
    return before, after, "better" if gap.low > 0 else "worse" if gap.high < 0 else "no clear change"


_JUDGED = ("negative", "neutral", "positive")


def move(
    event: Event,
    labels: Mapping[str, Mapping[date, int]],
    *,
    stories: int,
    quotes: tuple[Quote, ...],
    evidence: Evidence,
) -> Move:
    """Return the event with the public's reaction."""
    before, after, reaction = around(labels, event.first)
    return Move(
        brand=event.brand,
        what=event.what,
        first=event.first,
        last=event.last,
        reports=event.reports,
        stories=stories,
        net_before=before,
        net_after=after,
        reaction=reaction,
        quotes=quotes,
        evidence=evidence,
    )
