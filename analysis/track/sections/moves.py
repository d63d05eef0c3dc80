"""What brands did, as posts report it: reports of one thing a few days apart are one event, with people's reaction.

Two outages within days of each other are one event to whoever waits. Two launches are not: where a kind of move has an
object, reports are joined by what they say (near-identical copies always), not by their dates alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from analysis.model import Mention
from analysis.model.text import token_words
from analysis.track import questions
from analysis.track.parts import Estimate, Evidence, Quote
from analysis.track.statistics.bins import DAY, day_of, net
from analysis.track.statistics.rates import FEW, difference

PATHS = ("brand.id", "moves")
APART = 4  # days without a report that end an event
AROUND = 14  # days before and after the first report whose mood is compared

WITH_OBJECT = ("launch", "recall", "acquisition", "partnership", "end_of_product")
LEAD = 240  # characters of a text that say what it is about
_COMMON = """
a about after all also an and are as at available be been big but by can come comes could do does end ended ending
for from get gets had has have he her his how i if in into is it its just like make makes may me more most my new no
not now of off on one only or our out over own s said say says she so still t than that the their them then there
these they this those to today tomorrow too under up was we week were what when which while who will with year
yesterday you your announce announced announces announcing buy buys bought acquire acquired acquires acquisition
discontinue discontinued discontinues introduce introduced introduces introducing launch launched launches launching
partner partners partnership recall recalled recalls recalling release released releases reveal revealed reveals
ship shipped ships unveil unveiled unveils
"""

Reaction = Literal["better", "worse", "no clear change", "too little data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Something that a brand did, as at least one post reports it; reports of one thing a few days apart are one event.

    ``about`` are the words that most of its reports share, by which it is told apart from another of the same kind.
    ``net_before`` and ``net_after`` are the brand's net sentiment in the 14 days before and from the first report on;
    ``reaction`` says whether their difference is more than chance.
    """

    brand: str
    what: str
    about: tuple[str, ...]
    first: date
    last: date
    reports: int
    stories: int
    net_before: Estimate | None
    net_after: Estimate | None
    reaction: Reaction
    quotes: tuple[Quote, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Reports of one move by one brand, with no more than ``APART`` days between them.

    ``about`` are the words that most of its reports share and ``stories`` what it is made of; both are empty where the
    kind of move has no object.
    """

    brand: str
    what: str
    first: date
    last: date
    reports: int
    about: tuple[str, ...] = ()
    stories: tuple[str, ...] = ()


def events(series: questions.Daily) -> list[Event]:
    """Return the events in (brand, move) -> day -> reports, newest first, then by brand and kind."""
    apart: list[Event] = []
    for (brand, what), days in sorted(series.items()):
        stretch: list[date] = []
        for day in sorted(days):
            if stretch and day - stretch[-1] > APART * DAY:
                apart.append(_event(brand, what, stretch, days))
                stretch = []
            stretch.append(day)
        if stretch:
            apart.append(_event(brand, what, stretch, days))
    return sorted(apart, key=lambda event: (-event.first.toordinal(), event.brand, event.what))


@dataclass(slots=True)
class _Growing:
    """An event while its reports are put together."""

    first: date
    last: date
    reports: int = 0
    stories: list[str] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)

    def core(self) -> frozenset[str]:
        """The words of at least a third of its stories."""
        return frozenset(word for word, count in self.words.items() if 3 * count >= len(self.stories))


def told_apart(brand: str, what: str, mentions: Iterable[Mention], names: Iterable[str] = ()) -> list[Event]:
    """Return the events that reports of one kind of move by one brand tell of, newest first.

    Copies of one story are always one event; other stories join where they follow within ``APART`` days and tell of
    the same thing. ``names`` are the brand's own, which say nothing of what it did.
    """
    own = set(_COMMON.split()) | {word for name in names for word in token_words(name)} | {brand}
    stories: dict[str, list[Mention]] = {}
    for mention in sorted(mentions, key=lambda one: (one.published_at, one.id)):
        stories.setdefault(mention.story or mention.id, []).append(mention)
    growing: list[_Growing] = []
    for story, copies in stories.items():
        first, last = day_of(copies[0].published_at), day_of(copies[-1].published_at)
        words = _words(copies[0]) - own
        near = [one for one in growing if first - one.last <= APART * DAY and alike(words, one.core())]
        event = max(near, key=lambda one: (len(words & one.core()), one.last)) if near else _Growing(first, last)
        if not near:
            growing.append(event)
        event.last = max(event.last, last)
        event.reports += len(copies)
        event.stories.append(story)
        event.words.update(words)
    apart = [
        Event(
            brand=brand,
            what=what,
            first=one.first,
            last=one.last,
            reports=one.reports,
            about=_about(one),
            stories=tuple(one.stories),
        )
        for one in growing
    ]
    return sorted(apart, key=lambda event: (-event.first.toordinal(), event.about))


def _words(mention: Mention) -> frozenset[str]:
    """Return the words that say what a report is about: those of its title and of the beginning of its text."""
    words = token_words(f"{mention.title}\n{mention.text[:LEAD]}")
    return frozenset(word for word in words if len(word) > 1 and not word.isdigit())


def alike(words: frozenset[str], others: frozenset[str]) -> bool:
    """Return whether two sets of words tell of one thing; where one says nothing, nothing tells them apart.

    Different model names (letters with digits) are different things, whatever else is said alike.
    """
    if not words or not others:
        return True
    one, other = _models(words), _models(others)
    if one and other:
        return bool(one & other)
    shared = len(words & others)
    return shared >= 3 or 2 * shared >= min(len(words), len(others))


def _models(words: Iterable[str]) -> set[str]:
    return {word for word in words if any(map(str.isdigit, word)) and any(map(str.isalpha, word))}


def _about(one: _Growing) -> tuple[str, ...]:
    """Return model names, and words that two reports and half of them share: those of one report alone say little."""
    models = _models(one.words)
    shared = {word for word, count in one.words.items() if 2 * count >= max(len(one.stories), 4)}
    known = shared | {word for word in models if 2 * one.words[word] >= len(one.stories)}
    return tuple(sorted(known, key=lambda word: (word not in models, -one.words[word], word))[:4])


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
        about=event.about,
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
