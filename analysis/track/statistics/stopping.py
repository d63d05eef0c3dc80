"""Which series have gone quiet: complaints that ended, praise that stopped, sources that give less than they used to.

The mirror of ``emergence``: the same days, exposures, weekday pattern, predictive distribution and joint windows, with
the lower tail. What differs, and why, stands at each place. Formulas and limits: ``docs/statistics.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np

from analysis.track.bursts.clocks import LONGER, period_windows
from analysis.track.bursts.windows import at_most, together, winsorised
from analysis.track.statistics.complaint_days import (
    FEWEST_PAST_DAYS,
    HALF_LIFE_DAYS,
    ComplaintSeries,
    Days,
    JudgedDays,
    arrays,
    surest,
    weekday_ratios,
    window_spread,
)
from analysis.track.statistics.emergence import FEWEST_STORIES, Floats, Market, growth_of
from analysis.track.statistics.false_discovery import benjamini_hochberg
from analysis.track.statistics.intervals import Interval, rate_ratio

Gone = Literal["complaint", "praise", "source"]

SHORTEST = 3  # days: one calm day is no news, and its last posts may not have been read
FEW = 10.0  # expected in the period, under which four periods are looked at too: silence takes longer to show
SPREAD_START, SPREAD_LEAST = 0.3, 0.05  # overdispersion of a day that is believed at first, by its root for more days
MOST_LEFT = 0.5  # share of what is expected that may be left of what is called quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A series that is less than its past, with all that the claim rests on.

    ``of`` is what the series is of, ``last_seen`` the last day that had any.
    The rest is as in ``EmergingComplaint``.
    """

    of: Gone
    brand: str
    topic: str
    phrase: str
    window_days: int
    count: int
    expected: float
    p: float
    q: float
    growth: Interval
    last_seen: date | None
    market: Market


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """What has fallen, surest first, out of how many series."""

    falls: tuple[Fall, ...]
    tested: int


def fallen(
    series: Mapping[Gone, Sequence[ComplaintSeries]], *, start: date, period_days: int, q: float, more: int = 0
) -> Fallen:
    """Return the series that are half of what their past leads one to expect or less, at one error rate over all.

    ``series`` are named by what they are of; all have the days from ``start`` on, and the last ``period_days`` are what
    is judged. ``more`` series count as tested with nothing found. Raises ``ValueError`` as ``arrays`` does.
    """
    judged = {name: (some, judge_falls(some, start=start, period_days=period_days)) for name, some in series.items()}
    tables = [(name, some, days) for name, (some, days) in judged.items() if days is not None]
    if not tables:
        return Fallen(falls=(), tested=more)
    p = np.concatenate([days.p for _, _, days in tables])
    adjusted = iter(benjamini_hochberg(p, tested=len(p) + more).tolist())
    found = [
        _fall(name, some, days, at, rate, start)
        for name, some, days in tables
        for at, rate in zip(range(len(some)), adjusted, strict=False)
        if rate <= q and days.count[at] <= MOST_LEFT * days.expected[at]
    ]
    found.sort(key=lambda one: (one.p, one.of, one.brand, one.topic, one.phrase))
    return Fallen(falls=tuple(found), tested=len(p) + more)


def judge_falls(series: Sequence[ComplaintSeries], *, start: date, period_days: int) -> JudgedDays | None:
    """Judge the end of each series; None where there are none."""
    if not series:
        return None
    return judge_table(arrays(series, period_days), [one.brand for one in series], start=start, period_days=period_days)


def judge_table(table: Days, brands: Sequence[str], *, start: date, period_days: int) -> JudgedDays:
    """Judge the end of a table of counts, late counts, exposures and late exposures, series x days each."""
    pattern = weekday_ratios(table, brands, start=start)
    counts, late, exposure, behind = table
    patterned = counts, late, exposure * pattern, (exposure + behind) * pattern
    widths = [days for days in period_windows(period_days) if days >= min(SHORTEST, period_days)]
    made = [_window(*patterned, days) for days in widths]
    longer = min(LONGER * period_days, counts.shape[1] - FEWEST_PAST_DAYS)
    p = together(one.p for one in made)
    if longer > period_days:
        rare, sparse = _window(*patterned, longer), made[-1].expected < FEW
        p = np.where(sparse, together([*(one.p for one in made), rare.p]), p)
        made.append(replace(rare, p=np.where(sparse, rare.p, 1.0)))
    return replace(surest(made), p=p)


def _window(counts: Floats, late: Floats, exposure: Floats, before: Floats, window: int) -> JudgedDays:
    """Judge the last ``window`` days by the days before them."""
    cut = counts.shape[1] - window
    count, seen = counts[:, cut:].sum(axis=1), exposure[:, cut:].sum(axis=1)
    past, past_seen = counts[:, :cut] + late[:, :cut], before[:, :cut]
    weight = 0.5 ** ((cut - 1 - np.arange(cut)) / HALF_LIFE_DAYS)
    rate = past.sum(axis=1) / np.maximum(past_seen.sum(axis=1), 1e-9)
    # A day that stood out is held down: what was said once and loudly is not what one expects to go on.
    held = np.minimum(past, winsorised(past, rate[:, None] * past_seen))
    have, want = held @ weight, past_seen @ weight
    # Nothing is believed beforehand: half a mention more would be half a mention missed.
    level = have / np.maximum(want, 1e-9)
    expected = level * seen
    known = have * have / np.maximum(held @ weight**2, 1e-9)
    believed = SPREAD_START / math.sqrt(window)
    spread = window_spread(past, past_seen, level, window, believed=believed, least=SPREAD_LEAST)
    nothing = (seen <= 0.0) | (have <= 0.0)
    return JudgedDays(
        np.full(len(count), window, dtype=np.int64),
        count,
        seen,
        past.sum(axis=1),
        past_seen.sum(axis=1),
        expected,
        np.where(nothing, 1.0, at_most(count, np.maximum(expected, 1e-9), spread + 1.0 / np.maximum(known, 0.5))),
    )


def _fall(name: Gone, some: Sequence[ComplaintSeries], judged: JudgedDays, at: int, q: float, start: date) -> Fall:
    one = some[at]
    days = [day for day, count in enumerate(one.counts) if count] + [day for day, count in enumerate(one.late) if count]
    return Fall(
        of=name,
        brand=one.brand,
        topic=one.topic,
        phrase=one.phrase,
        window_days=int(judged.window[at]),
        count=int(judged.count[at]),
        expected=float(judged.expected[at]),
        p=float(judged.p[at]),
        q=q,
        growth=growth_of(judged, at),
        last_seen=start + timedelta(days=max(days)) if days else None,
        market=_market(some, judged, at),
    )


def _market(some: Sequence[ComplaintSeries], judged: JudgedDays, at: int) -> Market:
    """Return whether the same has fallen with the other brands, by the rule that new complaints have."""
    one = some[at]
    same = [o for o, other in enumerate(some) if (other.topic, other.phrase) == (one.topic, one.phrase)]
    others = [other for other in same if some[other].brand != one.brand]
    past, seen, past_seen = (float(part[others].sum()) for part in (judged.past, judged.seen, judged.past_seen))
    if past < FEWEST_STORIES or seen <= 0.0 or past_seen <= 0.0:
        return "nothing to compare with"
    theirs, ours = rate_ratio(float(judged.count[others].sum()), seen, past, past_seen), growth_of(judged, at)
    fallen_too = theirs.high < 1.0 and float(np.log(theirs.value)) <= float(np.log(min(ours.value, 1.0))) / 2.0
    return "whole market" if fallen_too else "ours only"
