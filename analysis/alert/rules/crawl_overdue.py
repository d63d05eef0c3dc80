"""A source has not been crawled for much longer than its schedule says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from analysis.alert.model import Facts, Finding, Rule
from analysis.model import Source
from analysis.model.records.run import Run
from analysis.model.times import written_minute

GRACE = timedelta(hours=1)


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each source that has run; overdue after ``least`` intervals and an hour."""

    def about(source: Source, runs: Sequence[Run]) -> Mapping[str, Any]:
        last = runs[-1]
        # Who was asked to wait is late from then on.
        late = facts.now - max(last.started_at, last.wait_until or last.started_at)
        every = _rhythm(source, runs)
        return {
            "headline": f"Source {source.id} is overdue",
            "now": f"Last run {written_minute(last.started_at)}, every {_words(every)} is usual.",
            "why": f"no run for {rule.least} intervals and an hour; is what crawls on schedule running?",
            "fires": late > rule.least * every + GRACE,
            "holds": late > every + GRACE,
            "volume": rule.least,
            "numbers": {"late_s": round(late.total_seconds()), "every_s": round(every.total_seconds())},
        }

    return facts.about_sources(rule, about)


def _rhythm(source: Source, runs: Sequence[Run]) -> timedelta:
    """The schedule, or the usual time between runs where that is longer: who crawls by hand once a day is not late."""
    steps = [(later.started_at - earlier.started_at).total_seconds() for earlier, later in pairwise(runs[-30:])]
    slowest = source.slowest_s or 0.0
    return timedelta(seconds=max(source.every_s, slowest, median(steps) if steps else 0.0))


def _words(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"


RULE = Rule(
    id="crawl_overdue",
    title="A crawl is overdue",
    needs=("runs",),
    judge=judge,
    severity="warning",
    least=2,
    cooldown_h=6.0,
    hold_h=0.0,
    unit="intervals",
)
