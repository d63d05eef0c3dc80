"""How long to wait before a source is asked again: as the person wrote, or by how often it has changed. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from analysis.model import Source
from analysis.model.records.run import Run
from crawler.kinds import KINDS

WINDOW = 20
"""So many of the last runs count: a source that has changed its habits is followed within a day or two."""


def changed(run: Run) -> bool | None:
    """Return whether the source had changed; None where the run shows neither way: it failed, or was stopped.

    A feed or sitemap has changed where it listed something new. A page says only what it holds, the same words each
    time, so it has changed where a mention is new or different.
    """
    if run.state not in ("ok", "silent"):
        return None
    kind = KINDS.get(run.kind)
    return bool(run.mentions_new or run.mentions_updated or (kind is not None and kind.posts_are_news and run.posts))


def bounds(source: Source) -> tuple[float, float] | None:
    """Return the shortest and longest interval in seconds, None where the interval does not adapt.

    A bound that is not given is ``every``. That they are not the wrong way round is seen to by the configuration.
    """
    fastest, slowest = source.fastest_s, source.slowest_s
    if fastest is None and slowest is None:
        return None
    return fastest or min(source.every_s, slowest or math.inf), slowest or max(source.every_s, fastest or 0.0)


def interval_s(source: Source, runs: Sequence[Run]) -> float:
    """Return the interval of ``source`` in seconds; ``runs`` are its last ones in order of time.

    With bounds it is the time after which a change is as likely as not, for changes that come as a Poisson process:
    the median wait ln 2 / rate. The rate is the maximum-likelihood estimate from visits at uneven gaps (Cho and
    Garcia-Molina, "Estimating frequency of change", 2003, section 5), with half a change and half a visit without one
    added at ``every``, so that a source never seen is asked as the person wrote, and one visit never decides.
    """
    limits = bounds(source)
    if limits is None:
        return float(source.every_s)
    telling = [run for run in runs if changed(run) is not None][-WINDOW - 1 :]
    gaps = [
        (max(1.0, (run.started_at - before.started_at).total_seconds()), bool(changed(run)))
        for before, run in pairwise(telling)
    ]
    wanted = math.log(2) / change_rate(gaps, prior_s=float(source.every_s))
    return float(round(min(max(wanted, limits[0]), limits[1])))


def change_rate(gaps: Iterable[tuple[float, bool]], *, prior_s: float) -> float:
    """Return the changes per second that make these visits likeliest: pairs of seconds since the last, and changed."""
    seen = [(gap, 1.0 if changed else 0.0, 0.0 if changed else 1.0) for gap, changed in gaps]
    seen.append((prior_s, 0.5, 0.5))

    def slope(rate: float) -> float:
        # The derivative of the log-likelihood: falls as the rate grows, 0 at the estimate.
        return sum(yes * gap / math.expm1(min(rate * gap, 700.0)) - no * gap for gap, yes, no in seen)

    low, high = 1e-12, 1e3
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
        if high / low < 1 + 1e-9:
            break
    return math.sqrt(low * high)
