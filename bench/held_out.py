"""Tweets that name companies, tuned on all but one brand and scored on that one: ``python -m bench.held_out``.

The development brands of the Numenta Anomaly Benchmark (``tests.support.eval.nab``), and streams made of real posting
times (``bench.posted``). Every detector is tuned in each fold on the other brands alone: Candor by the four numbers of
its ``Tuning``, a peer by its bar. Printed is the mean of the scores of the brands that were held out, and beside it
what Candor's shipped numbers score, which were chosen with all of the brands in sight.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

import numpy as np
from rich.console import Console

from analysis.track.bursts.baseline import DAY_S, WEEK_S, Floats, expected, places
from analysis.track.bursts.clocks import clock_of
from analysis.track.bursts.habits import rarity
from analysis.track.bursts.spikes import Tuning, episodes, evidence, loud, score
from bench import posted
from bench.before import EarlierTuning
from bench.before import score as earlier
from bench.peers import PEERS, Alerts, over
from bench.tables import shown
from tests.support.eval import nab
from tests.support.shared import DATA, lines

MOST_A_WEEK = 0.7  # episodes a brand and week that a tuning may have where it is tuned
MEMORY_DAYS = (7.0, 14.0, 28.0)
OWN_BLOCKS = (12.0, 16.0, 24.0, 32.0, 48.0)
CALM_DAYS = (0.75, 1.25, 2.0)
NOISE_EXCESS = (0.2, 0.3, 0.4)
EARLIER = (
    *(EarlierTuning(noise_weeks=noise, own_weeks=own) for noise in (8.0, 30.0) for own in (2.0, 4.0, 6.0)),
    *(EarlierTuning(memory_days=days) for days in (5.0, 20.0)),
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One brand's counts with the windows in which something happened, first and last row."""

    name: str
    values: Floats
    start: datetime
    step_s: float
    windows: tuple[tuple[int, int], ...]

    @property
    def weeks(self) -> float:
        """How long it is."""
        return len(self.values) * self.step_s / WEEK_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What was told of a brand that was held out, by the tuning that served the others best."""

    name: str
    tuning: str
    score: float
    hit: int
    windows: int
    a_week: float
    alerts: Alerts


def brands() -> tuple[Labelled, ...]:
    """Return the development brands of the benchmark."""
    found = []
    for row in lines(DATA / "nab_realtweets" / "dev.jsonl"):
        start = datetime.fromisoformat(row["start"])
        windows = tuple(
            (first, last)
            for first, last in (
                (int((datetime.fromisoformat(at) - start).total_seconds() // row["step_s"]) for at in window)
                for window in row["windows"]
            )
        )
        found.append(
            Labelled(row["brand"], np.array(row["values"], dtype=np.float64), start, float(row["step_s"]), windows)
        )
    return tuple(found)


def worth(one: Labelled, alerts: Alerts) -> float:
    """Return the benchmark's score of these alerts, 0 to 100, under 0 where most are false."""
    at = set(alerts)
    told = [float(row in at) for row in range(len(one.values))]
    return nab.at_threshold([nab.Series(one.name, told, one.windows)], 0.5)


def hits(one: Labelled, alerts: Alerts) -> int:
    """Return how many windows have an alert."""
    return sum(any(first <= row <= last for row in alerts) for first, last in one.windows)


def candor_tunings(one: Labelled) -> Iterator[tuple[str, Alerts]]:
    """Yield every tuning of the detector with its alerts; what tunings share is worked out once."""
    clock, shipped = clock_of(one.step_s), Tuning()
    where = places(one.start, one.step_s, len(one.values))
    for memory in MEMORY_DAYS:
        expect = expected(one.values, where, step_s=one.step_s, memory_days=memory)
        level = evidence(one.values, expect, step_s=one.step_s)
        noisy = loud(one.values, expect, level, step_s=one.step_s)
        for excess in NOISE_EXCESS:
            wait = rarity(level, block=clock.block, noise_excess=excess)
            for own, calm in product(OWN_BLOCKS, CALM_DAYS):
                tuning = replace(shipped, memory_days=memory, own_blocks=own, calm_days=calm, noise_excess=excess)
                rare = np.flatnonzero((wait >= np.log(own)) & noisy).tolist()
                alerts = episodes(
                    rare, calm=max(3.0, calm * DAY_S / one.step_s), gap=clock.block, week=WEEK_S / one.step_s
                )
                yield _words(tuning), alerts


def _words(tuning: Tuning) -> str:
    return f"{tuning.memory_days:g} d, {tuning.own_blocks:g}, {tuning.calm_days:g} d, {tuning.noise_excess:g}"


def earlier_tunings(one: Labelled) -> Iterator[tuple[str, Alerts]]:
    """Yield some tunings of the detector that Candor had before."""
    for tuning in EARLIER:
        alerts = earlier(one.values.tolist(), start=one.start, step_s=one.step_s, tuning=tuning).alerts
        yield f"{tuning.memory_days:g} d, {tuning.noise_weeks:g}, {tuning.own_weeks:g}", alerts


def peer_tunings(name: str, many: Sequence[Labelled]) -> dict[str, dict[str, Alerts]]:
    """Return brand -> bar -> alerts of a peer, over forty bars that all brands share."""
    levels = {one.name: PEERS[name](one.values, one.step_s) for one in many}
    peaks = np.concatenate([level[level > 0.0] for level in levels.values()])
    marks = np.quantile(peaks, 1.0 - np.geomspace(0.1, 1e-4, 40)).tolist()
    return {one.name: {f"{bar:.3g}": over(levels[one.name], bar, one.step_s) for bar in marks} for one in many}


def tunings(many: Sequence[Labelled]) -> dict[str, dict[str, dict[str, Alerts]]]:
    """Return detector -> brand -> tuning -> alerts."""
    return {
        "Candor": {one.name: dict(candor_tunings(one)) for one in many},
        "Candor before": {one.name: dict(earlier_tunings(one)) for one in many},
        **{name: peer_tunings(name, many) for name in PEERS},
    }


def folds(many: Sequence[Labelled], told: Mapping[str, Mapping[str, Alerts]]) -> Iterator[Fold]:
    """Yield each brand, judged by the tuning that is best on all others at no more episodes than allowed."""
    scores = {one.name: {name: worth(one, alerts) for name, alerts in told[one.name].items()} for one in many}
    for held in many:
        others = [one for one in many if one is not held]
        weeks = sum(one.weeks for one in others)

        def value(name: str, others: Sequence[Labelled] = others, weeks: float = weeks) -> tuple[bool, float]:
            alerts = sum(len(told[one.name][name]) for one in others)
            # The benchmark's score of several series is that of each, weighed by its windows.
            return alerts <= MOST_A_WEEK * weeks, sum(scores[one.name][name] * len(one.windows) for one in others)

        best = max(told[held.name], key=value)
        alerts = told[held.name][best]
        yield Fold(
            name=held.name,
            tuning=best,
            score=scores[held.name][best],
            hit=hits(held, alerts),
            windows=len(held.windows),
            a_week=len(alerts) / held.weeks,
            alerts=alerts,
        )


def shipped(many: Sequence[Labelled]) -> list[Fold]:
    """Return the same of Candor as it is shipped, tuned on all."""
    found = []
    for one in many:
        alerts = score(one.values.tolist(), start=one.start, step_s=one.step_s).alerts
        found.append(
            Fold(
                name=one.name,
                tuning=_words(Tuning()),
                score=worth(one, alerts),
                hit=hits(one, alerts),
                windows=len(one.windows),
                a_week=len(alerts) / one.weeks,
                alerts=alerts,
            )
        )
    return found


def row(name: str, many: Sequence[Labelled], found: Sequence[Fold]) -> list[str]:
    """Return a line: mean of the held-out scores, windows, episodes a brand and week, and each brand's score."""
    weeks = sum(one.weeks for one in many)
    windows = sum(fold.windows for fold in found)
    together = sum(fold.score * fold.windows for fold in found) / windows
    return [
        name,
        f"{np.mean([fold.score for fold in found]):.1f}",
        f"{together:.1f}",
        f"{sum(fold.hit for fold in found)} of {windows}",
        f"{sum(len(fold.alerts) for fold in found) / weeks:.2f}",
        *(f"{fold.score:.0f}" for fold in found),
    ]


def table(console: Console, title: str, many: Sequence[Labelled]) -> None:
    """Print every detector's line, and the tunings that Candor's folds chose."""
    headings = [
        "detector",
        "mean of folds",
        "together",
        "windows told",
        "a brand and week",
        *(one.name for one in many),
    ]
    by_detector = {name: list(folds(many, told)) for name, told in tunings(many).items()}
    rows = [row(name, many, found) for name, found in by_detector.items()]
    rows.append(row("Candor as shipped (not held out)", many, shipped(many)))
    shown(console, title, headings, rows)
    chosen = [[fold.name, fold.tuning] for fold in by_detector["Candor"]]
    shown(console, "Chosen on the others: memory, own blocks, calm, noise excess", ["held out", "tuning"], chosen)


def made(rng: np.random.Generator) -> tuple[Labelled, ...]:
    """Return five brands made of real posting times, from few mentions to many."""
    return tuple(
        Labelled(f"{a_day:g} a day", stream.values, stream.start, stream.step_s, stream.windows)
        for a_day in (5.0, 20.0, 100.0, 500.0, 2_500.0)
        for stream in [posted.stream(rng, a_day=a_day)]
    )


def main() -> int:
    """Print the tables."""
    console = Console(width=170)
    table(console, "Tweets that name companies, leave one brand out", brands())
    table(console, "Streams of real posting times, leave one out", made(np.random.default_rng(31)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
