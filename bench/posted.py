"""Streams of mentions made of the times at which people really posted, with bursts that are real discussions.

Hours and weekdays are those of the saved answers of a discussion site and of the sample's posts; a story draws the
delays of a real small thread, so that mentions come in clusters; a burst draws those of the largest threads.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np

from analysis.track.bursts.baseline import Floats
from bench.streams import DAY_S, START, Random
from tests.support.eval import sample_mentions
from tests.support.shared import WEB

STEP_S = 300
DAYS = 55  # as long as the benchmark's series
BURSTS = 4
FIRST_DAYS = 10  # nothing is planted before
LARGE = 13  # posts from which a thread serves as a burst
TIMES, SPAN_S = 4.0, 3 * 3_600  # a burst has so many times what is usual in the span, and eight posts at least
FEWEST = 8.0
WINDOW_S = 12 * 3_600  # from a burst's first row on, an alert is right for so long
HOURS = 168  # of a week


@dataclass(frozen=True, slots=True)
class Posted:
    """Real times: the share of each hour of the week against the mean, and threads' delays in seconds."""

    hours: Floats
    small: tuple[Floats, ...]
    large: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """Five-minute counts with the windows of their bursts, first and last row."""

    values: Floats
    start: datetime
    step_s: float
    windows: tuple[tuple[int, int], ...]


@cache
def posted() -> Posted:
    """Return the times of the saved answers and of the sample's posts."""
    by_thread: dict[str, set[float]] = {}
    for path in sorted((WEB / "reddit-json").glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for one in _things(json.load(stream)):
                thread = str(one.get("link_id") or one.get("name") or "")
                by_thread.setdefault(thread, set()).add(float(one["created_utc"]))
    hours = np.ones(HOURS)
    for at in {at for posts in by_thread.values() for at in posts}:
        hours[_hour(datetime.fromtimestamp(at, tz=UTC))] += 1.0
    for entry in sample_mentions.entries():
        hours[_hour(entry.at(sample_mentions.TODAY))] += 1.0
    threads = [np.sort(np.array(list(posts))) for _, posts in sorted(by_thread.items())]
    delays = [one - one[0] for one in threads]
    smooth = np.convolve(np.concatenate([hours[-2:], hours, hours[:2]]), np.ones(5) / 5.0, mode="valid")
    return Posted(
        smooth / smooth.mean(),
        tuple(one for one in delays if len(one) < LARGE),
        tuple(one for one in delays if len(one) >= LARGE),
    )


def _things(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of an answer that tells when it was made."""
    if isinstance(value, dict):
        if isinstance(value.get("created_utc"), int | float):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _things(one)


def _hour(at: datetime) -> int:
    return at.weekday() * 24 + at.hour


def stream(rng: Random, *, a_day: float) -> Stream:
    """Return one stream of ``a_day`` mentions a day with four bursts, none in the first ten days."""
    real, rows = posted(), DAYS * DAY_S // STEP_S
    size = float(np.mean([len(one) for one in real.small]))
    rate = np.tile(real.hours, -(-DAYS * 24 // HOURS))[: DAYS * 24] * a_day / size / 24
    hours = np.repeat(np.arange(DAYS * 24), rng.poisson(rate))
    began = (hours + rng.random(len(hours))) * 3_600.0
    chosen = rng.integers(len(real.small), size=len(began)).tolist()
    told = [first + real.small[at] for first, at in zip(began.tolist(), chosen, strict=True)]
    days = np.sort(rng.choice(np.arange(FIRST_DAYS, DAYS - 2, 3), BURSTS, replace=False))
    planted = (days + rng.random(BURSTS)) * DAY_S
    many = max(FEWEST, TIMES * a_day * SPAN_S / DAY_S)
    for first in planted.tolist():
        delays = real.large[rng.integers(len(real.large))]
        told.append(first + np.append(0.0, rng.choice(delays, rng.poisson(many))))
    counts, _ = np.histogram(np.concatenate(told), bins=rows, range=(0.0, rows * float(STEP_S)))
    windows = tuple((int(first // STEP_S), int((first + WINDOW_S) // STEP_S)) for first in planted.tolist())
    return Stream(counts.astype(np.float64), START, float(STEP_S), windows)
