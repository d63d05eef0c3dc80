"""Daily counts of complaints, and the judgement of their last days: how probable so much is by chance.

Every series gets one probability over several windows by the core that alerts use too (``windows``), against a baseline
that knows on which days it was watched. Formulas and limits: ``docs/statistics.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analysis.track.bursts.clocks import LONGER, SPARSE, period_windows
from analysis.track.bursts.windows import at_least, together, winsorised
from analysis.track.statistics.enrichment import VersionCount

Floats = NDArray[np.float64]
Days = tuple[Floats, Floats, Floats, Floats]

HALF_LIFE_DAYS = 28.0
SPREAD_START = 0.25  # overdispersion of a period's sum that is believed at first
SPREAD_WINDOWS = 12.0  # past periods that this belief counts for
SPREAD_LEAST = 0.15
SPREAD_MOST = 4.0
FEWEST_PAST_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintSeries:
    """Daily counts of one complaint, oldest day first; the last ``period_days`` are what is judged.

    ``counts``: stories (near-duplicates once) collected within days of being published. ``late``: stories published
    that day but collected long after (a backfill): they raise what the past leads one to expect and never count as
    news. ``exposure``: how much of the usual was watched that day, 1 for all of it, 0 where the sources were silent;
    empty means 1 throughout. ``late_exposure``: what the late ones add to it, empty for nothing. ``authors``,
    ``stories``, ``evidence`` (mention ids) and ``versions`` are of the period.
    """

    brand: str
    topic: str
    phrase: str
    counts: Sequence[int]
    late: Sequence[int] = ()
    exposure: Sequence[float] = ()
    late_exposure: Sequence[float] = ()
    authors: int = 0
    stories: int = 0
    evidence: tuple[str, ...] = ()
    versions: tuple[VersionCount, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Brand, topic and phrase."""
        return (self.brand, self.topic, self.phrase)


@dataclass(frozen=True, slots=True)
class JudgedDays:
    """One array row a series: window, counts and exposures in the window and before it, expectation, probability."""

    window: NDArray[np.int64]
    count: Floats
    seen: Floats
    past: Floats
    past_seen: Floats
    expected: Floats
    p: Floats


def judge_days(table: Days, brands: Sequence[str], *, start: date, period_days: int) -> JudgedDays:
    """Judge the end of a table of counts, late counts, exposures and late exposures, series x days each."""
    counts, late, exposure, behind = table
    pattern = weekday_ratios(table, brands, start=start)
    return _judge(counts, late, exposure * pattern, (exposure + behind) * pattern, period_days)


def weekday_ratios(table: Days, brands: Sequence[str], *, start: date) -> Floats:
    """Return what a table's exposures are to be multiplied by: more is said on some weekdays than on others."""
    counts, late, exposure, behind = table
    weekday = (start.weekday() + np.arange(counts.shape[1])) % 7
    return _weekday_ratios(counts + late, exposure + behind, weekday, brands)


def arrays(series: Sequence[ComplaintSeries], period: int) -> Days:
    """Return the series as a table; raises ``ValueError`` where it holds too few days or uneven ones."""
    days = len(series[0].counts)
    if period < 1 or days < period + FEWEST_PAST_DAYS:
        raise ValueError(
            f"{days} days hold no period of {period} with {FEWEST_PAST_DAYS} days before it: give more days"
        )
    for one in series:
        lengths = {len(one.counts), *(len(part) or days for part in (one.late, one.exposure, one.late_exposure))}
        if lengths != {days}:
            raise ValueError(
                f"series {one.key} has another number of days than {days}: give every series the same days"
            )
    counts = np.array([one.counts for one in series], dtype=np.float64)
    late = np.array([one.late or (0,) * days for one in series], dtype=np.float64)
    exposure = np.array([one.exposure or (1.0,) * days for one in series], dtype=np.float64)
    behind = np.array([one.late_exposure or (0.0,) * days for one in series], dtype=np.float64)
    known = np.where(exposure + behind > 0.0, late, 0.0)
    return np.where(exposure > 0.0, counts, 0.0), known, exposure, behind


def _weekday_ratios(counts: Floats, exposure: Floats, weekday: NDArray[np.int64], brands: Sequence[str]) -> Floats:
    """Return a factor a day from all complaints of the brand together; one series alone is too sparse for a pattern."""
    ratios = np.ones_like(counts)
    names = np.array(brands)
    for name in dict.fromkeys(brands):
        rows = names == name
        daily, watched = counts[rows].sum(axis=0), exposure[rows].mean(axis=0)
        usual = (daily.sum() + 1.0) / max(float(watched.sum()), 1e-9)
        for day in range(7):
            at = weekday == day
            have, want = float(daily[at].sum()), float(watched[at].sum()) * usual
            ratios[np.ix_(rows, at)] = (have + 10.0) / (want + 10.0)
    return ratios


def _judge(counts: Floats, late: Floats, exposure: Floats, before: Floats, period: int) -> JudgedDays:
    """Judge the windows that end with the period together, and for sparse series a sum over four periods as well."""
    made = [_window(counts, late, exposure, before, days) for days in period_windows(period)]
    longer = min(LONGER * period, counts.shape[1] - FEWEST_PAST_DAYS)
    if longer > period:
        rare, sparse = _window(counts, late, exposure, before, longer), made[-1].expected < SPARSE
        p = np.where(sparse, together([*(one.p for one in made), rare.p]), together(one.p for one in made))
        made.append(replace(rare, p=np.where(sparse, rare.p, 1.0)))
    else:
        p = together(one.p for one in made)
    return replace(surest(made), p=np.where(np.max([one.count for one in made], axis=0) > 0.0, p, 1.0))


def surest(made: Sequence[JudgedDays]) -> JudgedDays:
    """Return for each series the window with the smallest probability, of equal ones the longest."""
    told = len(made) - 1 - np.argmin([one.p for one in reversed(made)], axis=0)
    at = np.arange(len(told))
    return JudgedDays(*(np.array([getattr(one, name) for one in made])[told, at] for name in JudgedDays.__slots__))


def _window(counts: Floats, late: Floats, exposure: Floats, before: Floats, window: int) -> JudgedDays:
    """Judge the last ``window`` days: ``exposure`` is that of what counts there, ``before`` that of the days before."""
    days = counts.shape[1]
    cut = days - window
    count, seen = counts[:, cut:].sum(axis=1), exposure[:, cut:].sum(axis=1)
    past, past_seen = counts[:, :cut] + late[:, :cut], before[:, :cut]
    weight = 0.5 ** ((cut - 1 - np.arange(cut)) / HALF_LIFE_DAYS)
    have, want = past @ weight, past_seen @ weight
    # Half a mention is believed before anything is seen: a complaint without a past is news only if it is many.
    level = (have + 0.5) / np.maximum(want, 1e-9)
    expected = level * seen
    spread = window_spread(past, past_seen, level, window)
    known = (have + 0.5) * have.clip(1e-9) / (past @ weight**2).clip(1e-9)
    p = at_least(count, expected, spread + 1.0 / np.maximum(known, 0.5))
    nothing = (count == 0.0) | (seen <= 0.0) | (want <= 0.0)
    return JudgedDays(
        np.full(len(count), window, dtype=np.int64),
        count,
        seen,
        past.sum(axis=1),
        past_seen.sum(axis=1),
        expected,
        np.where(nothing, 1.0, p),
    )


def window_spread(
    past: Floats,
    seen: Floats,
    level: Floats,
    window: int,
    *,
    believed: float = SPREAD_START,
    least: float = SPREAD_LEAST,
) -> Floats:
    """Return the overdispersion of sums over ``window`` days by moments over past windows, drawn to ``believed``.

    Past bursts are winsorised at four standard deviations, else the first surge would hide the next.
    """
    number = past.shape[1] // window
    if number == 0:
        return np.full(len(past), believed)
    shape = (len(past), number, window)
    sums = past[:, past.shape[1] - number * window :].reshape(shape).sum(axis=2)
    means = np.maximum(seen[:, seen.shape[1] - number * window :].reshape(shape).sum(axis=2) * level[:, None], 1e-9)
    excess = ((winsorised(sums, means) - means) ** 2 - means).sum(axis=1)
    square = (means**2).sum(axis=1)
    belief = SPREAD_WINDOWS * (means**2).mean(axis=1)
    spread: Floats = np.clip((excess + believed * belief) / (square + belief), least, SPREAD_MOST)
    return spread
