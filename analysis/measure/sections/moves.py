"""What competitors did, and how people took it."""

from __future__ import annotations

from datetime import timedelta

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.scope import Scope, midnight, period
from analysis.track import questions
from analysis.track.parts import Period
from analysis.track.sections import moves
from analysis.track.sections.moves import Event, Move

MOST = 12
READ = 300  # reports of one kind of move by one brand up to which they are read; above, dates tell them apart


def section(asking: Asking) -> tuple[Move, ...]:
    """Return the newest moves that competitors made in the period, newest first."""
    return tuple(_move(asking, event) for event in _events(asking.scope)[:MOST])


def _move(asking: Asking, event: Event) -> Move:
    scope, span = asking.scope, _span(asking.scope, event)
    terms = {"brand.id": [event.brand], "moves": [event.what]}
    if event.stories:
        terms["story"] = list(event.stories)
    proof, words = look(scope, event.reports, terms, quotes=1, period=span)
    stories = len(event.stories) or questions.value(
        answers.aggregate(scope, span, {"stories": questions.distinct("story")}, terms), "stories"
    )
    return moves.move(
        event,
        answers.label_days(asking, event.brand),
        stories=min(max(stories, 1), event.reports),
        quotes=words,
        evidence=proof,
    )


def _events(scope: Scope) -> list[Event]:
    """Return what competitors did, newest first; moves that have an object are read and told apart by it."""
    others = {brand.id: brand for brand in scope.brands if brand.role == "competitor"}
    series = {
        keys: days for keys, days in answers.daily(scope, scope.period, *moves.PATHS).items() if keys[0] in others
    }
    read = {keys for keys, days in series.items() if keys[1] in moves.WITH_OBJECT and sum(days.values()) <= READ}
    events = moves.events({keys: days for keys, days in series.items() if keys not in read})
    for brand, what in sorted(read):
        where = scope.filter(scope.period, {"brand.id": [brand], "moves": [what]})
        reports = [hit.mention for hit in scope.store.search(where, limit=READ, newest_first=True)]
        names = (others[brand].name, *others[brand].aliases)
        events += moves.told_apart(brand, what, reports, names)
    return sorted(events, key=lambda event: (-event.first.toordinal(), event.brand, event.what, event.about))


def _span(scope: Scope, event: Event) -> Period:
    since, until = midnight(event.first), midnight(event.last) + timedelta(days=1)
    return period(max(since, scope.period.since), min(until, scope.period.until))
