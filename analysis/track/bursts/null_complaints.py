"""What chance alone makes of all complaint series together: their past days, put together anew (``nulls``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.track.bursts.baseline import SPREAD_START, Floats
from analysis.track.bursts.nulls import NullWeeks, Random, chosen_days
from analysis.track.statistics.complaint_days import ComplaintSeries, Days, JudgedDays, arrays

WEEK = 7


class Judge(Protocol):
    """What judges the end of a table of days: ``emergence.judge_days`` or, for falls, ``stopping.judge_table``."""

    def __call__(self, table: Days, brands: Sequence[str], *, start: date, period_days: int) -> JudgedDays: ...


def null_complaints(
    rng: Random,
    series: Sequence[ComplaintSeries],
    *,
    start: date,
    period_days: int,
    weeks: int,
    judge: Judge,
    tells: Callable[[JudgedDays], NDArray[np.bool_]],
) -> NullWeeks:
    """Return what ``judge`` makes of the series in ``weeks`` without news, judged once a week.

    Days are drawn for all series alike, so that what moves together in fact does so here. ``tells``: which series fire
    if their probability allows it.
    """
    table = _calm(arrays(series, period_days), period_days)
    days, brands = table[0].shape[1], [one.brand for one in series]
    # The past ends on the weekday before the period, and so does what is made of it.
    wanted, first = days + period_days, start - timedelta(days=period_days)
    p, fires = np.ones((len(series), weeks)), np.zeros((len(series), weeks), dtype=np.bool_)
    for week in range(weeks):
        chosen = chosen_days(rng, days, wanted)
        counts, late, exposure, behind = (part[:, chosen] for part in table)
        judged = judge((counts, late, exposure, behind), brands, start=first, period_days=period_days)
        p[:, week], fires[:, week] = judged.p, tells(judged)
    return NullWeeks(p, fires)


def _calm(table: Days, period_days: int) -> Days:
    """Return the days before the period, each count held at three standard deviations over the series' own rate."""
    counts, late, exposure, behind = (part[:, :-period_days] for part in table)
    rate = (counts + late).sum(axis=1) / np.maximum((exposure + behind).sum(axis=1), 1e-9)
    return _held(counts, rate[:, None] * exposure), _held(late, rate[:, None] * behind), exposure, behind


def _held(counts: Floats, mean: Floats) -> Floats:
    return np.minimum(counts, np.floor(mean + np.maximum(3.0, 3.0 * np.sqrt(mean + SPREAD_START * mean**2))))
