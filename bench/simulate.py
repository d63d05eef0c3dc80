"""How often the statistics of tracking are right, on generated streams with known truth: ``python -m bench.simulate``.

Five tables. Every figure is deterministic: generators are seeded here and passed in.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from rich.console import Console
from rich.table import Table

from analysis.track import backfill
from analysis.track.bursts.spikes import score
from analysis.track.statistics.complaint_days import ComplaintSeries
from analysis.track.statistics.emergence import Emerging, emerging
from analysis.track.statistics.fix_effect import Verdict, judge_fix
from bench import streams
from bench.streams import DAY_S, START, Counts, Market, Random

WEEK_S = 7 * DAY_S
STEPS = ((300, 16_000), (3600, 4_320), (DAY_S, 730))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseRow:
    """Alerts a week, and weeks with a score of 0.9, on streams without any burst."""

    step_s: int
    mean: float
    deviation: float
    weeks: float
    alerts: float
    high: float


def spikes_on_noise(
    rng: Random, *, streams_each: int, means: Sequence[float] = (0.02, 0.3, 3.0, 30.0)
) -> Iterator[NoiseRow]:
    """Yield one row for each step, mean and autocorrelation."""
    for step_s, rows in STEPS:
        for mean in means:
            for deviation in (0.0, 0.3):
                weeks = alerts = high = 0.0
                for _ in range(streams_each):
                    values = streams.noise(rng, rows, step_s, mean, deviation=deviation)
                    found = score(values.tolist(), start=START, step_s=step_s)
                    weeks += rows * step_s / WEEK_S
                    alerts += len(found.alerts)
                    high += sum(value >= 0.9 for value in found.scores)
                yield NoiseRow(
                    step_s=step_s, mean=mean, deviation=deviation, weeks=weeks, alerts=alerts / weeks, high=high / weeks
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerRow:
    """How many bursts of one size and shape were found, and how soon: the median of hours from their first row."""

    step_s: int
    mean: float
    times: float
    shape: str
    found: float
    hours: float


def spikes_on_bursts(rng: Random, *, streams_each: int) -> Iterator[PowerRow]:
    """Yield one row for each step, burst size and shape; a burst lasts 6 hours, or 4 days of daily rows."""
    for step_s, rows, mean in ((300, 8_000, 3.0), (3600, 1_440, 3.0), (DAY_S, 200, 10.0)):
        length = 4 if step_s == DAY_S else 6 * 3600 // step_s
        for times in (2.0, 3.0, 5.0, 10.0):
            for shape in ("plateau", "decay", "ramp"):
                waits = [
                    w for _ in range(streams_each) if (w := _wait(rng, rows, step_s, mean, times, shape, length)) >= 0
                ]
                hours = float(np.median(waits)) * step_s / 3600 if waits else float("nan")
                yield PowerRow(
                    step_s=step_s, mean=mean, times=times, shape=shape, found=len(waits) / streams_each, hours=hours
                )


def _wait(rng: Random, rows: int, step_s: int, mean: float, times: float, shape: str, length: int) -> int:
    """Return how many rows after its first row the burst was alerted, or -1."""
    values = streams.noise(rng, rows, step_s, mean, deviation=0.2)
    first = int(rng.integers(rows * 2 // 3, rows - 2 * length))
    values[first : first + length] += rng.poisson(mean * (times - 1.0) * streams.burst(shape, length))
    alerts = score(values.tolist(), start=START, step_s=step_s).alerts
    return next((row - first for row in alerts if first <= row < first + 2 * length), -1)


def judge_matrix(
    counts: Counts,
    *,
    first_day: int = 0,
    late: Counts | None = None,
    alive: Sequence[float] = (),
    thinned: bool = False,
) -> Emerging:
    """Return what emerges from a matrix of series x days; ``thinned``: all of it was read back from thin archives."""
    days = [START.date() + timedelta(days=first_day + at) for at in range(counts.shape[1])]
    whole = dict(zip(days, counts.sum(axis=0).tolist(), strict=True))
    archive = backfill.seen(days, 7, {}, whole, watched=(0.0,) * len(days))
    rows = [
        ComplaintSeries(
            brand="ours",
            topic="topic",
            phrase=str(at),
            counts=row,
            late=() if late is None else late[at].tolist(),
            exposure=archive.without(row) if thinned else alive,
            authors=9,
            stories=9,
        )
        for at, row in enumerate(counts.tolist())
    ]
    return emerging(rows, start=START.date() + timedelta(days=first_day))


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseRow:
    """Weekly judgements of streams without any surge: the share with at least one discovery, all of them false."""

    what: str
    judgements: int
    false: float


def emerging_on_noise(rng: Random, *, series: int, weeks: int) -> Iterator[FalseRow]:
    """Yield how often a year of weekly judgements finds what is not there; wire copies show why stories count."""
    past = 120
    for what in ("plain", "autocorrelated", "outages", "backfill", "syndicated, each copy counted", "first crawl"):
        counts, _ = streams.complaint_matrix(
            rng, series, past + 7 * weeks, deviation=0.3 if what == "autocorrelated" else 0.0
        )
        false = sum(bool(_week(rng, counts[:, 7 * at : 7 * at + past + 7], 7 * at, what).risen) for at in range(weeks))
        yield FalseRow(what=what, judgements=weeks, false=false / weeks)


def _week(rng: Random, counts: Counts, first: int, what: str) -> Emerging:
    if what == "outages":
        silent = rng.choice(counts.shape[1], 12, replace=False).tolist()
        alive = [0.0 if day in silent else 1.0 for day in range(counts.shape[1])]
        return judge_matrix(streams.without(counts, silent), first_day=first, alive=alive)
    if what == "backfill":
        # A source is read for the first time: its newest posts arrive at once, most of them from the last days.
        recent = np.exp(-np.arange(counts.shape[1])[::-1] / 5.0)
        return judge_matrix(counts, first_day=first, late=rng.poisson(5.0 * (counts + 0.2) * recent))
    if what == "first crawl":
        # All of it was read back today, from archives that keep a tenth of what is old and everything that is new.
        kept = rng.binomial(counts, 0.1 + 0.9 * np.exp(-np.arange(counts.shape[1])[::-1] / 20.0))
        return judge_matrix(kept, first_day=first, thinned=True)
    if what.startswith("syndicated"):
        return judge_matrix(streams.syndicated(rng, counts), first_day=first)
    return judge_matrix(counts, first_day=first)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurgeRow:
    """How many surges of one size were found within a week, how soon, and the false discovery rate at its end."""

    times: float
    mean: str
    found: float
    days: float
    false: float


def emerging_on_surges(rng: Random, *, trials: int, series: int = 200, surges: int = 10) -> Iterator[SurgeRow]:
    """Yield one row for each size of surge; a list of series is judged daily for a week after ten of them rise."""
    for low, high in ((0.02, 0.3), (0.3, 2.0), (2.0, 10.0)):
        for times in (2.0, 3.0, 5.0, 10.0):
            delays: list[int] = []
            false, total = 0.0, 0
            for _ in range(trials):
                counts, means = streams.complaint_matrix(rng, series, 134, deviation=0.2)
                risen = np.flatnonzero((means >= low) & (means < high))[:surges]
                counts[risen, 127:] += rng.poisson(means[risen, None] * (times - 1.0), (len(risen), 7))
                seen: dict[int, int] = {}
                for day in range(1, 8):
                    for one in judge_matrix(counts[:, day : 127 + day], first_day=day).risen:
                        seen.setdefault(int(one.phrase), day)
                total += len(risen)
                hits = set(seen) & set(risen.tolist())
                delays += [seen[at] for at in hits]
                last = {int(one.phrase) for one in judge_matrix(counts[:, 7:], first_day=7).risen}
                false += len(last - set(risen.tolist())) / max(1, len(last))
            days = float(np.median(delays)) if delays else float("nan")
            yield SurgeRow(
                times=times,
                mean=f"{low:g} to {high:g}",
                found=len(delays) / max(1, total),
                days=days,
                false=false / trials,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRow:
    """Verdicts on one kind of stream: share of intervals that cover the true effect, and of each word."""

    what: str
    covered: float
    worked: float
    worse: float
    none: float
    little: float
    back: float


PLAIN = Market()
MARKETS: dict[str, Market] = {
    "no effect": PLAIN,
    "no effect, outages": replace(PLAIN, outages=2),
    "no effect, market shifts": replace(PLAIN, shift=0.7),
    "no effect, outages and shift": replace(PLAIN, outages=2, shift=0.7),
    "no effect, one competitor": replace(PLAIN, controls=1),
    "no effect, no competitor": replace(PLAIN, controls=0),
    "no effect, few mentions": replace(PLAIN, rate=0.5),
    "no effect, many mentions": replace(PLAIN, rate=30.0),
    "no effect, short": replace(PLAIN, before=35, after=21),
    "no effect, slow swings": replace(PLAIN, deviation=0.3, memory_days=15.0),
    "30% fewer": replace(PLAIN, effect=-0.3),
    "50% fewer": replace(PLAIN, effect=-0.5),
    "50% fewer, outages and shift": replace(PLAIN, effect=-0.5, outages=2, shift=0.7),
    "50% fewer, taken up in 2 weeks": replace(PLAIN, effect=-0.5, ramp_days=14),
    "50% fewer, few mentions": replace(PLAIN, effect=-0.5, rate=0.5),
    "50% more": replace(PLAIN, effect=0.5),
    "60% fewer, then back": replace(PLAIN, effect=-0.6, after=84, rate=10.0, returns=True),
}


def verdict_on(rng: Random, market: Market) -> Verdict:
    """Return the verdict on one stream."""
    stream = streams.fix_stream(rng, market)
    return judge_fix(
        stream.ours,
        stream.exposure,
        stream.controls,
        shipped_row=market.before,
        outages=stream.outages,
        start=START,
        step_s=DAY_S,
    )


def fixes_on(rng: Random, what: str, *, trials: int) -> FixRow:
    """Return how the verdicts on ``trials`` streams of one kind of market fall out."""
    market = MARKETS[what]
    found = [verdict_on(rng, market) for _ in range(trials)]
    told = [one for one in found if one.low is not None and one.high is not None]
    covered = sum(one.low <= market.effect <= one.high for one in told if one.low is not None and one.high is not None)
    words = Counter(one.word for one in found)
    return FixRow(
        what=what,
        covered=covered / max(1, len(told)),
        worked=words["worked"] / trials,
        worse=words["worse"] / trials,
        none=words["no effect seen"] / trials,
        little=words["too little data"] / trials,
        back=words["came back"] / trials,
    )


def _print(console: Console, title: str, rows: Sequence[object]) -> None:
    table = Table(title=title, title_justify="left")
    names = list(rows[0].__dataclass_fields__)  # type: ignore[attr-defined]
    for name in names:
        table.add_column(name)
    for row in rows:
        values = [getattr(row, name) for name in names]
        table.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in values))
    console.print(table)


def main(scale: float = 1.0) -> None:
    """Print every table; ``scale`` multiplies the number of streams."""
    console = Console(width=150)

    def times(count: int) -> int:
        return max(1, round(count * scale))

    seed = np.random.default_rng
    _print(console, "Spikes: false alerts a week on noise", list(spikes_on_noise(seed(1), streams_each=times(10))))
    _print(console, "Spikes: bursts found", list(spikes_on_bursts(seed(2), streams_each=times(30))))
    _print(
        console,
        "Emerging: weeks with a false discovery, 100 series a year, q = 0.05",
        list(emerging_on_noise(seed(3), series=100, weeks=times(52))),
    )
    _print(console, "Emerging: surges found", list(emerging_on_surges(seed(4), trials=times(10))))
    _print(
        console,
        "Fixes: verdicts",
        [fixes_on(seed(100 + at), what, trials=times(500)) for at, what in enumerate(MARKETS)],
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
