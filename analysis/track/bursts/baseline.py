"""What a count series leads one to expect of its next row: a negative-binomial baseline that looks back only.

Level: an exponentially weighted mean of winsorised, deseasonalised counts, so that a burst hardly moves it and a drift
does; where few mentions are remembered, a ten times longer memory is leaned on. Pattern: a ratio for each hour of
work days and weekends, or for each weekday where rows are days, shrunk towards 1. Formulas: ``docs/statistics.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

HOUR_S = 3_600.0
DAY_S = 86_400.0
WEEK_S = 7 * DAY_S

LEVEL_STRENGTH = 30.0  # mentions that the longer memory counts for in the level
SPREAD_START = 0.3  # overdispersion believed before any is seen
SPREAD_WINDOWS = 5.0  # past windows that this counts for; less is believed of longer windows, by their root
SPREAD_RANGE = (0.02, 5.0)
PATTERN_DAYS = 182.0  # half-life of the pattern
PATTERN_PRIOR = (4.0, 4.0, 14.0)  # days that no pattern is believed for: of the hour, the day, both together
LEAST_RATIO = 0.02
FEWEST_ROWS = 10.0  # the level's half-life is never shorter


@dataclass(frozen=True, slots=True)
class Expected:
    """Per row, before it was seen: the mean expected (NaN for the first), how many mentions that rests on, the level.

    The mean is the level times the row's pattern.
    """

    mean: Floats
    information: Floats
    level: Floats


def places(start: datetime, step_s: float, rows: int) -> tuple[Places, Places]:
    """Return each row's hour, or -1 where rows are days or longer, and its weekday, always 0 where they are longer."""
    offset = start.weekday() * DAY_S + start.hour * HOUR_S + start.minute * 60 + start.second
    at = offset + step_s * np.arange(rows)
    day = (at // DAY_S).astype(np.int64) % 7 if step_s <= DAY_S else np.zeros(rows, dtype=np.int64)
    hour = (at // HOUR_S).astype(np.int64) % 24 if step_s < DAY_S else np.full(rows, -1, dtype=np.int64)
    return hour, day


def expected(values: Floats, where: tuple[Places, Places], *, step_s: float, memory_days: float) -> Expected:
    """Return what each row's past leads one to expect. A missing row (NaN) is passed over and teaches nothing."""
    keep = 0.5 ** (1.0 / max(memory_days * DAY_S / step_s, FEWEST_ROWS))
    slow = 0.5 ** (0.1 / max(memory_days * DAY_S / step_s, FEWEST_ROWS))
    pattern = _Pattern(step_s)
    mean, information, levels = np.full(len(values), np.nan), np.zeros(len(values)), np.full(len(values), np.nan)
    total = weight = far_total = far_weight = err = square = 0.0
    spread = SPREAD_START
    for row, (count, hour, day) in enumerate(zip(values.tolist(), *(one.tolist() for one in where), strict=True)):
        if far_weight == 0.0:
            level = ratio = expect = 1.0
        else:
            longer = (far_total + 0.5) / (far_weight + 1.0)
            level = (total + LEVEL_STRENGTH) / (weight + LEVEL_STRENGTH / longer)
            ratio = pattern.ratio(hour, day)
            mean[row] = expect = level * ratio
            information[row], levels[row] = total + min(LEVEL_STRENGTH, far_total), level
        if count != count:
            continue
        if far_weight == 0.0:
            level = expect = max(count, 0.5)
        held = min(count, expect + max(3.0, 3.0 * math.sqrt(expect + spread * expect * expect)))
        if far_weight > 20.0:
            err, square = err * slow + (held - expect) ** 2 - expect, square * slow + expect * expect
            spread = (err + 5.0 * SPREAD_START * expect * expect) / (square + 5.0 * expect * expect)
            spread = min(SPREAD_RANGE[1], max(SPREAD_RANGE[0], spread))
        total, weight = total * keep + held / ratio, weight * keep + 1.0
        far_total, far_weight = far_total * slow + held / ratio, far_weight * slow + 1.0
        pattern.learn(hour, day, row, held, level)
    return Expected(mean, information, levels)


class _Pattern:
    """The level times a ratio for the hour, one for the kind of day, and one for both together.

    Each is drawn to 1, the third most, so that it speaks only where the other two fall short.
    """

    __slots__ = ("_both", "_day", "_hour")

    def __init__(self, step_s: float) -> None:
        per_hour, per_day = max(1.0, HOUR_S / step_s), max(1.0, DAY_S / step_s)
        self._hour = _Ratios(24, PATTERN_PRIOR[0] * per_hour, step_s)
        self._day = _Ratios(7, PATTERN_PRIOR[1] * per_day, step_s)
        self._both = _Ratios(48, PATTERN_PRIOR[2] * per_hour, step_s)

    def ratio(self, hour: int, day: int) -> float:
        if hour < 0:
            return self._day.at[day]
        return self._hour.at[hour] * self._day.at[day] * self._both.at[hour + 24 * (day >= 5)]

    def learn(self, hour: int, day: int, row: int, held: float, level: float) -> None:
        if hour < 0:
            self._day.learn(day, row, held, level)
            return
        both = hour + 24 * (day >= 5)
        by_hour, by_day, joint = self._hour.at[hour], self._day.at[day], self._both.at[both]
        self._hour.learn(hour, row, held, level * by_day * joint)
        self._day.learn(day, row, held, level * by_hour * joint)
        self._both.learn(both, row, held, level * by_hour * by_day)


class _Ratios:
    """What was counted over what was expected, by place, with a half-life of half a year and a prior in rows."""

    __slots__ = ("_half", "_have", "_last", "_prior", "_rows", "_want", "at")

    def __init__(self, size: int, prior: float, step_s: float) -> None:
        self.at = [1.0] * size
        self._have, self._want, self._rows, self._last = [0.0] * size, [0.0] * size, [0.0] * size, [0] * size
        self._half, self._prior = PATTERN_DAYS * DAY_S / step_s, prior

    def learn(self, place: int, row: int, held: float, expect: float) -> None:
        fade = 0.5 ** ((row - self._last[place]) / self._half)
        have = self._have[place] * fade + held
        want = self._want[place] * fade + expect
        rows = self._rows[place] * fade + 1.0
        self._have[place], self._want[place], self._rows[place], self._last[place] = have, want, rows, row
        prior = self._prior * want / rows
        self.at[place] = max(LEAST_RATIO, (have + prior) / (want + prior)) if want > 0.0 else 1.0
