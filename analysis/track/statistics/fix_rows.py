"""The rows that a verdict on a fix may rest on: outages out, controls on one scale, each row in its block."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analysis.track.bursts.baseline import DAY_S, WEEK_S, places
from analysis.track.statistics.counts_model import Floats, Rows

RAMP_SHARE = 0.15  # of the rows after shipping, and at most a week: users take up a fix bit by bit
FEW_DAYS = 14  # on either side, under which days are too coarse


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A competitor's complaints on the same theme, and the mentions (or the time) among which they were counted."""

    counts: Sequence[float | None]
    exposure: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class FixData:
    """The rows that count: ours, the sum with the controls (None without controls), offset, time and side.

    A row here is ``unit`` rows of the series; ``row`` counts them from the day of shipping.
    """

    ours: Floats
    totals: Floats | None
    offset: Floats
    row: Rows
    after: Floats
    place: Rows
    block: Rows
    unit: int
    notes: tuple[str, ...]


def gather(
    ours: Sequence[float | None],
    exposure: Sequence[float | None],
    controls: Sequence[Control],
    shipped: int,
    outages: Sequence[tuple[int, int]],
    start: datetime,
    step_s: float,
) -> FixData:
    """Return the rows to judge by; raises ``ValueError`` where lengths differ or ``shipped`` is outside the rows."""
    rows = len(ours)
    if not 0 < shipped < rows:
        raise ValueError(f"shipped_row is {shipped}, and must lie within the {rows} rows, with one before it at least")
    mine, mine_exposure = _series("ours", ours, rows), _exposure("ours_exposure", exposure, rows)
    theirs = [_series(f"control {at}", one.counts, rows) for at, one in enumerate(controls)]
    their_exposure = [_exposure(f"exposure of control {at}", one.exposure, rows) for at, one in enumerate(controls)]
    keep = np.isfinite(mine) & (mine_exposure > 0.0)
    market = _watched(list(zip(theirs, their_exposure, strict=True)), keep)
    for counts, seen in market:
        keep &= np.isfinite(counts) & (seen > 0.0)
    out = np.zeros(rows, dtype=bool)
    for first, last in outages:
        out[max(0, first) : last + 1] = True
    ramp = int(min(WEEK_S / step_s, RAMP_SHARE * (rows - shipped)))
    settling = np.zeros(rows, dtype=bool)
    settling[shipped : shipped + ramp] = True
    notes = _notes(int((~keep | out).sum()), ramp, len(market), len(controls) - len(market))
    at = np.flatnonzero(keep & ~out & ~settling)
    unit = _unit(shipped, rows, step_s)
    bins, inverse = np.unique((at - shipped) // unit, return_inverse=True)
    after = (bins >= 0).astype(np.float64)

    def total(values: Floats) -> Floats:
        return np.bincount(inverse, weights=values[at], minlength=len(bins)).astype(np.float64)

    own = _half_more(total(mine), after)
    offset, totals = np.log(total(mine_exposure)), None
    if market:
        picked = [(total(counts), total(seen)) for counts, seen in market]
        offset = offset - np.log(
            sum((_usual(counts, seen, after) * seen for counts, seen in picked), np.zeros(len(bins)))
        )
        totals = own + _half_more(sum((counts for counts, _ in picked), np.zeros(len(bins))), after)
    hour, day = places(start, step_s, rows)
    begin = np.clip(bins * unit + shipped, 0, rows - 1)
    place = day[begin] if step_s * unit >= DAY_S else hour[begin]
    return FixData(own, totals, offset, bins, after, place, _blocks(bins, rows / unit, step_s * unit), unit, notes)


def _unit(shipped: int, rows: int, step_s: float) -> int:
    """Return how many rows are judged as one: short rows are summed to days, or to six hours where days are few."""
    per_day = max(1, round(DAY_S / step_s))
    return per_day if min(shipped, rows - shipped) >= FEW_DAYS * per_day else max(1, per_day // 4)


def _series(name: str, values: Sequence[float | None], rows: int) -> Floats:
    if len(values) != rows:
        raise ValueError(f"{name} has {len(values)} rows and ours has {rows}: give every series the same rows")
    return np.array([math.nan if value is None else float(value) for value in values], dtype=np.float64)


def _exposure(name: str, values: Sequence[float | None], rows: int) -> Floats:
    return np.nan_to_num(_series(name, values, rows)) if len(values) else np.ones(rows)


def _half_more(counts: Floats, after: Floats) -> Floats:
    """Return the counts with half a mention spread over each side (Haldane 1956): none at all stays finite."""
    later = float(after.sum())
    return counts + np.where(after == 1.0, 0.5 / max(later, 1.0), 0.5 / max(len(after) - later, 1.0))


def _usual(counts: Floats, exposure: Floats, after: Floats) -> float:
    """Return a control's own rate, by which controls of different size are put on one scale."""
    early = after == 0
    return (float(counts[early].sum()) + 0.5) / max(float(exposure[early].sum()), 1e-9)


def _watched(controls: list[tuple[Floats, Floats]], ours: NDArray[np.bool_]) -> list[tuple[Floats, Floats]]:
    """Return the controls that are known in half of our rows or more; another would cost us the rest."""
    return [
        (counts, seen)
        for counts, seen in controls
        if 2 * int((np.isfinite(counts) & (seen > 0.0) & ours).sum()) >= int(ours.sum())
    ]


def _notes(left_out: int, ramp: int, controls: int, dropped: int) -> tuple[str, ...]:
    notes = []
    if dropped:
        notes.append(f"{dropped} competitors left out: they were watched in fewer than half of the rows")
    if left_out:
        notes.append(f"{left_out} rows left out: an outage, or nothing known")
    if ramp:
        first = "row" if ramp == 1 else f"{ramp} rows"
        notes.append(f"the first {first} after shipping left out: users take up a fix bit by bit")
    if not controls:
        notes.append("no competitor to compare with: judged by our own trend alone")
    return tuple(notes)


def _blocks(bins: Rows, number: float, step_s: float) -> Rows:
    """Return each row's block, from the day of shipping on: weeks where there are 12 or more, or shorter."""
    week = max(1, round(WEEK_S / step_s))
    block = bins // (week if number >= 12 * week else max(1, min(week, int(number // 12))))
    return block - int(block.min()) if len(block) else block


def only(data: FixData, rows: NDArray[np.bool_]) -> FixData:
    """Return the data of some rows."""
    totals = None if data.totals is None else data.totals[rows]
    return replace(
        data,
        ours=data.ours[rows],
        totals=totals,
        offset=data.offset[rows],
        row=data.row[rows],
        after=data.after[rows],
        place=data.place[rows],
        block=data.block[rows],
    )
