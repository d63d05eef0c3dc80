"""A run: what one crawl of one source gave. Kept as records of kind ``source_run``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

from analysis.model.records.base import Document, RecordKind, Records
from analysis.model.times import read_time, written, written_month

RunState = Literal["ok", "silent", "failing", "waiting", "stopped"]
YEAR = 12  # months


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one source, as the crawl recorded it.

    ``state``: ``failing`` broke its promise or could not be read, ``silent`` gave nothing without having promised any;
    ``waiting`` was not asked, because its site wants to be left alone until ``wait_until``, and ``stopped`` was ended
    by us: those two are neither good nor bad. ``cause`` says why, in words. ``run`` is the id of the whole crawl.
    ``pages`` were read, ``unchanged`` are known to be as they were; ``dropped`` counts what was not kept by its reason.
    """

    source: str
    started_at: datetime
    state: RunState
    run: str = ""
    kind: str = ""
    url: str = ""
    ended_at: datetime | None = None
    cause: str = ""
    wait_until: datetime | None = None
    requests: int = 0
    pages: int = 0
    unchanged: int = 0
    posts: int = 0
    dated: int = 0
    authored: int = 0
    mentions_new: int = 0
    mentions_updated: int = 0
    kept_short: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether it did its work."""
        return self.state == "ok"

    @property
    def judged(self) -> bool:
        """Whether it says anything of the source's health: it was neither told to stop nor to come back later."""
        return self.state not in ("waiting", "stopped")

    @property
    def given(self) -> int:
        """How much the source has: posts that were read, and pages that are as they were."""
        return self.posts + self.unchanged

    @property
    def refused(self) -> int:
        """How many posts the store refused."""
        return self.dropped.get("refused by the store", 0)


def _key(run: Run) -> str:
    # The source and then the start, so that a month of a source is asked for by its prefix.
    return f"{run.source}/{written(run.started_at, to='microseconds')}"


def _to_body(run: Run) -> Document:
    return {
        "run": run.run,
        "source": run.source,
        "kind": run.kind,
        "url": run.url,
        "started_at": written(run.started_at),
        "ended_at": written(run.ended_at) if run.ended_at else None,
        "state": run.state,
        "cause": run.cause,
        "wait_until": written(run.wait_until) if run.wait_until else None,
        "requests": run.requests,
        "pages": run.pages,
        "unchanged": run.unchanged,
        "posts": run.posts,
        "dated": run.dated,
        "authored": run.authored,
        "mentions_new": run.mentions_new,
        "mentions_updated": run.mentions_updated,
        "kept_short": dict(sorted(run.kept_short.items())),
        "dropped": dict(sorted(run.dropped.items())),
    }


def _from_body(_: str, body: Document) -> Run:
    ended, wait = body["ended_at"], body.get("wait_until")
    return Run(
        source=body["source"],
        started_at=read_time(body["started_at"]),
        state=cast("RunState", body["state"]),
        run=body["run"],
        kind=body["kind"],
        url=body["url"],
        ended_at=read_time(ended) if ended else None,
        cause=body["cause"],
        wait_until=read_time(wait) if wait else None,
        requests=body["requests"],
        pages=body["pages"],
        unchanged=body["unchanged"],
        posts=body["posts"],
        dated=body["dated"],
        authored=body["authored"],
        mentions_new=body["mentions_new"],
        mentions_updated=body["mentions_updated"],
        kept_short=body.get("kept_short") or {},
        dropped=body["dropped"],
    )


RUNS = RecordKind(name="source_run", key=_key, to_body=_to_body, from_body=_from_body)


def runs_in_months(records: Records, source: str, months: Iterable[str]) -> list[Run]:
    """Return the runs of a source that began in these months ("2026-10"), oldest first."""
    wanted = set(months)
    if len(wanted) > YEAR:
        # Each month is a question, and of a period of years most lie before anything ran.
        first = first_run(records, source)
        wanted = {month for month in wanted if first and month >= written_month(first.started_at)}
    runs = [run for month in wanted for run in RUNS.values(records, prefix=f"{source}/{month}")]
    # The id of another source may begin with this one's.
    return sorted((run for run in runs if run.source == source), key=lambda run: run.started_at)


def first_run(records: Records, source: str) -> Run | None:
    """Return the first run of a source, since which it is watched; None where it never was."""
    return next((run for run in RUNS.values(records, prefix=f"{source}/") if run.source == source), None)
