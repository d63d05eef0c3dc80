"""Did the fix work? Complaints on a theme before and after it shipped, against the competitors' same theme.

Difference in differences on log rates: given the sum of ours and theirs in a row, ours is a (over-dispersed) binomial
count, so that what moves the whole market cancels. Every figure has an interval, and few data are said to be few.
The method, its sources and what it cannot say are in ``docs/statistics.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np
from scipy.special import stdtr, stdtrit

from analysis.track.statistics.counts_model import Fit, Floats, autocorrelation, fit, inflation
from analysis.track.statistics.fix_rows import Control, FixData, gather, only

__all__ = ["Control", "Verdict", "Word", "judge_fix"]

Word = Literal["worked", "no effect seen", "worse", "came back", "too little data"]

FEWEST_MENTIONS = 5.0  # before shipping; with fewer nothing can be seen to fall
FEWEST_ROWS = 4  # on either side
FEWEST_BLOCKS = 6  # before shipping, for a check of the trend
TURNS = (0.25, 0.4, 0.5, 0.6, 0.75)  # where a fall may have turned, as shares of the rows after shipping
TELLING = math.log(0.5)  # the effect that has to be in reach before "no effect seen" is said: half the complaints
POWER = 1.959964 + 0.841621  # two-sided 5% and four of five such effects found (Cohen 1988)
NOT_PARALLEL = 0.002  # error at which the trends before shipping are held to differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What can be said of a fix. ``effect`` is the rate ratio minus 1, -0.3 for 30% fewer, with its 95% interval.

    ``needed`` is how many more rows like the last ones would show a halving in four of five cases; None where nothing
    more is needed or where no number would do. ``notes`` say what was left out, corrected or missing. ``turned`` is
    about how many rows after shipping what came back rose again.
    """

    word: Word
    effect: float | None
    low: float | None
    high: float | None
    needed: int | None
    before: float
    after: float
    notes: tuple[str, ...]
    turned: int | None = None


@dataclass(frozen=True, slots=True)
class _Estimate:
    log: float
    error: float
    free: float

    def t(self) -> float:
        return self.log / self.error

    def reach(self, level: float = 0.95) -> float:
        return float(stdtrit(self.free, 0.5 + level / 2.0)) * self.error

    def doubt(self) -> float:
        """Two-sided probability of so much by chance."""
        return 2.0 * float(stdtr(self.free, -abs(self.t())))


def judge_fix(
    ours: Sequence[float | None],
    ours_exposure: Sequence[float | None],
    controls: Sequence[Control],
    *,
    shipped_row: int,
    outages: Sequence[tuple[int, int]] = (),
    start: datetime,
    step_s: float,
) -> Verdict:
    """Judge a fix shipped at the start of row ``shipped_row`` from counts in rows of ``step_s`` seconds.

    ``ours_exposure`` is empty (every row alike) or one number a row; a row without exposure, or with a count that is
    None, is left out on every side, and so are the rows of ``outages`` (first and last, both within).
    Raises ``ValueError`` where lengths differ or ``shipped_row`` is outside the rows.
    """
    data = gather(ours, ours_exposure, controls, shipped_row, outages, start, step_s)
    before, after = (float(data.ours[data.after == side].sum()) - 0.5 for side in (0, 1))
    little = _too_little(data, before)
    if little:
        return _verdict("too little data", None, _rows_for_a_start(data, before), before, after, little)
    trend, notes = _trend(data)
    (whole,) = _contrasts(data, [data.after], [[1.0]], trend=trend)
    turned = _turned(data, trend=trend)
    word = "came back" if turned is not None else _word(whole)
    needed = _needed(data, whole) if word == "too little data" else None
    return replace(_verdict(word, whole, needed, before, after, data.notes + notes), turned=turned)


def _verdict(
    word: Word, whole: _Estimate | None, needed: int | None, before: float, after: float, notes: tuple[str, ...]
) -> Verdict:
    effect = low = high = None
    if whole is not None:
        middle, reach = whole.log, whole.reach()
        effect, low, high = (math.expm1(min(50.0, at)) for at in (middle, middle - reach, middle + reach))
    return Verdict(word=word, effect=effect, low=low, high=high, needed=needed, before=before, after=after, notes=notes)


def _word(whole: _Estimate) -> Word:
    if whole.log + whole.reach() < 0.0:
        return "worked"
    if whole.log - whole.reach() > 0.0:
        return "worse"
    return "no effect seen" if POWER * whole.error <= -TELLING else "too little data"


def _too_little(data: FixData, before: float) -> tuple[str, ...]:
    sides = int((data.after == 0).sum()), int((data.after == 1).sum())
    if min(sides) < FEWEST_ROWS:
        return (*data.notes, f"{sides[0]} rows before and {sides[1]} after: {FEWEST_ROWS} on each side is the least")
    if before < FEWEST_MENTIONS - 1e-6:
        return (*data.notes, f"{before:.0f} mentions before shipping: {FEWEST_MENTIONS:g} is the least")
    if data.totals is not None and float((data.totals - data.ours)[data.after == 1].sum()) < 1.5:
        return (*data.notes, "the competitors' theme has no mention after shipping")
    return ()


def _rows_for_a_start(data: FixData, before: float) -> int | None:
    """Return how many more rows after shipping are needed at the very least, if chance alone moves the counts."""
    early, later = int((data.after == 0).sum()), int((data.after == 1).sum())
    if before < FEWEST_MENTIONS or early < FEWEST_ROWS:
        return None
    return _more_rows(early / before, float(early), float(later), data.unit)


def _contrasts(
    data: FixData, columns: Sequence[Floats], picks: Sequence[Sequence[float]], *, trend: bool
) -> list[_Estimate]:
    """Return for each pick the sum of its weights times the log rate ratios of ``columns`` against all other rows."""
    design = _design(data, columns, trend=trend)
    fitted = fit(data.ours, data.totals, data.offset, design)
    phase = np.sum([(1.0 + at) * (one == 1.0) for at, one in enumerate(columns)], axis=0)
    estimates = []
    for weights in picks:
        pick = np.zeros(design.shape[1])
        pick[1 : 1 + len(columns)] = weights
        estimates.append(_estimate(fitted, data, phase, pick, lost=1 + len(columns) + trend))
    return estimates


def _estimate(fitted: Fit, data: FixData, phase: Floats, pick: Floats, *, lost: int) -> _Estimate:
    """Return the estimate with its error: dispersion and autocorrelation by block, chance alone at the very least."""
    dispersion, correlation, blocks = autocorrelation(fitted.residual, fitted.variance, data.block, phase)
    dispersion = max(1.0, dispersion * blocks / max(1.0, blocks - lost))
    variance = float(pick @ fitted.covariance @ pick) * dispersion * inflation(correlation, blocks / 2.0)
    free = max(2.0, (blocks - lost) * (1.0 - correlation) / (1.0 + correlation))
    return _Estimate(float(pick @ fitted.coefficients), math.sqrt(variance), free)


def _design(data: FixData, columns: Sequence[Floats], *, trend: bool) -> Floats:
    parts = [np.ones(len(data.row)), *columns]
    if trend:
        parts.append((data.row - data.row.mean()) / len(data.row))
    seen, size = np.unique(data.place, return_counts=True)
    if len(seen) > 1 and len(data.row) >= 6 * len(seen):
        parts += [(data.place == one).astype(np.float64) for one in seen[np.argsort(-size)][1:]]
    return np.column_stack(parts)


def _trend(data: FixData) -> tuple[bool, tuple[str, ...]]:
    """Return whether a straight line has to be taken out, and why: the check that trends were parallel before."""
    if data.totals is None:
        return True, ()
    early = only(data, data.after == 0)
    if len(np.unique(early.block)) < FEWEST_BLOCKS:
        return False, ("too few rows before shipping to check that our trend and the competitors' were parallel",)
    line = (early.row - early.row.mean()) / len(early.row)
    (slope,) = _contrasts(early, [line], [[1.0]], trend=False)
    doubt = slope.doubt()
    if doubt >= NOT_PARALLEL:
        return False, ()
    return True, ("our trend and the competitors' were not parallel before shipping: a straight line was taken out",)


def _turned(data: FixData, *, trend: bool) -> int | None:
    """Return how many rows after shipping complaints that had fallen rose again by half of the fall or more, or None.

    Several days of turning are tried, so both halves have to stand at an error divided by their number; the surest of
    those that do is told.
    """
    found: dict[int, float] = {}
    later = np.flatnonzero(data.after == 1)
    for share in TURNS:
        cut = round(share * len(later))
        if min(cut, len(later) - cut) < FEWEST_ROWS:
            continue
        first, second = np.zeros(len(data.row)), np.zeros(len(data.row))
        first[later[:cut]], second[later[cut:]] = 1.0, 1.0
        fell, rose = _contrasts(data, [first, second], [[1.0, 0.0], [-1.0, 1.0]], trend=trend)
        strict = 0.03
        doubt = max(fell.doubt(), rose.doubt())
        if fell.log < 0.0 < rose.log and rose.log > -fell.log / 2.0 and doubt < strict:
            found[int(data.row[later[cut]]) * data.unit] = doubt
    return min(found, key=lambda row: found[row], default=None)


def _needed(data: FixData, whole: _Estimate) -> int | None:
    """Return how many more rows after shipping bring a halving within reach; None where the rows before are too few."""
    early, later = float((data.after == 0).sum()), float((data.after == 1).sum())
    return _more_rows(whole.error**2 / (1.0 / early + 1.0 / later), early, later, data.unit)


def _more_rows(variance: float, early: float, later: float, unit: int) -> int | None:
    """Return the rows missing until an effect of TELLING has POWER, at a ``variance`` of the log rate in one row."""
    rest = (TELLING / POWER) ** 2 / variance - 1.0 / early
    return unit * max(1, FEWEST_ROWS - int(later), math.ceil(1.0 / rest - later)) if rest > 0.0 else None
