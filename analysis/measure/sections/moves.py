"""What competitors did, and how people took it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.scope import Scope, Terms, midnight, period
from analysis.track import questions
from analysis.track.parts import Period
from analysis.track.sections import moves
from analysis.track.sections.moves import Event, Move

MOST = 12
READ = 300  # reports of one kind of move by one brand up to which they are read; above, dates tell them apart


DAY = timedelta(days=1)
RETOLD = timedelta(days=45)  # before an event in which the same brand's same kind of move makes it old news
ONCE = frozenset({"price", "layoffs", "terms", "acquisition", "partnership"})  # what is told again long after
PRINTED = 3  # copies of one story from which it stands for several: an agency's report
OF_RECORD: Terms = {"genre": ("news", "patch_notes")}


def section(asking: Asking) -> tuple[Move, ...]:
    """Return the newest moves that competitors made in the period, newest first.

    A move needs two stories or one source of record (a news report, or one story printed three times). What was told
    weeks before is no news.
    """
    shown: list[Move] = []
    for event in _events(asking):
        if len(shown) < MOST and not _is_retold(asking.scope, event):
            move = _move(asking, event)
            if move.stories >= 2 or move.reports >= PRINTED or _is_on_record(asking.scope, event):
                shown.append(move)
    return tuple(shown)


def _terms(event: Event) -> dict[str, Sequence[str]]:
    terms: dict[str, Sequence[str]] = {"brand.id": [event.brand], "moves": [event.what]}
    return {**terms, "story": list(event.stories)} if event.stories else terms


def _is_on_record(scope: Scope, event: Event) -> bool:
    return bool(scope.store.count(scope.filter(_span(scope, event), {**_terms(event), **OF_RECORD})))


def _is_retold(scope: Scope, event: Event) -> bool:
    """Whether the same brand was told to have done the same in the weeks before."""
    if event.what not in ONCE:
        return False
    until = midnight(event.first) - moves.APART * DAY  # what was told yesterday goes on, it is not told again
    before = {"brand.id": [event.brand], "moves": [event.what]}
    return bool(scope.store.count(scope.filter(period(until - RETOLD, until), before)))


def _move(asking: Asking, event: Event) -> Move:
    scope, span = asking.scope, _span(asking.scope, event)
    terms = _terms(event)
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


def _events(asking: Asking) -> list[Event]:
    """Return what competitors did, newest first; moves that have an object are read and told apart by it."""
    scope = asking.scope
    others = {brand.id: brand for brand in scope.brands if brand.role == "competitor"}
    series = {
        keys: days for keys, days in answers.daily(asking, scope.period, *moves.PATHS).items() if keys[0] in others
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
