"""Sparse complaints with texts and authors, judged by counts alone and with what is new: ``python -m bench.newness``.

A stream has threads of which several people write, regulars who write again and again and strangers who write once,
authors who come and go, words as frequent as in a language (Zipf), words that a topic always has, and words of the day
that come and go by themselves. Tables: false episodes a series and year, weeks with a false one and how often what is
new seems rare; delay and power of planted bursts, each judged daily at q = 0.05 over the whole list.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from rich.console import Console

from analysis.track.statistics.complaint_days import ComplaintSeries
from analysis.track.statistics.emergence import EmergingComplaint, asked_for, emerging
from analysis.track.statistics.newness import Discussion
from bench import streams
from bench.streams import START, Random
from bench.tables import shown

DAYS = 182
PERIOD = 7
Q = 0.05
LEVELS = (0.05, 0.01, 0.001)  # probabilities by chance: what is new should be so rare as often
VOCABULARY, OF_TOPIC, A_TEXT = 3_000, 25, 18
REGULARS, OF_REGULARS, STAYS_DAYS = 12, 0.45, 90.0
WORDS_OF_THE_DAY, OF_THE_DAY, LASTS_DAYS = 0.02, 0.5, 10  # begin a day and series, are in a text, last
THREAD = 1.4  # mentions that a thread has in a day
CALM_DAYS = 30  # what is told again within so many days is the same episode


@dataclass(frozen=True, slots=True)
class Talk:
    """One series: its counts and its discussions."""

    mean: float
    counts: list[int]
    said: list[Discussion]


def talk(rng: Random, mean: float, days: int, *, swings: float = 0.2) -> Talk:
    """Return ``days`` of a series of ``mean`` mentions a day in which nothing happens."""
    rate = mean / THREAD * np.exp(streams.wander(rng, days, deviation=swings, memory=3.0))
    threads = rng.poisson(rate * np.where((np.arange(days) + START.weekday()) % 7 >= 5, 0.6, 1.16))
    own = rng.choice(VOCABULARY, OF_TOPIC, replace=False)
    began = rng.uniform(-STAYS_DAYS, days, REGULARS * max(2, round(days / STAYS_DAYS)))
    fads = [(int(day), int(rng.integers(VOCABULARY))) for day in np.flatnonzero(rng.random(days) < WORDS_OF_THE_DAY)]
    counts, said = [0] * days, []
    for day, number in enumerate(threads.tolist()):
        there = np.flatnonzero((began <= day) & (day < began + STAYS_DAYS))
        now = [word for first, word in fads if first <= day < first + LASTS_DAYS]
        for _ in range(number):
            size = 1 + int(rng.poisson(THREAD - 1.0))
            counts[day] += size
            who, words = _authors(rng, size, there), _words(rng, size, own, now)
            said.append(Discussion(day=day, authors=who, words=words, joined=(day,) * (len(who) - 1)))
    return Talk(mean, counts, said)


def _authors(rng: Random, size: int, there: Sequence[int] | np.ndarray) -> frozenset[str]:
    known = rng.random(size) < (OF_REGULARS if len(there) else 0.0)
    return frozenset(f"r{rng.choice(there)}" if one else f"s{rng.integers(10**9)}" for one in known)


def _words(rng: Random, size: int, own: np.ndarray, now: Sequence[int]) -> frozenset[str]:
    common = np.minimum(rng.zipf(1.3, size * A_TEXT), VOCABULARY)
    mine = rng.choice(own, 4 * size)
    day = [word for word in now if rng.random() < OF_THE_DAY]
    return frozenset(map(str, [*common.tolist(), *mine.tolist(), *day]))


def planted(rng: Random, calm: Talk, first: int, *, times: float, strangers: float, shared: float) -> Talk:
    """Return the series with ``times`` the usual from ``first`` on.

    Of what is added ``strangers`` write for the first time, and a share ``shared`` has each of the burst's two words.
    """
    counts, said = list(calm.counts), list(calm.said)
    for day in range(first, len(counts)):
        for _ in range(int(rng.poisson(calm.mean * (times - 1.0)))):
            new = rng.random() < strangers
            words = {f"burst{at}" for at in range(2) if rng.random() < shared}
            author = f"b{rng.integers(10**9)}" if new else f"r{rng.integers(REGULARS)}"
            counts[day] += 1
            said.append(
                Discussion(
                    day=day,
                    authors=frozenset([author]),
                    words=frozenset(words) | _words(rng, 1, np.arange(VOCABULARY - OF_TOPIC, VOCABULARY), ()),
                )
            )
    return Talk(calm.mean, counts, said)


def told(found: Sequence[EmergingComplaint]) -> set[int]:
    """Return the places of the series that are told."""
    return {int(one.phrase) for one in found if one.q <= Q and one.count >= 3}


def judged(talks: Sequence[Talk], until: int, *, texts: bool) -> tuple[EmergingComplaint, ...]:
    """Return what is made of every series on the day before ``until``, whatever its rate."""
    first = until - DAYS
    series = [
        ComplaintSeries(
            brand="ours",
            topic="topic",
            phrase=str(at),
            counts=one.counts[first:until],
            authors=9,
            stories=9,
        )
        for at, one in enumerate(talks)
    ]
    start = START.date() + timedelta(days=first)
    said = {}
    if texts:
        for one in asked_for(series, start=start, period_days=PERIOD):
            had = talks[int(one.phrase)].said
            said[one.key] = [
                replace(each, day=each.day - first, joined=tuple(day - first for day in each.joined))
                for each in had
                if first <= each.day < until
            ]
    return emerging(series, start=start, period_days=PERIOD, q=1.0, said=said).risen


def means(rng: Random, series: int) -> list[float]:
    """Return how much a day each series has: 0.02 to 1."""
    found: list[float] = np.exp(rng.uniform(np.log(0.02), 0.0, series)).tolist()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NewnessNoise:
    """Of a list without news, judged weekly: false episodes a series and year, and how many ``weeks`` had one.

    ``windows`` were asked what is new in them; to a share ``rare`` of these came a probability of so much or less.
    """

    series: int
    texts: bool
    years: float
    a_year: float
    weeks: int
    windows: int
    rare: Mapping[float, float]


def on_noise(seed: int, *, series: int, weeks: int) -> list[NewnessNoise]:
    """Return what both tell of the same list."""
    rng = np.random.default_rng(seed)
    talks = [talk(rng, mean, DAYS + 7 * weeks) for mean in means(rng, series)]
    found = []
    for texts in (False, True):
        last: dict[int, int] = {}
        episodes = bad = 0
        new: list[float] = []
        for week in range(weeks):
            every = judged(talks, DAYS + 7 * (week + 1), texts=texts)
            new += [one.newness.p for one in every if one.newness is not None]
            now = told(every)
            episodes += sum(week * 7 - last.get(at, -CALM_DAYS) >= CALM_DAYS for at in now)
            last.update(dict.fromkeys(now, week * 7))
            bad += bool(now)
        years = series * weeks / 52.18
        rare = {level: sum(p <= level for p in new) / max(1, len(new)) for level in LEVELS}
        found.append(
            NewnessNoise(
                series=series,
                texts=texts,
                years=years,
                a_year=episodes / years,
                weeks=bad,
                windows=len(new),
                rare=rare,
            )
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NewnessFound:
    """How many planted bursts were told within two weeks, and on which day in the median: by counts, with texts."""

    mean: str
    times: float
    what: str
    power: tuple[float, float]
    days: tuple[float, float]
    false: tuple[float, float]


def on_bursts(
    seed: int, *, low: float, high: float, times: float, what: str, trials: int, series: int = 100
) -> NewnessFound:
    """Return what both find of ten bursts in a list that is judged daily for two weeks."""
    strangers, shared = {"new words and people": (0.9, 0.7), "new people": (0.9, 0.0), "as ever": (0.55, 0.0)}[what]
    rng = np.random.default_rng(seed)
    delays: tuple[list[int], list[int]] = ([], [])
    false = [0, 0]
    total = 0
    for _ in range(trials):
        talks = [talk(rng, mean, DAYS + 14) for mean in means(rng, series)]
        risen = [at for at, one in enumerate(talks) if low <= one.mean < high][:10]
        for at in risen:
            talks[at] = planted(rng, talks[at], DAYS, times=times, strangers=strangers, shared=shared)
        total += len(risen)
        for texts in (False, True):
            seen: dict[int, int] = {}
            for day in range(1, 15):
                for at in told(judged(talks, DAYS + day, texts=texts)):
                    seen.setdefault(at, day)
            hits = seen.keys() & set(risen)
            delays[texts].extend(seen[at] for at in hits)
            false[texts] += bool(seen.keys() - hits)
    middle = [float(np.median(one)) if one else float("nan") for one in delays]
    return NewnessFound(
        mean=f"{low:g} to {high:g}",
        times=times,
        what=what,
        power=(len(delays[0]) / max(1, total), len(delays[1]) / max(1, total)),
        days=(middle[0], middle[1]),
        false=(false[0] / trials, false[1] / trials),
    )


def main(scale: float = 1.0) -> None:
    """Print the tables; ``scale`` multiplies the number of series and trials."""
    console = Console(width=150)

    def cell(power: float, days: float) -> str:
        return f"{power:.0%} {days:.3g} d" if power else "0%"

    weeks = max(4, round(104 * scale))
    rows = [
        [
            str(one.series),
            "counts and texts" if one.texts else "counts",
            f"{one.years:.0f}",
            f"{one.a_year:.3f}",
            f"{one.weeks} of {weeks}",
            str(one.windows),
            *(f"{share:.2%}" if one.windows else "" for share in one.rare.values()),
        ]
        for seed, series in ((41, 100), (43, 800))
        for one in on_noise(seed, series=series, weeks=weeks)
    ]
    head = ["series", "by", "series-years", "false a series-year", "weeks with one", "windows with texts"]
    shown(console, "Without news, judged weekly", [*head, *(f"new: {level:g} or less" for level in LEVELS)], rows)
    found = [
        on_bursts(42, low=low, high=high, times=times, what=what, trials=max(1, round(6 * scale)))
        for low, high in ((0.02, 0.1), (0.1, 0.3), (0.3, 1.0))
        for times in (3.0, 5.0, 10.0)
        for what in ("new words and people", "new people", "as ever")
    ]
    shown(
        console,
        "Bursts told within two weeks, median day, lists with a false one",
        ["a day", "times", "what is new", "counts", "counts and texts", "false: counts", "counts and texts"],
        [
            [
                one.mean,
                f"{one.times:g}",
                one.what,
                *(cell(power, days) for power, days in zip(one.power, one.days, strict=True)),
                *(f"{false:.0%}" for false in one.false),
            ]
            for one in found
        ],
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
