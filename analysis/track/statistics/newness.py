"""Is a sparse series' window new in what it says and in who says it, beside the series' own history?

Where hardly anything is counted, a count says little for weeks; that three people whom the series never had say a word
which it never had says much on the third day. Under the null it is by chance which of a series' discussions lie in the
window, given when and how many there are, so that newness is independent of the count and may be put beside it
(Fisher, *Statistical Methods for Research Workers*, 1925). But words come and go by themselves: how far they go is
learnt from windows of the past, of all series together. Formulas and limits: ``docs/statistics.md``.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from analysis.track.bursts.windows import together
from analysis.track.statistics.complaint_days import JudgedDays
from analysis.track.statistics.enrichment import hypergeometric_tail

Floats = NDArray[np.float64]

A_DAY = 1.0  # expected a day, from which on counts alone tell enough
LOOKED_AT = 0.25  # probability of the count under which a series is asked for its texts
FEWEST_NEW = 2  # discussions in the window, fewer of which share nothing
FEWEST_PAST = 5  # discussions before it, fewer of which are no history
MOST_PAST = 120  # the newest discussions before the window that are its history
SURE = 0.05  # probability from which on windows of the past say how far chance goes
SURE_OF = 3  # discussions of a window, fewer of which are never sure enough to say so
BELIEVED = 0.5  # such windows that the belief in chance alone counts for
UNSETTLED_DAYS = 21  # what began within so many days may be the news itself
ENDED, JOINED = 2.0, 4.0  # what is believed of discussions at first: so many ended, and so many people had joined them
MOST_ENDED = 8  # no more are learnt from: the sizes of discussions are more uneven than any number of them shows
LEAST = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussion:
    """What a series has of one thread (or of one story): the day it began on, who wrote there and with which words.

    ``day`` is counted as the series' counts are, 0 the oldest; ``joined`` are the days on which further people first
    wrote there. ``late``: collected long after, so never news.
    """

    day: int
    authors: frozenset[str]
    words: frozenset[str]
    late: bool = False
    joined: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Newness:
    """How new a window is. ``p``: the probability of so much by chance, whatever the number of discussions.

    ``newcomers`` of the window's ``discussions`` are by nobody whom the series had; ``words`` are those that mark them,
    surest first.
    """

    p: float
    discussions: int
    newcomers: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWindow:
    """A window of the past in which nothing need have been new: its discussions, and its ``p`` as of a newness."""

    discussions: int
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """How far newness goes by itself: the ``share`` of past windows as sure as ``SURE``, and how far these went beyond.

    ``surprise`` is -ln(p / SURE) summed over ``number`` of them, the belief in chance alone included.
    """

    share: float
    surprise: float
    number: float

    def of(self, found: Newness) -> float:
        """Return the probability of so much newness as words come and go by themselves.

        What lies beyond a threshold is exponential (Pickands, Ann. Stat. 1975), its mean is learnt, and the tail is
        longer by what is not known of it (Aitchison and Dunsmore, *Statistical Prediction Analysis*, 1975).
        """
        if found.discussions < SURE_OF or found.p > SURE:
            return found.p
        beyond = math.log(SURE / max(found.p, LEAST))
        chance = math.exp(-beyond)
        if self.number <= BELIEVED:
            return self.share * chance
        return self.share * max(chance, math.pow(1.0 + beyond / self.surprise, -self.number))


def newness(discussions: Iterable[Discussion], *, first_day: int) -> Newness | None:
    """Return how new the discussions from ``first_day`` on are; None where there are too few, or too little history."""
    every = _ordered(discussions)
    past = [one for one in every if one.day < first_day][-MOST_PAST:]
    window = [one for one in every if one.day >= first_day and not one.late]
    if len(window) < FEWEST_NEW or len(past) < FEWEST_PAST:
        return None
    p, marked = _chance(past, window)
    fresh = _newcomers([*past, *window], len(past))
    return Newness(p=p, discussions=len(window), newcomers=sum(fresh), words=marked)


def past_windows(discussions: Iterable[Discussion], *, first_day: int, days: int) -> list[PastWindow]:
    """Return how new windows of ``days`` before ``first_day`` were, each beside what lay before it.

    They need as much of a past as others, and ended weeks ago, lest a burst become its own past.
    """
    past = [one for one in _ordered(discussions) if one.day < first_day][-MOST_PAST:]
    began = [one.day for one in past]
    skipped = -(-UNSETTLED_DAYS // days)
    found = []
    for end in range(first_day - skipped * days, 0, -days):
        first, last = bisect_left(began, end - days), bisect_left(began, end)
        if first < FEWEST_PAST:
            break
        window = [one for one in past[first:last] if not one.late]
        if len(window) >= SURE_OF:
            found.append(PastWindow(discussions=len(window), p=_chance(past[:first], window)[0]))
    return found


def tail_of(windows: Sequence[PastWindow]) -> Tail:
    """Return how new windows of the past were, of all series together: topics come and go by themselves in each.

    A window counts by its discussions, since those that are judged were chosen because they hold many.
    """
    mean = sum(one.discussions for one in windows) / max(1, len(windows))
    sure = [(one.discussions / mean, math.log(SURE / max(one.p, LEAST))) for one in windows if one.p <= SURE]
    number = sum(weight for weight, _ in sure) + BELIEVED
    return Tail(
        share=number / (len(windows) + BELIEVED / SURE),
        surprise=sum(weight * beyond for weight, beyond in sure) + BELIEVED,
        number=number,
    )


def crowd(discussions: Iterable[Discussion], *, first_day: int) -> float:
    """Return the probability that chance makes so many people join one discussion from ``first_day`` on.

    Whether one more joins a discussion is a coin of the series' own, learnt from its past discussions (geometric sizes
    under a Beta prior, whose predictive tail is long: Johnson, Kemp and Kotz, *Univariate Discrete Distributions*,
    2005), and the largest of the window's discussions is judged.
    """
    ended, before, now = 0, 0, list[int]()
    for one in discussions:
        new = 0 if one.late else sum(day >= first_day for day in one.joined)
        if one.late or one.day < first_day:
            ended, before = ended + 1, before + len(one.joined) - new
        if not one.late and (one.day >= first_day or new):
            now.append(new)
    most = max(now, default=0)
    if not most:
        return 1.0
    seen = min(1.0, MOST_ENDED / ended) if ended else 0.0
    stop, join = ENDED + seen * ended, JOINED + seen * before
    tail = math.exp(betaln(stop, join + most) - betaln(stop, join))
    return float(-math.expm1(len(now) * math.log1p(-tail)))


def with_newness(count: Floats, new: Floats) -> Floats:
    """Return one probability of a count and of a newness (NaN where there is none: the count's alone).

    The count is put together with both (Fisher's method: independent under the null) by Cauchy's (Liu and Xie, JASA
    2020), so that a series in which nothing is new pays a factor of two and no more.
    """
    one, other = np.clip(count, LEAST, 1.0), np.clip(np.nan_to_num(new, nan=1.0), LEAST, 1.0)
    product = one * other
    both = product * (1.0 - np.log(product))  # chi-square's tail with four degrees of freedom
    return np.where(np.isnan(new), count, together([count, both]))


def sparse(judged: JudgedDays) -> NDArray[np.bool_]:
    """Return which series are asked for their texts: under one a day, with a count that may be news.

    Others keep the probability of their count, which is over that of any that is asked: no error rate suffers.
    """
    return np.asarray((judged.expected < A_DAY * judged.window) & (judged.p <= LOOKED_AT))


def by_chance(rng: np.random.Generator, judged: JudgedDays) -> JudgedDays:
    """Return what a judgement by counts becomes if all that is new in the texts is new by chance."""
    new = np.where(sparse(judged), rng.random(len(judged.p)), np.nan)
    return replace(judged, p=with_newness(judged.p, new))


def _ordered(discussions: Iterable[Discussion]) -> list[Discussion]:
    return sorted(discussions, key=lambda one: (one.day, sorted(one.authors), sorted(one.words)))


def _chance(past: Sequence[Discussion], window: Sequence[Discussion]) -> tuple[float, tuple[str, ...]]:
    """Return the probability that chance puts so many newcomers and such words into a window, and those words."""
    by_word, marked = _words(past, window)
    return float(together([np.array([_authors(past, window)]), np.array([by_word])])[0]), marked


def _authors(past: Sequence[Discussion], window: Sequence[Discussion]) -> float:
    """Return the probability of so many newcomers, by their share in the second half of the past (Fisher's exact test).

    Each discussion is held against those before it. People come and go at the window's pace in the past as well; where
    they only become known, the past has more newcomers than the window, which errs on the safe side.
    """
    half = len(past) // 2
    fresh = _newcomers([*past, *window], half)
    here = sum(fresh[-len(window) :])
    return hypergeometric_tail(here, len(window), sum(fresh), len(fresh)) if here else 1.0


def _newcomers(ordered: Sequence[Discussion], first: int) -> list[bool]:
    """Return, from the ``first`` discussion on, whether none of its authors wrote in one before; unknown is not new."""
    known: set[str] = set()
    found = []
    for at, one in enumerate(ordered):
        if at >= first:
            found.append(bool(one.authors) and not one.authors & known)
        known |= one.authors
    return found


def _words(past: Sequence[Discussion], window: Sequence[Discussion]) -> tuple[float, tuple[str, ...]]:
    """Return the probability of the word that marks the window best, for all words together, and the words that do.

    The hypergeometric tail, times the number of words that are frequent enough to reach as little at all (Tarone,
    Biometrics 1990): the many that are said once could never mark anything, and cost nothing.
    """
    now = Counter(word for one in window for word in one.words)
    before = Counter(word for one in past for word in one.words)
    n, whole = len(window), len(window) + len(past)
    all_of = Counter(now)
    all_of.update(before)
    reach: Counter[int] = Counter(all_of.values())
    best = {drawn: hypergeometric_tail(min(drawn, n), drawn, n, whole) for drawn in reach}
    tails: dict[tuple[int, int], float] = {}
    found = []
    for word, hits in now.items():
        if hits < FEWEST_NEW:
            continue
        key = (hits, all_of[word])
        if key not in tails:
            tails[key] = hypergeometric_tail(hits, all_of[word], n, whole)
        found.append((tails[key], -hits, word))
    if not found:
        return 1.0, ()
    found.sort()
    corrected = [(p * sum(words for drawn, words in reach.items() if best[drawn] <= p), word) for p, _, word in found]
    return min(1.0, corrected[0][0]), tuple(word for p, word in corrected if p <= 0.05)[:3]
