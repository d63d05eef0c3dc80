"""Work on a Ray cluster: actors that do what they are handed, as a pool of worker processes does on one machine."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pebble import ProcessExpired

from analysis.model.errors import CandorError
from crawler.cluster.parent import end_with_parent
from crawler.workers import memory
from crawler.workers.preload import load_enricher
from crawler.workers.work import EnricherSetup

MOST_TRIES = 3
"""A call is handed to so many actors that die before it is taken for what kills them."""
REACH_AGAIN_S = 0.5
SAY_AFTER_S = 30.0


class WorkActor:
    """Does one thing after the other in a process of its own, which has loaded what understanding a post takes.

    ``taxonomy`` is the text of the taxonomy that the configuration names, whose file this node may not have.
    """

    def __init__(self, taxonomy: bytes = b"") -> None:
        end_with_parent()
        memory.keep_bounded()
        load_enricher()
        self._taxonomy: Path | None = None
        if taxonomy:
            handle, name = tempfile.mkstemp(prefix="candor-taxonomy-", suffix=".yaml")
            with os.fdopen(handle, "wb") as stream:
                stream.write(taxonomy)
            self._taxonomy = Path(name)

    def do(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Return ``function(*arguments)``."""
        return function(*map(self._at_home, arguments))

    def _at_home(self, argument: Any) -> Any:
        if self._taxonomy is not None and isinstance(argument, EnricherSetup):
            return replace(argument, taxonomy=self._taxonomy)
        return argument


class ClusterWorkers:
    """``count`` actors on the cluster that ``ray`` is connected to; each is handed one thing at a time.

    It has the methods of ``crawler.workers.pool.Workers``. Ray spreads the actors and starts those anew that died;
    what one had in hand goes to another. For one event loop.
    """

    def __init__(self, ray: Any, count: int, *, taxonomy: bytes = b"", said: Callable[[str], None] = print) -> None:
        self.count = count
        self._ray, self._said = ray, said
        self._idle: asyncio.Queue[Any] = asyncio.Queue()
        self._coming: set[asyncio.Task[None]] = set()
        self._hopeless: asyncio.Future[str] | None = None
        made: Any = ray.remote(WorkActor)
        options = {"num_cpus": 1, "max_restarts": -1, "scheduling_strategy": "SPREAD"}
        self._actors = [made.options(**options).remote(taxonomy) for _ in range(count)]
        self._alive = count

    async def do(self, function: Callable[..., Any], arguments: tuple[Any, ...], timeout_s: float) -> Any:
        """Return ``function(*arguments)`` from an actor.

        Raises what that raises, ``TimeoutError``, ``ProcessExpired`` where it killed three actors, and ``CandorError``
        where no actor can start.
        """
        for _ in range(MOST_TRIES):
            actor = await self._next()
            call = _answer(actor.do.remote(function, arguments))
            done, _ = await asyncio.wait({call}, timeout=timeout_s)
            if not done:
                # It hangs: only its end makes room.
                self._ray.kill(actor, no_restart=False)
                self._await(actor)
                raise TimeoutError
            if not isinstance(call.exception(), self._ray.exceptions.RayActorError):
                self._idle.put_nowait(actor)
                return call.result()
            self._said("a worker is lost and is replaced; what it had in hand goes to another")
            self._await(actor)
        raise ProcessExpired(f"it ended {MOST_TRIES} workers", code=-1)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """End the actors; what they still do is lost."""
        for task in self._coming:
            task.cancel()
        for actor in self._actors:
            self._ray.kill(actor)

    async def _next(self) -> Any:
        """Return an actor that has nothing in hand, once there is one."""
        if self._hopeless is None:
            self._hopeless = asyncio.get_running_loop().create_future()
            for actor in self._actors:
                self._await(actor)
        if not self._idle.empty():
            return self._idle.get_nowait()
        getting = asyncio.ensure_future(self._idle.get())
        try:
            while not getting.done():
                await asyncio.wait({getting, self._hopeless}, return_when=asyncio.FIRST_COMPLETED, timeout=SAY_AFTER_S)
                if self._hopeless.done():
                    raise CandorError(f"no worker can start on the cluster: {self._hopeless.result()}")
                if not getting.done() and len(self._coming) >= self._alive:
                    self._said("no worker has started yet: candor cluster status shows whether a CPU is free")
            return getting.result()
        finally:
            getting.cancel()

    def _await(self, actor: Any) -> None:
        """Have an actor take part once it answers: it is being started, for the first time or anew."""
        task = asyncio.ensure_future(self._come(actor))
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)

    async def _come(self, actor: Any) -> None:
        while True:
            call = _answer(actor.do.remote(len, ((),)))
            await asyncio.wait({call})
            error = call.exception()
            if error is None:
                self._idle.put_nowait(actor)
                return
            if isinstance(error, self._ray.exceptions.ActorDiedError):
                # Ray starts one that died as often as need be, so this one cannot even begin.
                self._alive -= 1
                if not self._alive and self._hopeless is not None and not self._hopeless.done():
                    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
                    self._hopeless.set_result(lines[-1][:500] if lines else type(error).__name__)
                return
            await asyncio.sleep(REACH_AGAIN_S)


def _answer(call: Any) -> asyncio.Future[Any]:
    """Return the future of a call; one that nobody waits for any more may fail unseen."""
    answer = asyncio.wrap_future(call.future())
    answer.add_done_callback(lambda done: done.cancelled() or done.exception())
    return answer
