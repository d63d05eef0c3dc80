"""Shares, ratios and differences with 95% intervals, and the careful word for a change.

Sources: a share's interval is Wilson's (``analysis.track.statistics.intervals``); a ratio of two shares has the log
interval with one half added to each count (Walter 1975); a difference's is MOVER (Zou and Donner 2008), which needs
both intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Literal

from analysis.track.parts import Estimate, Evidence
from analysis.track.statistics import intervals
from analysis.track.statistics.intervals import Interval

Z95 = 1.959963984540054
FEW = 10  # Below this many mentions an interval is so wide that only "few data" is honest.

Direction = Literal["rising", "falling", "no clear change", "too little data"]

Against = Literal["more than at competitors", "as at competitors", "less than at competitors", "too little data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A rate compared with the period before, over days on which the same sources were alive in both.

    ``ratio`` is the rate now divided by the rate before; ``now`` of ``now_of`` and ``before`` of ``before_of`` are the
    counts compared. ``left_out_days`` is how many source-days were left out because a source was silent.
    ``evidence_before`` opens the mentions of the period before, silent days included; None where it is not looked up.
    """

    direction: Direction
    now: int
    now_of: int
    before: int
    before_of: int
    ratio: Estimate | None
    left_out_days: int
    evidence_before: Evidence | None = None


def estimate(interval: Interval) -> Estimate:
    """Return an interval as the value that results carry."""
    return Estimate(value=interval.value, low=interval.low, high=interval.high)


def share(count: int, of: int) -> Estimate:
    """Return ``count`` / ``of`` with its interval; 0 to 1 where nothing was counted."""
    return estimate(intervals.share(min(count, of), of))


def ratio(count: int, of: int, other: int, other_of: int) -> Estimate | None:
    """Return the rate ``count``/``of`` divided by ``other``/``other_of``, or None where one has no mentions."""
    if of <= 0 or other_of <= 0:
        return None
    a, b, n, m = count + 0.5, other + 0.5, of + 0.5, other_of + 0.5
    middle = log(a / n) - log(b / m)
    spread = Z95 * sqrt(max(1 / a - 1 / n, 0.0) + max(1 / b - 1 / m, 0.0))
    return Estimate(value=exp(middle), low=exp(middle - spread), high=exp(middle + spread))


def difference(one: Estimate, other: Estimate) -> Estimate:
    """Return ``one`` minus ``other`` with the interval that both intervals imply (MOVER)."""
    value = one.value - other.value
    down = sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    up = sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Estimate(value=value, low=value - down, high=value + up)


def change(now: int, now_of: int, before: int, before_of: int, *, left_out_days: int = 0) -> Change:
    """Return how a rate changed, in a word that the interval bears out."""
    against = ratio(now, now_of, before, before_of)
    return Change(
        direction=_direction(against, now + before),
        now=now,
        now_of=now_of,
        before=before,
        before_of=before_of,
        ratio=against,
        left_out_days=left_out_days,
    )


def _direction(against: Estimate | None, events: int) -> Direction:
    if against is None or events < FEW:
        return "too little data"
    if against.low > 1:
        return "rising"
    return "falling" if against.high < 1 else "no clear change"


def against(ours: int, our_mentions: int, theirs: int, their_mentions: int) -> Against:
    """Return whether a theme is ours or the whole market's, judged on the rates among each one's mentions."""
    against = ratio(ours, our_mentions, theirs, their_mentions)
    if against is None or ours + theirs < FEW or min(our_mentions, their_mentions) < FEW:
        return "too little data"
    if against.low > 1:
        return "more than at competitors"
    return "less than at competitors" if against.high < 1 else "as at competitors"


def net_per_month(gained: int, lost: int, days: float) -> Estimate:
    """Return arrivals minus departures per 30 days, each a Poisson rate with its own interval."""
    months = max(days, 1.0) / 30.0
    return difference(estimate(intervals.rate(gained, months)), estimate(intervals.rate(lost, months)))
