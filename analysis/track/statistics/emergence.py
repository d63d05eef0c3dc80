"""Which complaints are emerging: is this period more than a series' own past leads one to expect?

Every (brand, topic, phrase) series gets one probability over several windows by the core that alerts use too
(``windows``), against a baseline that knows on which days it was watched, and a sparse one by what is new in its texts
too (``newness``); the error rate is held over all series tested together (Benjamini and Hochberg, JRSS B 1995).
Formulas and limits: ``docs/statistics.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.track.bursts.windows import together
from analysis.track.statistics.complaint_days import ComplaintSeries, Days, JudgedDays, arrays, judge_days
from analysis.track.statistics.enrichment import Concentration, concentrated
from analysis.track.statistics.false_discovery import benjamini_hochberg
from analysis.track.statistics.intervals import Interval, rate_ratio
from analysis.track.statistics.newness import (
    Discussion,
    Newness,
    crowd,
    newness,
    past_windows,
    sparse,
    tail_of,
    with_newness,
)

Floats = NDArray[np.float64]
Key = tuple[str, str, str]
Market = Literal["ours only", "whole market", "nothing to compare with"]

FEWEST_AUTHORS = 3
FEWEST_STORIES = 2
LATE_DAYS = 3  # days after its publication from which on a mention is collected late


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergingComplaint:
    """A complaint that is more than its past, with all that the claim rests on.

    ``p`` is its own probability by chance; ``q`` the false discovery rate of a list that ends with it. ``window_days``
    is the window that told: the period, its last day, three or seven days, or four periods for sparse series.
    ``growth`` is the rate in the window over the rate before, with its interval. ``market`` says whether competitors
    have it too. ``newness`` is what is new in the texts of a sparse series; None where they were not looked at.
    """

    brand: str
    topic: str
    phrase: str
    window_days: int
    count: int
    expected: float
    p: float
    q: float
    growth: Interval
    first_seen: date | None
    authors: int
    stories: int
    market: Market
    newness: Newness | None
    versions: tuple[Concentration, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """One series as it was judged, found or not; the values are those of ``EmergingComplaint``."""

    brand: str
    topic: str
    phrase: str
    window_days: int
    count: int
    expected: float
    p: float
    q: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Emerging:
    """What has risen, at which error rate, out of how many series; and what too few authors held back.

    ``series`` are all of them, in the order given.
    """

    risen: tuple[EmergingComplaint, ...]
    series: tuple[Tested, ...]
    tested: int
    q: float
    held_back: tuple[tuple[tuple[str, str, str], str], ...]


def emerging(
    series: Sequence[ComplaintSeries],
    *,
    start: date,
    period_days: int = 7,
    q: float = 0.05,
    said: Mapping[Key, Sequence[Discussion]] = MappingProxyType({}),
) -> Emerging:
    """Return the complaints that rise above their past in the last ``period_days``, most certain first.

    ``start`` is the day of the first count. Every series needs the same number of days, at least two weeks more than
    the period: raises ``ValueError`` otherwise. ``q`` is the share of false alarms that is accepted among the found.
    ``said`` are the discussions of the series that are ``asked_for``, by their keys; others are judged by their counts.
    """
    if not series:
        return Emerging(risen=(), series=(), tested=0, q=q, held_back=())
    table = arrays(series, period_days)
    judged, fresh = _judged(series, table, said, start=start, period_days=period_days)
    adjusted = benjamini_hochberg(judged.p)
    market = _market(series, judged)
    risen, held_back = [], []
    for at in np.flatnonzero(adjusted <= q).tolist():
        reason = _held_back(series[at])
        if reason:
            held_back.append((series[at].key, reason))
        else:
            found = _complaint(
                series[at], judged, at, float(adjusted[at]), market[at], start, table[0][at] + table[1][at]
            )
            risen.append(replace(found, newness=fresh[at]))
    risen.sort(key=lambda one: (one.p, one.brand, one.topic, one.phrase))
    return Emerging(
        risen=tuple(risen),
        series=tuple(_tested(one, judged, at, float(adjusted[at])) for at, one in enumerate(series)),
        tested=len(series),
        q=q,
        held_back=tuple(sorted(held_back)),
    )


def asked_for(series: Sequence[ComplaintSeries], *, start: date, period_days: int = 7) -> tuple[ComplaintSeries, ...]:
    """Return the series whose discussions ``emerging`` takes, the surest count first: sparse ones that may be news."""
    if not series:
        return ()
    table = arrays(series, period_days)
    judged = judge_days(table, [one.brand for one in series], start=start, period_days=period_days)
    wanted = sparse(judged)
    return tuple(series[at] for at in np.argsort(judged.p, kind="stable").tolist() if wanted[at])


def _judged(
    series: Sequence[ComplaintSeries],
    table: Days,
    said: Mapping[Key, Sequence[Discussion]],
    *,
    start: date,
    period_days: int,
) -> tuple[JudgedDays, list[Newness | None]]:
    """Return the judgement of the counts, for series with texts together with what is new in them."""
    brands, days = [one.brand for one in series], table[0].shape[1]
    judged = judge_days(table, brands, start=start, period_days=period_days)
    asked = sparse(judged) & np.array([one.key in said for one in series])
    if not asked.any():
        return judged, [None] * len(series)
    # The window is chosen by the count, without a look at the texts: else newness would be surer than it is.
    first = (days - judged.window).astype(int).tolist()
    found = [newness(said[one.key], first_day=first[at]) if asked[at] else None for at, one in enumerate(series)]
    tail = tail_of(
        [
            window
            for at, one in enumerate(series)
            for window in past_windows(said.get(one.key, ()), first_day=first[at], days=days - first[at])
        ]
    )
    fresh = [None if one is None else replace(one, p=tail.of(one)) for one in found]
    # Three people of one thread are one discussion: where little is counted, there must be more discussions than usual
    # or one that more people join than usual.
    threads = judge_days(
        _counted_by_discussion(table, series, asked, said), brands, start=start, period_days=period_days
    )
    crowds = np.array(
        [crowd(said[one.key], first_day=first[at]) if asked[at] else 1.0 for at, one in enumerate(series)]
    )
    either = np.where(crowds < threads.p, together([threads.p, crowds], (9.0, 1.0)), threads.p)
    count = np.where(asked, np.maximum(either, judged.p), judged.p)
    new = np.array([math.nan if one is None else one.p for one in fresh])
    return replace(judged, p=with_newness(count, new)), fresh


def _counted_by_discussion(
    table: Days, series: Sequence[ComplaintSeries], asked: NDArray[np.bool_], said: Mapping[Key, Sequence[Discussion]]
) -> Days:
    """Return the table with the discussions that began on each day in place of the stories of the series asked for."""
    counts, late, exposure, behind = table
    counts, late = counts.copy(), late.copy()
    for at in np.flatnonzero(asked).tolist():
        counts[at] = late[at] = 0.0
        for one in said[series[at].key]:
            if 0 <= one.day < counts.shape[1]:
                (late if one.late else counts)[at, one.day] += 1.0
    return np.where(exposure > 0.0, counts, 0.0), np.where(exposure + behind > 0.0, late, 0.0), exposure, behind


def _market(series: Sequence[ComplaintSeries], judged: JudgedDays) -> list[Market]:
    """Return for each series whether the same topic and phrase rises with the other brands too.

    Their counts are summed. The market has it where their own rise is real (its interval lies above 1) and at least
    half of ours on the log scale.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for at, one in enumerate(series):
        groups.setdefault((one.topic, one.phrase), []).append(at)
    markets: list[Market] = []
    for at, one in enumerate(series):
        others = [other for other in groups[one.topic, one.phrase] if series[other].brand != one.brand]
        count, past = float(judged.count[others].sum()), float(judged.past[others].sum())
        if not others or count + past < FEWEST_STORIES:
            markets.append("nothing to compare with")
            continue
        seen, past_seen = float(judged.seen[others].sum()), float(judged.past_seen[others].sum())
        if seen <= 0.0 or past_seen <= 0.0:
            markets.append("nothing to compare with")
            continue
        theirs, ours = rate_ratio(count, seen, past, past_seen), growth_of(judged, at)
        risen = theirs.low > 1.0 and float(np.log(theirs.value)) >= float(np.log(max(ours.value, 1.0))) / 2.0
        markets.append("whole market" if risen else "ours only")
    return markets


def growth_of(judged: JudgedDays, at: int) -> Interval:
    seen, past_seen = float(judged.seen[at]), float(judged.past_seen[at])
    return rate_ratio(float(judged.count[at]), max(seen, 1e-9), float(judged.past[at]), max(past_seen, 1e-9))


def _held_back(one: ComplaintSeries) -> str:
    if one.authors < FEWEST_AUTHORS:
        return f"{one.authors} authors, and {FEWEST_AUTHORS} are the least"
    if one.stories < FEWEST_STORIES:
        return f"{one.stories} stories, and {FEWEST_STORIES} are the least"
    return ""


def _complaint(
    one: ComplaintSeries, judged: JudgedDays, at: int, q: float, market: Market, start: date, days_told: Floats
) -> EmergingComplaint:
    days = np.flatnonzero(days_told > 0.0)
    return EmergingComplaint(
        brand=one.brand,
        topic=one.topic,
        phrase=one.phrase,
        window_days=int(judged.window[at]),
        count=int(judged.count[at]),
        expected=float(judged.expected[at]),
        p=float(judged.p[at]),
        q=q,
        growth=growth_of(judged, at),
        first_seen=start + timedelta(days=int(days[0])) if len(days) else None,
        authors=one.authors,
        stories=one.stories,
        market=market,
        newness=None,
        versions=concentrated(one.versions),
        evidence=one.evidence,
    )


def _tested(one: ComplaintSeries, judged: JudgedDays, at: int, q: float) -> Tested:
    return Tested(
        brand=one.brand,
        topic=one.topic,
        phrase=one.phrase,
        window_days=int(judged.window[at]),
        count=int(judged.count[at]),
        expected=float(judged.expected[at]),
        p=float(judged.p[at]),
        q=q,
    )


def timely(published: Mapping[int, int], *, late_after_days: int = LATE_DAYS) -> tuple[int, int]:
    """Split one day's stories, given as {days between publication and collection: stories}, into (timely, late)."""
    in_time = sum(count for lag, count in published.items() if lag <= late_after_days)
    return in_time, sum(published.values()) - in_time
