"""A crawl of one source that somebody on the page asked for: in a process of its own, one at a time, with its progress.

Readers never wait for it: it writes as any crawl does, and the pages read on.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from analysis.model.errors import CandorError, UsageError
from analysis.settings.file import Config
from analysis.store.lock import FileLock, HeldError, Holder
from candor.schedule.lock import NAME
from crawler.crawl_process import Answer, CrawlProcess, Ended

log = logging.getLogger(__name__)
COUNTS = ("requests", "pages", "posts", "mentions_new", "mentions_updated", "dropped")
Step = Literal["starting", "reading", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCrawl:
    """A crawl that was asked for on the page: of what, by whom, how far it is; ``said`` is how it ended."""

    source: str
    who: str
    since: datetime
    step: Step = "starting"
    counts: Mapping[str, int] = field(default_factory=dict)
    said: str = ""

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.step in ("done", "failed")

    def words(self) -> dict[str, Any]:
        """Return it as the page's script reads it."""
        counts = {name: self.counts.get(name, 0) for name in COUNTS}
        return {"source": self.source, "step": self.step, "said": self.said, "over": self.over, **counts}


class LiveCrawls:
    """The one crawl that the page runs, if any. Threads may share it. ``after`` is called when one has ended."""

    def __init__(self, *, after: Callable[[], None]) -> None:
        self._turn = threading.Lock()
        self._after = after
        self._now: LiveCrawl | None = None
        self._process: CrawlProcess | None = None
        self._lock: FileLock | None = None

    @property
    def now(self) -> LiveCrawl | None:
        """The crawl that runs, or the last one; None before the first."""
        with self._turn:
            return self._now

    def begin(self, config: Config, source: str, *, who: str, at: datetime) -> None:
        """Begin a crawl. Raises ``UsageError`` for an unknown source, without a contact, and where one runs already."""
        if source not in {one.id for one in config.sources}:
            raise UsageError(f"{source!r} is no source that is configured")
        if not config.crawl.contact:
            raise UsageError("[crawl] contact is missing: sites want to know whom they may write to")
        with self._turn:
            if self._process is not None and self._now is not None:
                raise UsageError(f"{self._now.source} is being crawled; one at a time")
            self._lock = _held(config.state, source)
            self._now = LiveCrawl(source=source, who=who, since=at)
            self._process = CrawlProcess(
                self._take,
                path=config.path,
                store=config.store,
                text=config.text,
                said=lambda words: log.info("the crawl said: %s", words),
                tied=True,
                progress=self._progressed,
            )
            self._process.crawl(source)
            self._process.finish()

    def stop(self) -> None:
        """Stop fetching; what was read is still stored."""
        with self._turn:
            if self._process is not None:
                self._process.stop()

    def close(self) -> None:
        """End what runs, with its workers."""
        with self._turn:
            if self._process is not None:
                self._process.kill()
            self._release()

    def _progressed(self, words: Mapping[str, Any]) -> None:
        with self._turn:
            if self._now is None or self._now.over or words.get("source") != self._now.source:
                return
            counts = {name: int(words.get(name, 0)) for name in COUNTS}
            step: Step = "reading" if words.get("state") in ("reading", "done") else "starting"
            self._now = replace(self._now, step=step, counts=counts)

    def _take(self, event: Answer | Ended) -> None:
        with self._turn:
            if self._now is not None and not self._now.over:
                self._now = _ended(self._now, event)
            if isinstance(event, Ended):
                self._process = None
                self._release()
        self._after()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def told_to_read_again(state: Path) -> bool:
    """Tell a ``candor watch`` that runs here to read the configuration again; return whether one was told."""
    try:
        FileLock(state / NAME).release()
    except HeldError as error:
        holder = error.holder
        if holder is None or holder.host != socket.gethostname() or "watch" not in holder.command.split():
            return False
        try:
            os.kill(holder.pid, signal.SIGHUP)
        except OSError:
            return False
        return True
    except OSError:
        return False
    return False


def _held(state: Path, source: str) -> FileLock:
    """Return the lock that keeps every other crawl of this installation out. Raises ``UsageError`` where one runs."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        return FileLock(state / NAME, f"candor serve: crawl {source}")
    except HeldError as error:
        raise UsageError(f"a crawl runs already: {_named(error.holder)}; it visits every source in its turn") from None
    except OSError as error:
        raise CandorError(f"{state}: the state folder cannot be written ({error.strerror}); check its rights") from None


def _named(holder: Holder | None) -> str:
    return f"{holder.command!r} since {holder.since}" if holder else "a process that did not say its name"


def _ended(now: LiveCrawl, event: Answer | Ended) -> LiveCrawl:
    if isinstance(event, Ended):
        return replace(now, step="failed", said=f"the crawl process ended with status {event.status}")
    run = event.run
    if run is None:
        return replace(now, step="failed", said=event.error or "it was stopped before it began")
    counts = {name: getattr(run, name, now.counts.get(name, 0)) for name in COUNTS if name != "dropped"}
    counts["dropped"] = sum(run.dropped.values())
    said = f"{run.state}: {run.cause}" if run.cause else run.state
    return replace(now, step="failed" if run.state == "failing" else "done", counts=counts, said=said)
