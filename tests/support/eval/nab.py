"""The Numenta Anomaly Benchmark's score, standard profile, written from its published definition.

Source: Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms: the Numenta Anomaly Benchmark" (ICMLA
2015). A detection inside a window earns up to 1, the earlier the more, and only the best of a window counts; a window
missed costs 1; every row over the threshold outside a window costs up to 0.11, less just behind a window. The first
15% of the rows (of at most 5,000) are probation. One threshold serves all series, and is the one that scores best.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

FALSE_POSITIVE = 0.11
MISSED = 1.0


@dataclass(frozen=True, slots=True)
class Series:
    """One brand's scores with its labelled windows, as first and last row (both within)."""

    name: str
    scores: Sequence[float]
    windows: tuple[tuple[int, int], ...]


def scaled_sigmoid(position: float) -> float:
    """Return the worth at a position relative to a window: -1 is its left edge, 0 its right one, above is behind it."""
    return -1.0 if position > 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


def probation(rows: int) -> int:
    """Return how many first rows are not scored."""
    return int(min(math.floor(0.15 * rows), 0.15 * 5000))


def _points(series: Series) -> list[tuple[float, int | None, float]]:
    """Return (score, window or None, worth) for each row after the probation."""
    found: list[tuple[float, int | None, float]] = []
    past: tuple[int, int] | None = None
    queue = list(enumerate(series.windows))
    for row, value in enumerate(series.scores):
        while queue and row > queue[0][1][1]:
            past = queue.pop(0)[1]
        window: int | None = None
        if queue and row >= queue[0][1][0]:
            window, (first, last) = queue[0]
            worth = scaled_sigmoid(-(last - row + 1) / (last - first + 1)) / scaled_sigmoid(-1.0)
        else:
            behind = 3.0 if past is None else (row - past[1]) / (past[1] - past[0])
            worth = FALSE_POSITIVE * scaled_sigmoid(behind) if past is not None else -FALSE_POSITIVE
        if row >= probation(len(series.scores)):
            found.append((value, window, worth))
    return found


def best(all_series: Sequence[Series]) -> tuple[float, float]:
    """Return the normalised score (0 detects nothing, 100 is perfect) and the one threshold that gives it."""
    points = [(value, (s.name, window), worth) for s in all_series for value, window, worth in _points(s)]
    points.sort(key=lambda point: -point[0])
    windows = sum(len(s.windows) for s in all_series)
    held: dict[tuple[str, int | None], float] = {}
    raw, top, at = -MISSED * windows, -MISSED * windows, 1.1
    for index, (value, key, worth) in enumerate(points):
        if key[1] is None:
            raw += worth
        elif worth > held.get(key, -MISSED):
            raw += worth - held.get(key, -MISSED)
            held[key] = worth
        if (index + 1 == len(points) or points[index + 1][0] != value) and raw > top:
            top, at = raw, value
    return 100.0 * (top + MISSED * windows) / ((1.0 + MISSED) * windows), at


def at_threshold(all_series: Sequence[Series], threshold: float) -> float:
    """Return the normalised score where every row at or over ``threshold`` is a detection."""
    flat = [Series(s.name, [1.0 if value >= threshold else 0.0 for value in s.scores], s.windows) for s in all_series]
    raw = 0.0
    windows = sum(len(s.windows) for s in all_series)
    for s in flat:
        held = dict.fromkeys(range(len(s.windows)), -MISSED)
        for value, window, worth in _points(s):
            if value < 1.0:
                continue
            if window is None:
                raw += worth
            else:
                held[window] = max(held[window], worth)
        raw += sum(held.values())
    return 100.0 * (raw + MISSED * windows) / ((1.0 + MISSED) * windows)
