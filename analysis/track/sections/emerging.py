"""New complaints and what has stopped: series that leave what their own past explains, and what was tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.track import topics
from analysis.track.parts import Estimate, Evidence
from analysis.track.statistics.emergence import Emerging, Market, Tested
from analysis.track.statistics.stopping import Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergingSeries:
    """A (brand, theme, phrase) series that is higher than its own past leads one to expect; no phrase: the whole theme.

    ``observed`` stories in the last ``window_days`` against ``expected``; ``growth`` is the rate now over the rate
    before; ``p_value`` is its own probability by chance, ``q_value`` the false discovery rate of a list that ends with
    it; ``market`` says who else has it. Of a sparse series ``new_words`` are those that mark the window against all
    that it had before, and ``newcomers`` how many of its discussions are by nobody who wrote in it before; None
    where that was not looked at.
    """

    brand: str
    theme: str
    name: str
    phrase: str
    window_days: int
    observed: int
    expected: float
    growth: Estimate
    p_value: float
    q_value: float
    market: Market
    authors: int
    stories: int
    first_seen: date | None
    newcomers: int | None
    new_words: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedSeries:
    """One series that was tested for being new, found or not; the values are those of ``EmergingSeries``.

    Its mentions: ``complaint_topics`` = theme, or ``complaint_phrases`` = theme/phrase, of the brand in the last
    ``window_days``. ``outcome`` says what held back one that is more than its past.
    """

    brand: str
    theme: str
    name: str
    phrase: str
    window_days: int
    observed: int
    expected: float
    p_value: float
    q_value: float
    outcome: Literal["new", "not new", "too few authors or stories"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComplaints:
    """What is new, of how many series that were tested.

    ``series`` are those that were looked at day by day, most certain first; the others count as tested with nothing
    found, so that the error rate holds over all.
    """

    emerging: tuple[EmergingSeries, ...]
    series_tested: int
    series: tuple[TestedSeries, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedSeries:
    """A series that is half of what its own past leads one to expect or less, by ``q_value`` not by chance.

    ``of``: a complaint, a praise, or a source, whose id ``theme`` then is, without a brand. ``observed`` stories in the
    last ``window_days`` against ``expected``; ``growth`` is the rate now over the rate before. ``evidence`` is what was
    said in the days just before the window, as many of them.
    """

    of: Gone
    brand: str
    theme: str
    name: str
    phrase: str
    window_days: int
    observed: int
    expected: float
    growth: Estimate
    p_value: float
    q_value: float
    market: Market
    last_seen: date | None
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedTalk:
    """What has stopped, surest first, of how many series that were tested."""

    stopped: tuple[StoppedSeries, ...]
    stopped_tested: int


def table(
    judged: Emerging, new: Sequence[EmergingSeries], share: float, names: Mapping[str, str]
) -> tuple[TestedSeries, ...]:
    """Return every series that was judged, most certain first, with what became of it.

    ``share`` is how many of all that count as tested were judged: each q is divided by it. ``names``
    are those of topics.
    """
    shown = {(one.brand, one.theme, one.phrase) for one in new}
    certain = {(one.brand, one.topic, one.phrase) for one in judged.risen} | {key for key, _ in judged.held_back}

    def row(one: Tested) -> TestedSeries:
        key = (one.brand, one.topic, one.phrase)
        return TestedSeries(
            brand=one.brand,
            theme=one.topic,
            name=topics.readable(one.topic, names),
            phrase=one.phrase,
            window_days=one.window_days,
            observed=one.count,
            expected=one.expected,
            p_value=one.p,
            q_value=min(1.0, one.q / share),
            outcome="new" if key in shown else "too few authors or stories" if key in certain else "not new",
        )

    return tuple(row(one) for one in sorted(judged.series, key=lambda one: (one.p, one.brand, one.topic, one.phrase)))
