"""A source fails, or gives nothing any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.alert.model import Facts, Finding, Rule
from analysis.model import Source
from analysis.model.records.run import Run
from analysis.model.times import written_minute


def judge(facts: Facts, rule: Rule) -> Sequence[Finding]:
    """Return a finding for each configured source that has run; it fires after so many bad runs in a row."""

    def about(source: Source, every: Sequence[Run]) -> Mapping[str, Any] | None:
        runs = [run for run in every if run.judged]
        if not runs:
            return None
        bad = _bad_in_a_row(runs)
        good = [run.started_at for run in runs if run.good]
        since = f"last good run {written_minute(good[-1])}" if good else "never a good run"
        state = runs[-1].state if bad else "ok"
        return {
            "headline": f"Source {source.id} is {state}",
            "now": f"{bad} bad runs in a row; {since}.",
            "why": "bad runs counted; its silence is left out of all comparisons",
            # Nothing that never gave a post can fall silent.
            "fires": bad >= rule.least and (state != "silent" or any(run.given for run in runs)),
            "holds": bad > 0,
            "volume": bad,
            "thing": runs[-1].cause if bad else "",
            "numbers": {"bad_runs": bad, "last_good": good[-1].isoformat() if good else None},
        }

    return facts.about_sources(rule, about)


def _bad_in_a_row(runs: Sequence[Run]) -> int:
    count = 0
    for run in reversed(runs):
        if run.good:
            break
        count += 1
    return count


RULE = Rule(
    id="source_failing",
    title="A source fails or has gone silent",
    needs=("runs",),
    judge=judge,
    severity="warning",
    least=2,
    cooldown_h=6.0,
    hold_h=0.0,
    unit="bad runs in a row",
)
