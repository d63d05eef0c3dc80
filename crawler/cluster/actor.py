"""A crawl actor: one standing crawl process on one node of the cluster, and what it has in hand."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.settings.key import KEY_VARIABLE
from crawler.cluster.parent import end_with_parent
from crawler.cluster.recent import Recent
from crawler.crawl_process import Answer, CrawlProcess, Ended

_FAILURES_TOLD = 20
_NOTHING = {"sources": 0.0, "pages": 0.0, "mentions": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What an actor crawls by: the configuration as it was read at ``path``, and the address of the store.

    ``environ`` holds what the node may not have in its own environment: the installation's key, the keys of the store
    and of sources.
    """

    path: str
    text: str
    store: str = field(repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


class CrawlActor:
    """Crawls the sources that it is handed. It and its crawl process live and die together."""

    def __init__(self, name: str, job: Job) -> None:
        end_with_parent()
        self._name = name
        self._loop = asyncio.get_event_loop()
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._hosts: Counter[str] = Counter()
        self._done = self._queued = 0
        self._recent = Recent(time.monotonic())
        self._failing: dict[str, str] = {}
        self._ended = asyncio.Event()
        self._finishing = False
        self._process = CrawlProcess(
            self._hand,
            path=_place(Path(job.path)),
            store=job.store,
            text=job.text,
            said=lambda words: print(words, file=sys.stderr, flush=True),
            tied=True,
            # Nobody else is called so, nor is this actor when it is started anew.
            holder=f"{name} {uuid.uuid4().hex[:12]}",
            environ={**job.environ, **os.environ, **_key(job)},
        )

    async def ready(self) -> str:
        """Return the actor's name, once it runs."""
        return self._name

    async def crawl(self, source: str, host: str, term: int) -> Answer:
        """Crawl a source of a host that this actor was given at ``term``; return what that gave."""
        self._hosts[host] += 1
        answered = self._waiting[source] = self._loop.create_future()
        self._process.crawl(source, host, term)
        try:
            answer: Answer = await answered
        finally:
            self._hosts -= Counter([host])
        self._note(answer)
        return answer

    async def finish(self) -> None:
        """Store what waits and end the crawl process; call when nothing is in hand."""
        self._finishing = True
        self._process.finish()
        await self._ended.wait()

    async def stop(self) -> None:
        """Stop fetching: what was read is stored, and what is in hand is answered as stopped."""
        self._finishing = True
        self._process.stop()
        await self._ended.wait()

    async def queued(self, count: int) -> None:
        """Hear how many sources wait for this actor with whoever hands them out."""
        self._queued = count

    async def status(self) -> dict[str, Any]:
        """Return how it does, for ``candor cluster status``."""
        return {
            "actor": self._name,
            "pid": os.getpid(),
            "crawl_pid": self._process.pid,
            "hosts": sorted(self._hosts),
            "in_hand": sorted(self._waiting),
            "queued": self._queued,
            "done": self._done,
            "a_minute": {**_NOTHING, **self._recent.a_minute(time.monotonic())},
            "failing": [{"source": source, "cause": cause} for source, cause in self._failing.items()],
        }

    def _note(self, answer: Answer) -> None:
        self._done += 1
        run = answer.run
        mentions = run.mentions_new + run.mentions_updated if run else 0
        self._recent.add(time.monotonic(), sources=1, pages=run.pages if run else 0, mentions=mentions)
        cause = (run.cause if run.state == "failing" else "") if run else answer.error
        self._failing.pop(answer.source, None)
        if cause:
            self._failing[answer.source] = cause
        while len(self._failing) > _FAILURES_TOLD:
            del self._failing[next(iter(self._failing))]

    def _hand(self, event: Answer | Ended) -> None:
        self._loop.call_soon_threadsafe(self._take, event)

    def _take(self, event: Answer | Ended) -> None:
        if isinstance(event, Answer):
            self._waiting.pop(event.source).set_result(event)
        elif self._finishing:
            self._ended.set()
            for source, answered in self._waiting.items():
                answered.set_result(Answer(source=source, stopped=True))
        else:
            # Ray starts another in its place, and what was in hand is crawled again.
            os._exit(1)


def _place(path: Path) -> Path:
    """Return where the configuration lies for this node: a folder of its own where the file is on another machine."""
    if path.exists():
        return path
    state = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    folder = Path(state) / "candor" / "cluster"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / path.name


def _key(job: Job) -> dict[str, str]:
    # All nodes that write to one store make the same pseudonyms, whatever a node has of its own.
    return {KEY_VARIABLE: job.environ[KEY_VARIABLE]} if KEY_VARIABLE in job.environ else {}
