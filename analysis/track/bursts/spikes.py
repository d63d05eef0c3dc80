"""Does a burst begin at a row of a count series, judged from the rows before it only?

Three steps, each of which looks back only; sources and measurements stand in ``docs/statistics.md``:

1. Evidence: how far the last rows, the last hours and the last day (for daily rows: the last days) lie over what the
   baseline expects, in overdispersed standard errors; the mean of ln(1 + z) over the windows, so that they must agree.
2. Rarity: how long this very series' past leads one to wait for so much (``habits``).
3. Alerts: a row that is rare for this series and that mere noise would hardly reach, after a calm; of short rows one
   that began suddenly, because a level that swings looks like the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analysis.track.bursts.baseline import DAY_S, HOUR_S, WEEK_S, Expected, Floats, expected, places
from analysis.track.bursts.clocks import Clock, clock_of
from analysis.track.bursts.habits import rarity
from analysis.track.bursts.windows import at_least, beside, excess, foreseen, past_spread, together, trailing


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """The four numbers that were chosen on development series.

    ``memory_days``: half-life of the level. ``own_blocks``: an alert is what this series shows once in so many blocks
    (quarters of a day, so six days; three rows each where rows are long). ``calm_days``: an alert silences the next one
    for so long. ``noise_excess``: mean excess of block maxima that is believed of a series until it has shown its own.
    """

    memory_days: float = 14.0
    own_blocks: float = 24.0
    calm_days: float = 1.25
    noise_excess: float = 0.3


@dataclass(frozen=True, slots=True)
class Scores:
    """``scores``: 0 to 1 per row, 0.5 or more just where an episode begins. ``alerts``: the rows where one does."""

    scores: tuple[float, ...]
    alerts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of the rows that end at each row: ``seen``, ``mean`` expected, ``spread`` learned before the row."""

    seen: Floats
    mean: Floats
    spread: Floats


SPREAD_DAYS, SPREAD_ROWS = 14.0, 120.0  # half-life of the overdispersion, the longer of the two
FIRST_TOKENS, MOST_TOKENS = 3.0, 4.0  # alerts that a series begins with and can save up; it earns one a week
DAY_MEMORY = 10.0  # half-life in days of the level of daily rows
DAY_WINDOWS, DAY_WEIGHTS = (1, 2, 3, 5, 7), (0.5, 4.0, 1.0, 0.5, 0.5)  # a lasting rise is to be told on its second day
DAY_SCALE, DAY_MOST = 0.25, 4.0  # what makes nats alike to ln(1 + z); more than this teaches nothing of the next burst
# Evidence that mere noise reaches at most once a year, as simulated. Of daily rows from few mentions to many; of short
# rows from many to few.
NOISE_HOURS = 1.55
NOISE_DAYS, NOISE_MINUTES = (1.32, 1.40), (1.22, 1.35)
# Probability under which an hour or less must lie by the level of the three hours before it, or three hours by what is
# expected at all: a swing of the series' own level does not begin within the hour, and triples nothing.
SUDDEN = 1e-4


def score(values: Sequence[float | None], *, start: datetime, step_s: float, tuning: Tuning = Tuning()) -> Scores:
    """Judge each row of ``values`` (counts; None or NaN where nothing is known) from the rows before it.

    ``start`` is the time of row 0 in the time zone whose days and weeks the pattern follows; ``step_s`` is the length
    of a row in seconds. The first ten blocks (60 hours, or 30 rows where those are longer) score 0.
    """
    data = np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)
    clock = clock_of(step_s)
    memory = tuning.memory_days if step_s < DAY_S else DAY_MEMORY
    expect = expected(data, places(start, step_s, len(data)), step_s=step_s, memory_days=memory)
    level = evidence(data, expect, step_s=step_s)
    wait = rarity(level, block=clock.block, noise_excess=tuning.noise_excess)
    bar = math.log(tuning.own_blocks)
    rare = np.flatnonzero((wait >= bar) & loud(data, expect, level, step_s=step_s))
    alerts = episodes(
        rare.tolist(), calm=max(3.0, tuning.calm_days * DAY_S / step_s), gap=clock.block, week=WEEK_S / step_s
    )
    return Scores(tuple(_scores(wait, bar, alerts).tolist()), alerts)


def evidence(values: Floats, expect: Expected, *, step_s: float) -> Floats:
    """Return the mean over the windows of ln(1 + z): high where short and long windows agree; 0 where unknown.

    Of daily rows: a quarter of -ln of the windows' joint probability. Days are few and hold few counts, of which the
    exact tail tells more than a standard error; a quarter puts noise on the same scale.
    """
    if step_s >= DAY_S:
        return _daily(values, expect, step_s)
    clock, known = clock_of(step_s), np.isfinite(values) & np.isfinite(expect.mean)
    parts = [_short(values, expect, clock, step_s)]
    parts += [_over(window(values, expect, width=width, step_s=step_s)) for width in (clock.middle, clock.day)]
    return np.where(known, np.mean(np.log1p(parts), axis=0), 0.0)


def _daily(values: Floats, expect: Expected, step_s: float) -> Floats:
    known = np.isfinite(values) & np.isfinite(expect.mean)
    p = together((_since(values, expect, width, step_s) for width in DAY_WINDOWS), DAY_WEIGHTS)
    return np.where(known, np.minimum(DAY_SCALE * -np.log(p), DAY_MOST), 0.0)


def _since(values: Floats, expect: Expected, width: int, step_s: float) -> Floats:
    """Return the probability of so much in the last ``width`` rows by what was expected before them."""
    seen, mean = foreseen(values, expect, width=width)
    spread = past_spread(seen, mean, width=width, keep=_keep(step_s)) + 1.0 / np.maximum(expect.information, 1.0)
    return np.where(np.arange(len(values)) >= width, at_least(seen, mean, spread), 1.0)


def _keep(step_s: float) -> float:
    return float(0.5 ** (1.0 / max(SPREAD_DAYS * DAY_S / step_s, SPREAD_ROWS)))


def _short(values: Floats, expect: Expected, clock: Clock, step_s: float) -> Floats:
    """Return the excess of the shortest window that expects a mention or more; of the longest where none does."""
    found = _over(window(values, expect, width=clock.short[-1], step_s=step_s))
    usual = usual_row(expect, clock)
    for width in clock.short[-2::-1]:
        if np.any(enough := usual * width >= 1.0):
            found = np.where(enough, _over(window(values, expect, width=width, step_s=step_s)), found)
    return found


def _over(one: Sums) -> Floats:
    return excess(one.seen, one.mean, one.spread)


def usual_row(expect: Expected, clock: Clock) -> Floats:
    """Return the mean that a row of the last day expects, hours evened out."""
    return trailing(np.nan_to_num(expect.mean), clock.day) / clock.day


def window(values: Floats, expect: Expected, *, width: int, step_s: float) -> Sums:
    """Return the sums over ``width`` rows; a missing row is neither seen nor expected."""
    known = np.isfinite(values) & np.isfinite(expect.mean)
    seen = trailing(np.where(known, values, 0.0), width)
    mean = np.maximum(trailing(np.where(known, expect.mean, 0.0), width), 1e-6)
    return Sums(seen, mean, past_spread(seen, mean, width=width, keep=_keep(step_s)))


def loud(values: Floats, expect: Expected, level: Floats, *, step_s: float) -> NDArray[np.bool_]:
    """Return where ``level`` is more than mere noise reaches; of short rows, where something sudden is in it too."""
    noisy = level >= noise_evidence(expect, step_s)
    return noisy if step_s >= HOUR_S else noisy & sudden(values, expect, step_s=step_s)


def sudden(values: Floats, expect: Expected, *, step_s: float) -> NDArray[np.bool_]:
    """Return where a burst has begun within three hours, as no swing of the series' own level does.

    A swing lifts all windows for hours, and they agree; but it has lifted the hours before, too. So an hour or less is
    judged by the level of the three hours before it. What climbs more slowly must make three hours as rare by what is
    expected at all.
    """
    clock = clock_of(step_s)
    whole = window(values, expect, width=clock.middle, step_s=step_s)
    slowly = at_least(whole.seen, whole.mean, whole.spread + 1.0 / np.maximum(expect.information, 1.0))
    at_once = np.min([_beside(values, expect, width, clock.middle, step_s) for width in clock.begins], axis=0)
    lately = sliding_window_view(np.concatenate([np.ones(clock.middle), at_once]), clock.middle).min(axis=1)[1:]
    return np.asarray(np.minimum(lately, slowly) <= SUDDEN)


def _beside(values: Floats, expect: Expected, width: int, before: int, step_s: float) -> Floats:
    """Return the probability of so much in the last ``width`` rows by the level of the ``before`` rows before them."""
    near = beside(values, expect, width=width, before=before)
    spread = past_spread(near.seen, near.usual, width=width, keep=_keep(step_s)) + 1.0 / near.information
    return at_least(near.seen, near.mean, spread)


def noise_evidence(expect: Expected, step_s: float) -> Floats:
    """Return, per row, the evidence that mere noise (weekdays, hours, overdispersion) reaches at most once a year.

    Short rows with few mentions reach more, because a count jumps; daily rows with many, because few are then exact.
    """
    if HOUR_S <= step_s < DAY_S:
        return np.full(len(expect.mean), NOISE_HOURS)
    usual = np.log(np.maximum(usual_row(expect, clock_of(step_s)), 1e-6))
    if step_s >= DAY_S:
        few, many = NOISE_DAYS
        return np.clip(few + 0.05 * (usual - math.log(10.0)), few, many)
    many, few = NOISE_MINUTES
    return np.clip(many + 0.03 - 0.05 * usual, many, few)


def episodes(rare: Iterable[int], *, calm: float, gap: int, week: float) -> tuple[int, ...]:
    """Return the rows, out of those that are rare, where an episode begins.

    One is told at least ``calm`` rows after the last, and never while rare rows follow on each other within ``gap``.
    There are at most three more of them than weeks of ``week`` rows, however wild the series.
    """
    found: list[int] = []
    before, tokens, at = -gap, FIRST_TOKENS, 0
    for row in rare:
        new, before = row - before >= gap, row
        if not new or (found and row - found[-1] < calm):
            continue
        tokens, at = min(MOST_TOKENS, tokens + (row - at) / week), row
        if tokens >= 1.0:
            found.append(row)
            tokens -= 1.0
    return tuple(found)


def _scores(wait: Floats, bar: float, alerts: Sequence[int]) -> Floats:
    """Return w / (w + w0), w blocks being the wait and w0 that of an alert; halved except where an episode begins.

    So 0.9 is what the series shows in nine times as long as what makes an alert.
    """
    whole = np.where(wait > 0.0, 1.0 / (1.0 + np.exp(np.minimum(bar - wait, 50.0))), 0.0)
    found: Floats = whole * 0.5
    at = np.array(alerts, dtype=np.int64)
    found[at] = whole[at]
    return found
