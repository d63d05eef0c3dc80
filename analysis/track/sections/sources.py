"""How each source did in the period: its runs, its state, the days on which it was silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from analysis.model.records.run import Run
from analysis.track.parts import Evidence, Period, Stretch
from analysis.track.silence import runs_together
from analysis.track.statistics.bins import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """One source in the period. ``state`` is ok, failing (last run failed), silent (last run gave nothing, or days
    without a good run), waiting (its site asked us to come back later), stopped (we ended the last run), or unwatched
    (no run was ever recorded: imported). ``failed`` counts the runs that failed."""

    id: str
    kind: str
    mentions: int
    runs: int
    failed: int
    last_ok: datetime | None
    cause: str
    state: Literal["ok", "failing", "silent", "waiting", "stopped", "unwatched"]
    silent: tuple[Stretch, ...]
    silent_days: int
    evidence: Evidence | None = None


def health(
    source: str,
    *,
    kind: str,
    mentions: int,
    runs: Sequence[Run],
    silent: frozenset[date],
    period: Period,
    evidence: Evidence,
) -> SourceHealth:
    """Return how one source did in the period; ``silent`` may hold days outside the period."""
    inside = [run for run in runs if period.since <= run.started_at < period.until]
    good = [run.started_at for run in runs if run.good]
    last = runs[-1] if runs else None
    gone = {day for day in silent if day_of(period.since) <= day <= day_of(period.until - timedelta(microseconds=1))}
    return SourceHealth(
        id=source,
        kind=kind,
        mentions=mentions,
        runs=len(inside),
        failed=sum(run.state == "failing" for run in inside),
        last_ok=good[-1] if good else None,
        cause=next((run.cause for run in reversed(runs) if not run.good), ""),
        state="unwatched" if last is None else last.state if not last.good else "silent" if gone else "ok",
        silent=runs_together(gone),
        silent_days=len(gone),
        evidence=evidence,
    )
