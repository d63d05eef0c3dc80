"""What ``candor cluster status`` is told: an actor counts what it does, and hears what waits for it. Ray is played."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest

from analysis.model.records.run import Run
from crawler.cluster import actor, fleet
from crawler.cluster.actor import CrawlActor, Job
from crawler.cluster.fleet import BOUND, Fleet
from crawler.crawl_process import Answer, Ended

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class PlayedProcess:
    """A crawl process that reads three pages of each source, and fails with the source ``broken``."""

    pid = 7

    def __init__(self, hand: Callable[[Answer | Ended], None], **given: Any) -> None:
        self._hand = hand

    def crawl(self, source: str, host: str, term: int) -> None:
        good = Run(source=source, kind="feed", url="", started_at=AT, state="ok", pages=3, mentions_new=2)
        run = replace(good, state="failing", cause="refused us: 403") if source == "broken" else good
        self._hand(Answer(source=source, run=run))


def test_an_actor_tells_how_fast_it_is_and_what_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(actor, "CrawlProcess", PlayedProcess)
    monkeypatch.setattr(actor, "end_with_parent", lambda: None)
    config = tmp_path / "candor.toml"
    config.touch()

    async def crawling() -> dict[str, Any]:
        one = CrawlActor("crawler-1", Job(path=str(config), text="", store="store"))
        before = await one.status()
        assert (before["queued"], before["a_minute"]) == (0, {"sources": 0.0, "pages": 0.0, "mentions": 0.0})
        for source in ("good", "broken"):
            await one.crawl(source, "a.example", 1)
        await one.queued(41)
        return await one.status()

    status = asyncio.run(crawling())
    assert (status["queued"], status["done"], status["in_hand"], status["hosts"]) == (41, 2, [], [])
    assert status["failing"] == [{"source": "broken", "cause": "refused us: 403"}]
    rates = status["a_minute"]
    assert rates["sources"] > 0
    assert rates["pages"] == pytest.approx(3 * rates["sources"], rel=0.01)
    assert rates["mentions"] == pytest.approx(2 * rates["sources"], rel=0.01)


class PlayedRay:
    """Actors that are ready at once and answer what they crawl when they are ``let`` to."""

    def __init__(self) -> None:
        self.exceptions = SimpleNamespace(RayActorError=OSError, ActorDiedError=OSError, ActorUnavailableError=OSError)
        self.let = threading.Event()
        self.told: SimpleQueue[tuple[str, int]] = SimpleQueue()
        self.killed: list[Any] = []

    def remote(self, kind: type) -> Any:
        return SimpleNamespace(options=lambda name, **_: SimpleNamespace(remote=lambda *_: self._actor(name)))

    def _actor(self, name: str) -> Any:
        acts: dict[str, Callable[..., Any]] = {
            "ready": lambda: name,
            "crawl": lambda source, host, term: self.let.wait(60) and Answer(source=source),
            "queued": lambda count: self.told.put((name, count)),
            "finish": lambda: None,
        }
        return SimpleNamespace(**{what: SimpleNamespace(remote=_calling(act)) for what, act in acts.items()})

    def wait(self, calls: list[Any], *, num_returns: int) -> None:
        for call in calls:
            call.future().result(60)

    def kill(self, actor: Any) -> None:
        self.killed.append(actor)

    def get_actor(self, name: str) -> Any:
        raise ValueError(name)


def _calling(act: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any) -> Any:
        future: Future[Any] = Future()

        def run() -> None:
            future.set_result(act(*given))

        threading.Thread(target=run, daemon=True).start()
        return SimpleNamespace(future=lambda: future)

    return call


def test_actors_hear_how_much_waits_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "LOOK_EVERY_S", 0.05)
    ray = PlayedRay()
    monkeypatch.setitem(sys.modules, "ray", ray)
    events: SimpleQueue[Answer | Ended] = SimpleQueue()
    more = 3
    hosts = {f"source-{n}": "a.example" for n in range(BOUND + more)}
    one = Fleet(events.put, job=Job(path="", text="", store=""), hosts=hosts, size=1)
    for source in hosts:
        one.crawl(source)
    one.finish()
    heard = [ray.told.get(timeout=60)]
    while heard[-1][1] != more:
        # It may have heard earlier, while sources were still being asked for.
        heard.append(ray.told.get(timeout=60))
    assert {name for name, _ in heard} == {"crawler-1"}
    ray.let.set()
    answers = [events.get(timeout=60) for _ in range(len(hosts) + 1)]
    assert sorted(each.source for each in answers if isinstance(each, Answer)) == sorted(hosts)
    assert isinstance(answers[-1], Ended)
    assert len(ray.killed) == 1
