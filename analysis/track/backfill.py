"""History that was collected late: read back by a first crawl, a new source or an import. Pure.

A mention is late where it was collected more than three days after it was published. How many late ones a day has
says how far an archive reaches back, and nothing of how much people talked. So each brand gets an exposure: what was
watched live (1 for all of it), and beside it what was read back, in units of a usual live day. A brand that was watched
live for two weeks before the period has only what was collected in time as news, and history as part of its past. One
that was not (a first crawl, an import) is judged by odds: a complaint is more than its past where there is more of it
for each mention of something else that those days hold, however unevenly they were read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from analysis.track import questions
from analysis.track.statistics.complaint_days import FEWEST_PAST_DAYS
from analysis.track.statistics.emergence import timely

Days = Mapping[date, int]
PARTS = 3  # buckets that a question needs for a day: itself, and the days on which it is usually collected
LEAST = 0.05  # usual days that a day with mentions stands for at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a brand's series are measured against, one value a day.

    Where ``split``, late mentions are kept apart and stand in the past only, with ``late`` as their exposure; else all
    of the brand's mentions stand in ``late`` and nothing in ``live``. ``usual`` is how many a usual day has.
    """

    live: tuple[float, ...]
    late: tuple[float, ...]
    usual: float
    split: bool

    def without(self, counts: Sequence[int]) -> tuple[float, ...]:
        """Return the exposure of a complaint that has ``counts``: the mentions of something else on those days.

        What its own mentions added is taken out, else a surge would hide behind the days that it filled.
        """
        pairs = zip(self.late, counts, strict=True)
        return tuple(max(whole - own / self.usual, LEAST) if whole else 0.0 for whole, own in pairs)


def body(
    *paths: str, inside: Mapping[str, Any] | None = None, sizes: Mapping[str, int] | None = None
) -> questions.Document:
    """Return the question by ``paths``, day published and day collected, with metrics ``inside`` both."""
    collected: questions.Document = {
        "date_histogram": {"field": "first_seen_at", "fixed_interval": "1d", "min_doc_count": 1}
    }
    if inside:
        collected["aggs"] = dict(inside)
    return questions.by_day(*paths, inside={**(inside or {}), "collected": collected}, sizes=sizes)


def read(
    answers: Iterable[questions.Document], *paths: str, metric: str = ""
) -> tuple[questions.Daily, questions.Daily]:
    """Return values -> day published -> how many in time, and the same for late ones; together they are all of them."""
    in_time: questions.Daily = {}
    late: questions.Daily = {}
    for answer in answers:
        for keys, bucket in questions.cells(answer, *paths):
            for entry in bucket.get("day", {}).get("buckets", ()):
                day, whole = questions.day_of(entry["key"]), _count(entry, metric)
                lags = {
                    (questions.day_of(one["key"]) - day).days: _count(one, metric)
                    for one in entry["collected"]["buckets"]
                }
                # Copies of one story that were collected on different days would count twice.
                soon = min(timely(lags)[0], whole)
                _add(in_time, keys, day, soon)
                _add(late, keys, day, whole - soon)
    return in_time, late


def _count(entry: questions.Document, metric: str) -> int:
    return questions.value(entry, metric) if metric else int(entry["doc_count"])


def _add(into: questions.Daily, keys: tuple[str, ...], day: date, count: int) -> None:
    if count:
        days = into.setdefault(keys, {})
        days[day] = days.get(day, 0) + count


def seen(days: Sequence[date], period_days: int, in_time: Days, late: Days, *, watched: Sequence[float]) -> Seen:
    """Return one brand's exposures. ``watched`` is the share of all live sources that was watched on each day."""
    first = min((day for day in days if in_time.get(day)), default=None)
    live = tuple(share if first is not None and day >= first else 0.0 for day, share in zip(days, watched, strict=True))
    if sum(share > 0.5 for share in live[: len(live) - period_days]) >= FEWEST_PAST_DAYS:
        usual = sum(in_time.get(day, 0) for day in days) / sum(live)
        back = tuple(late.get(day, 0) / usual for day in days)
        return Seen(live=live, late=back, usual=usual, split=True)
    whole = [in_time.get(day, 0) + late.get(day, 0) for day in days]
    usual = sum(whole) / len(days) or 1.0
    return Seen(live=(0.0,) * len(days), late=tuple(count / usual for count in whole), usual=usual, split=False)
