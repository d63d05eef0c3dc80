"""How soon bursts are found, beside simple peers in the same run: ``python -m bench.bursts [scale] [part ...]``.

Every detector but Candor's two gets the bar at which noise of the same clock gives it one false episode a series and
year, so that power is compared at one price. Tables: false episodes on noise; delay and power by size, shape and
mean; falls; time a row. The parts are ``noise``, ``hours`` (noise of hourly rows), ``days``, ``minutes`` (bursts of
either clock), ``falls`` and ``speed``; without any all are printed. Each part has seeds of its own, so that parts say
what the whole says.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import numpy as np
from rich.console import Console

from analysis.track.bursts.baseline import HOUR_S, Floats
from analysis.track.bursts.falls import falls
from analysis.track.statistics.complaint_days import ComplaintSeries
from analysis.track.statistics.stopping import fallen
from bench import streams
from bench.peers import OURS, PEERS, Alerting, alerting, bars
from bench.streams import DAY_S, START, Random
from bench.tables import shown

MINUTES_S = 300
MOST_A_YEAR = 1.0
SIZES = (1.5, 2.0, 3.0, 5.0, 10.0)
SHAPES = ("step", "spike", "ramp", "echo")
PARTS = ("noise", "hours", "days", "minutes", "falls", "speed")
DEVIATION = 0.2
TRIALS_DAYS, TRIALS_MINUTES = 240, 12  # series a burst: medians of 40 daily ones moved by a day from run to run


Detectors = Mapping[str, Mapping[int, Alerting]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Series of one clock and mean: rows of ``step_s``, ``rows`` of them, ``mean`` a row.

    In rows: a ``spike`` lasts for ``short``, a ramp takes ``long`` to its top; what is told within ``horizon`` counts.
    """

    name: str
    step_s: int
    rows: int
    mean: float
    short: int
    long: int
    horizon: int


def by_day(mean: float) -> Setting:
    """Return a year of daily rows: a spike is a day, a ramp takes a week, two weeks are given."""
    return Setting(name=f"{mean:g} a day", step_s=DAY_S, rows=364, mean=mean, short=1, long=7, horizon=14)


def by_minutes(mean: float) -> Setting:
    """Return five weeks of five-minute rows: a spike is an hour, a ramp takes three, a day is given."""
    return Setting(
        name=f"{mean:g} in 5 minutes", step_s=MINUTES_S, rows=10_080, mean=mean, short=12, long=36, horizon=288
    )


def by_hour(mean: float) -> Setting:
    """Return half a year of hourly rows: a spike is six hours, a ramp takes a day, three days are given."""
    return Setting(name=f"{mean:g} an hour", step_s=3600, rows=4368, mean=mean, short=6, long=24, horizon=72)


HOURS = tuple(map(by_hour, (0.1, 0.3, 1.0, 3.0, 30.0)))
SETTINGS = (*map(by_day, (0.3, 1.0, 3.0, 10.0, 100.0)), *map(by_minutes, (0.3, 3.0, 30.0)))


def noise(rng: Random, setting: Setting, *, deviation: float = DEVIATION) -> Floats:
    """Return one series without a burst: weekdays, hours, drift, overdispersion, autocorrelation."""
    return streams.noise(rng, setting.rows, setting.step_s, setting.mean, deviation=deviation).astype(np.float64)


def shape_of(name: str, setting: Setting) -> Floats:
    """Return what a burst adds over its horizon, 1 at its highest.

    ``step``: it stays. ``spike``: short. ``ramp``: it climbs, then stays. ``echo``: a spike, a pause of three times its
    length, half of it again.
    """
    at = np.arange(setting.horizon)
    if name == "step":
        return np.ones(setting.horizon)
    if name == "ramp":
        return np.minimum((at + 1.0) / setting.long, 1.0)
    spike = (at < setting.short).astype(np.float64)
    if name == "spike":
        return spike
    return spike + 0.5 * ((at >= 4 * setting.short) & (at < 5 * setting.short))


def detectors(rng: Random, settings: Sequence[Setting], *, series: int) -> dict[str, dict[int, Alerting]]:
    """Return name -> clock -> detector; a peer's bar is set on noise of its own, over all means of the clock."""
    found: dict[str, dict[int, Alerting]] = {name: {} for name in (*OURS, *PEERS)}
    for step_s in sorted({one.step_s for one in settings}):
        made = [noise(rng, one) for one in settings if one.step_s == step_s for _ in range(series)]
        for name, ours in OURS.items():
            found[name][step_s] = ours
        for name, level in PEERS.items():
            found[name][step_s] = alerting(level, bars(level, made, step_s=step_s, most_a_year=MOST_A_YEAR))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseEpisodes:
    """False episodes a series and year, by detector, on noise of one setting and swing."""

    setting: str
    swings: float
    years: float
    a_year: Mapping[str, float]


def false_episodes(rng: Random, who: Detectors, settings: Sequence[Setting], *, series: int) -> Iterator[FalseEpisodes]:
    """Yield a row for each setting, without and with autocorrelation."""
    for setting in settings:
        years = series * setting.rows * setting.step_s / (365.25 * DAY_S)
        for deviation in (0.0, 0.3):
            made = [noise(rng, setting, deviation=deviation) for _ in range(series)]
            counts = {
                name: sum(len(by_clock[setting.step_s](one, START, setting.step_s)) for one in made) / years
                for name, by_clock in who.items()
            }
            yield FalseEpisodes(setting=setting.name, swings=deviation, years=years, a_year=counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How many bursts of one kind were told within the horizon, and how long after they began: the median, in hours.

    A row is told when it ends, so that a burst told in its first row took one row. NaN where none was.
    """

    setting: str
    shape: str
    times: float
    power: Mapping[str, float]
    hours: Mapping[str, float]


def found(
    rng: Random,
    who: Detectors,
    setting: Setting,
    *,
    shape: str,
    times: float,
    trials: int,
) -> Found:
    """Return what each detector makes of the same ``trials`` series with one burst in their last third."""
    waits: dict[str, list[int]] = {name: [] for name in who}
    added = shape_of(shape, setting) * (times - 1.0)
    for _ in range(trials):
        values, first = noise(rng, setting), int(rng.integers(setting.rows * 2 // 3, setting.rows - setting.horizon))
        usual = streams.usual(setting.rows, setting.step_s, setting.mean)[first : first + setting.horizon]
        values[first : first + setting.horizon] += rng.poisson(usual * added)
        if shape == "step":
            rest = streams.usual(setting.rows, setting.step_s, setting.mean)[first + setting.horizon :]
            values[first + setting.horizon :] += rng.poisson(rest * (times - 1.0))
        for name, by_clock in who.items():
            told = by_clock[setting.step_s](values, START, setting.step_s)
            waits[name] += [row - first + 1 for row in told if first <= row < first + setting.horizon][:1]
    return Found(
        setting=setting.name,
        shape=shape,
        times=times,
        power={name: len(wait) / trials for name, wait in waits.items()},
        hours={
            name: float(np.median(wait)) * setting.step_s / HOUR_S if wait else float("nan")
            for name, wait in waits.items()
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FallsFound:
    """How many falls to a share ``left`` were told within six weeks (two of shorter rows), how soon, and false ones."""

    setting: str
    left: float
    power: float
    days: float
    false_a_year: float


def falls_found(rng: Random, setting: Setting, *, left: float, trials: int) -> FallsFound:
    """Return what ``candor track falls`` makes of series that fall in their last third and stay there."""
    horizon = (42 if setting.step_s == DAY_S else 14) * DAY_S // setting.step_s
    waits, false, calm = [], 0, 0
    for _ in range(trials):
        values = noise(rng, setting).astype(np.int64)
        first = int(rng.integers(setting.rows // 2, max(setting.rows - horizon, setting.rows // 2 + 1)))
        values[first:] = rng.binomial(values[first:], left)
        told = [one.row for one in falls(values.tolist(), start=START, step_s=setting.step_s)]
        false, calm = false + sum(row < first for row in told), calm + first
        waits += [row - first + 1 for row in told if first <= row < first + horizon][:1]
    return FallsFound(
        setting=setting.name,
        left=left,
        power=len(waits) / trials,
        days=float(np.median(waits)) * setting.step_s / DAY_S if waits else float("nan"),
        false_a_year=false / (calm * setting.step_s / (365.25 * DAY_S)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedFound:
    """Of a list of complaint series that is judged daily for four weeks: how many that stopped were told, how soon."""

    mean: str
    left: float
    power: float
    days: float
    false: float


def stopped_found(rng: Random, *, low: float, high: float, left: float, trials: int) -> StoppedFound:
    """Return what the report's search makes of lists of 100 series of which ten fall; ``false`` is a list's share."""
    delays: list[int] = []
    false = total = 0
    for _ in range(trials):
        counts, means = streams.complaint_matrix(rng, 100, 155, deviation=DEVIATION)
        fell = np.flatnonzero((means >= low) & (means < high))[:10]
        counts[fell, 127:] = rng.binomial(counts[fell, 127:], left)
        seen: dict[int, int] = {}
        for day in range(1, 29):
            for at in stopped(counts[:, day : 127 + day], first_day=day):
                seen.setdefault(at, day)
        hits = seen.keys() & set(fell.tolist())
        delays += [seen[at] for at in hits]
        total, false = total + len(fell), false + bool(seen.keys() - hits)
    return StoppedFound(
        mean=f"{low:g} to {high:g}",
        left=left,
        power=len(delays) / max(1, total),
        days=float(np.median(delays)) if delays else float("nan"),
        false=false / trials,
    )


def stopped(counts: streams.Counts, *, first_day: int = 0, period_days: int = 7) -> list[int]:
    """Return which rows of a matrix of series x days have stopped."""
    series = [
        ComplaintSeries(brand="ours", topic="topic", phrase=str(at), counts=row)
        for at, row in enumerate(counts.tolist())
    ]
    start = START.date() + timedelta(days=first_day)
    found = fallen({"complaint": series}, start=start, period_days=period_days, q=0.05)
    return [int(one.phrase) for one in found.falls]


def stopped_on_noise(rng: Random, *, deviation: float, weeks: int) -> float:
    """Return the share of weekly judgements of 100 series without a fall that find one."""
    counts, _ = streams.complaint_matrix(rng, 100, 127 + 7 * weeks, deviation=deviation)
    return sum(bool(stopped(counts[:, 7 * at : 7 * at + 127], first_day=7 * at)) for at in range(weeks)) / weeks


def speeds(rng: Random, who: Detectors) -> dict[str, float]:
    """Return microseconds of processor time a row, on five weeks of five-minute rows."""
    setting = by_minutes(3.0)
    values = noise(rng, setting)
    spent = {}
    for name, by_clock in who.items():
        takes = []
        for _ in range(5):
            began = time.process_time()
            by_clock[setting.step_s](values, START, setting.step_s)
            takes.append(time.process_time() - began)
        spent[name] = min(takes) / len(values) * 1e6
    return spent


def told(power: float, hours: float, *, daily: bool) -> str:
    """Return a cell: how many of a hundred, and the median delay."""
    if not power:
        return "0%"
    delay = f"{hours / 24:.3g} d" if daily else f"{hours * 60:.0f} min" if hours < 2 else f"{hours:.2g} h"
    return f"{power:.0%} {delay}"


def _show_falls(console: Console, times: Callable[[int], int]) -> None:
    quiet = [
        falls_found(np.random.default_rng([24, number]), setting, left=left, trials=times(20 if number < 5 else 6))
        for number, setting in enumerate(SETTINGS)
        for left in (0.0, 0.2, 0.5)
    ]
    shown(
        console,
        "Falls told, the median delay, and false ones a series and year",
        ["rows", "left", "told", "false a year"],
        [
            [
                one.setting,
                f"{one.left:.0%}",
                told(one.power, one.days * 24, daily=one.days >= 1),
                f"{one.false_a_year:.2f}",
            ]
            for one in quiet
        ],
    )
    ended = [
        stopped_found(np.random.default_rng([25, number]), low=low, high=high, left=left, trials=times(6))
        for number, (low, high) in enumerate(((0.1, 0.3), (0.3, 1.0), (1.0, 3.0), (3.0, 10.0)))
        for left in (0.0, 0.2, 0.5)
    ]
    shown(
        console,
        "Complaints that stopped, q = 0.05 over 100 series, judged daily for four weeks",
        ["a day", "left", "told", "lists with a false one"],
        [
            [one.mean, f"{one.left:.0%}", told(one.power, one.days * 24, daily=True), f"{one.false:.0%}"]
            for one in ended
        ],
    )
    calm = [stopped_on_noise(np.random.default_rng(26), deviation=swings, weeks=times(52)) for swings in (0.0, 0.3)]
    shown(
        console,
        "Weeks with a false stop among 100 series",
        ["plain", "autocorrelated"],
        [[f"{one:.1%}" for one in calm]],
    )


def _show_noise(console: Console, who: Detectors, settings: Sequence[Setting], *, seed: int, series: int) -> None:
    names = list(who)
    rows = [
        [one.setting, f"{one.swings:g}", f"{one.years:.0f}", *(f"{one.a_year[name]:.2f}" for name in names)]
        for one in false_episodes(np.random.default_rng(seed), who, settings, series=series)
    ]
    shown(console, "False episodes a series and year, on noise", ["rows", "swings", "years", *names], rows)


def _show_found(console: Console, who: Detectors, times: Callable[[int], int], *, daily: bool) -> None:
    names, rows = list(who), []
    for number, setting in enumerate(SETTINGS):
        if (setting.step_s == DAY_S) != daily:
            continue
        for shape, size in product(SHAPES, SIZES):
            trials, rng = times(TRIALS_DAYS if daily else TRIALS_MINUTES), np.random.default_rng([22, number])
            one = found(rng, who, setting, shape=shape, times=size, trials=trials)
            cells = [told(one.power[name], one.hours[name], daily=daily) for name in names]
            rows.append([setting.name, shape, f"{size:g}", *cells])
    shown(console, "Bursts told, and the median delay", ["rows", "shape", "times", *names], rows)


def main(scale: float = 1.0, parts: Sequence[str] = PARTS) -> None:
    """Print the tables; ``scale`` multiplies the number of series."""
    console = Console(width=170)

    def times(count: int) -> int:
        return max(1, round(count * scale))

    who = detectors(np.random.default_rng(20), SETTINGS, series=times(12)) if set(parts) - {"falls", "hours"} else {}
    if "noise" in parts:
        _show_noise(console, who, SETTINGS, seed=21, series=times(30))
    if "hours" in parts:
        ours = {name: {HOURS[0].step_s: told_by} for name, told_by in OURS.items()}
        _show_noise(console, ours, HOURS, seed=27, series=times(60))
    for part in [one for one in ("days", "minutes") if one in parts]:
        _show_found(console, who, times, daily=part == "days")
    if "falls" in parts:
        _show_falls(console, times)
    if "speed" in parts:
        spent = speeds(np.random.default_rng(23), who)
        shown(console, "Microseconds a row", list(who), [[f"{spent[name]:.1f}" for name in who]])


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, sys.argv[2:] or PARTS)
