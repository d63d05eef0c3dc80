"""How one ``candor watch`` does, in the words of its health file. Pure but for the process's own name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from analysis.model.records.run import Run
from candor.schedule import health, plan
from candor.schedule.doing import Doing

FAILURES_IN_A_ROW = 3


def words(
    current: plan.Plan, runs: Mapping[str, Sequence[Run]], doing: Doing, *, since: datetime, state: str = ""
) -> dict[str, Any]:
    """Return the health file's words; ``state`` overrides what the plan shows."""
    crawling = any(slot.running_since is not None for slot in current.slots.values())
    wrong = problems(current, doing)
    return {
        "format": "candor-watch",
        "version": health.VERSION,
        "state": state or ("stopping" if doing.stopping else "crawling" if crawling else "waiting"),
        "healthy": not wrong,
        "problems": wrong,
        "pid": os.getpid(),
        "host": os.uname().nodename,
        "since": health.utc(since),
        "beat_at": health.utc(datetime.now(UTC)),
        "crawl_pid": doing.crawls.pid if doing.crawls else None,
        "told_at": health.utc(doing.told_at),
        "told_took_s": doing.told.took_s,
        "sources": [_source(current, slot, runs.get(slot.source, ())) for slot in current.slots.values()],
    }


def problems(current: plan.Plan, doing: Doing) -> list[str]:
    """Return what is not well: sources that cannot be crawled at all, alerts that cannot be told."""
    wrong = [
        f"{slot.source}: could not be crawled {slot.failed} times in a row"
        for slot in current.slots.values()
        if slot.failed >= FAILURES_IN_A_ROW
    ]
    if doing.tell_failures >= FAILURES_IN_A_ROW:
        wrong.append(f"alerts: {doing.tell_failures} passes in a row failed ({doing.told.problem})")
    return wrong


def _source(current: plan.Plan, slot: plan.Slot, runs: Sequence[Run]) -> dict[str, Any]:
    last = runs[-1] if runs else None
    return {
        "source": slot.source,
        "running": slot.running_since is not None,
        "interval_s": slot.interval_s,
        "next_at": health.utc(plan.fires_at(current, slot)),
        "last_started_at": health.utc(last.started_at) if last else None,
        "state": last.state if last else "",
        "cause": last.cause if last else "",
        "failed": slot.failed,
    }
