"""``candor crawl --on ray``: the sources of one crawl, spread over the actors of a cluster."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue

from analysis.model import Source
from analysis.model.errors import CrawlError, UsageError
from analysis.model.records.run import Run
from analysis.settings.file import Config
from analysis.settings.key import KEY_VARIABLE, installation_key
from candor.streams import say
from crawler.cluster.actor import Job
from crawler.cluster.connection import Head, address_of, connected, namespace_of
from crawler.cluster.fleet import GONE, Fleet
from crawler.cluster.placement import host_of_source
from crawler.crawl_process import Answer, Ended, Hand


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlace:
    """The cluster to crawl on. ``address`` is empty for one started here; ``actors`` None for one a node."""

    address: str
    actors: int | None = None


def where(config: Config, on: str, actors: int | None) -> ClusterPlace:
    """Return the cluster that the flags mean. Raises ``UsageError`` where the store cannot be shared as it would be.

    The embedded store has one writer, so one actor on this machine is all that it can have.
    """
    address = address_of(on)
    if config.store.startswith(("http://", "https://")):
        return ClusterPlace(address=address, actors=actors)
    if address or (actors or 1) > 1:
        many = f"a cluster ({address})" if address else f"{actors} actors"
        raise UsageError(
            f"{config.store}: this store has one writer on one machine, and {many} would be several; "
            "keep the mentions in Elasticsearch (--store https://...), or leave out "
            + ("--on and RAY_ADDRESS" if address else "--actors")
        )
    return ClusterPlace(address="", actors=1)


def job_of(config: Config) -> Job:
    """Return what every actor crawls by, with the keys that this machine has for it."""
    named = {name for source in config.sources for name in getattr(source.options, "secrets", tuple)()}
    environ = {name: value for name, value in os.environ.items() if name.startswith("CANDOR_") or name in named}
    environ[KEY_VARIABLE] = installation_key(config.key_file, named=config.key_is_named).hex()
    return Job(path=str(config.path), text=config.text, store=config.store, environ=environ)


@contextmanager
def fleet_on(config: Config, place: ClusterPlace) -> Iterator[Callable[[Config, Hand], Fleet]]:
    """Be connected to the cluster; what it gives starts a fleet for the sources of a configuration.

    That may be a later one than ``config``, for the same store. It raises ``CrawlError`` where another crawl is at
    work, or the head is gone: no connection outlives the head, so the process that has it is to be started anew.
    """
    with connected(place.address, namespace=namespace_of(config.store), said=say) as ray:
        head = Head(ray)
        nodes = sum(bool(node["Alive"] and node["Resources"].get("CPU")) for node in ray.nodes())

        def start(current: Config, hand: Hand) -> Fleet:
            if not head.is_there():
                raise CrawlError(f"{GONE}: start this again when it is back")
            hosts = {source.id: host_of_source(source) for source in current.sources}
            try:
                size = place.actors or max(1, nodes)
                return Fleet(hand, job=job_of(current), hosts=hosts, size=size, said=say, is_there=head.is_there)
            except ValueError:
                raise CrawlError(
                    "another crawl or watch of this store is at work on this cluster; wait for it or stop it "
                    "(candor cluster status shows it)"
                ) from None

        yield start


def crawl_on(
    config: Config, sources: Sequence[Source], place: ClusterPlace, *, on_done: Callable[[Run | None], None]
) -> tuple[list[Run], bool]:
    """Crawl ``sources`` on a cluster; return the run of each, in their order, and whether the crawl was stopped.

    ``on_done`` is called as each is done, with None for one that was not started. The first Ctrl-C (or SIGTERM) stops
    fetching, and what was read is stored; the second raises ``KeyboardInterrupt``.
    """
    events: SimpleQueue[Answer | Ended | int] = SimpleQueue()
    runs: dict[str, Run] = {}
    stopped = False
    with fleet_on(config, place) as start, _signals(events.put):
        fleet = start(config, events.put)
        for source in sources:
            fleet.crawl(source.id)
        fleet.finish()
        known = {source.id: source for source in sources}
        while not isinstance(event := events.get(), Ended):
            if isinstance(event, Answer):
                run = event.run or _failed(known[event.source], event)
                stopped |= event.stopped
                if run is not None:
                    runs[event.source] = run
                on_done(run)
            elif stopped:
                raise KeyboardInterrupt
            else:
                stopped = True
                fleet.stop()
    return [runs[source.id] for source in sources if source.id in runs], stopped


def _failed(source: Source, answer: Answer) -> Run | None:
    """Return a failed run for a source that has none, None for one that was stopped."""
    if answer.stopped:
        return None
    now = datetime.now(UTC)
    cause = answer.error or "no answer"
    return Run(source=source.id, kind=source.kind, url=source.url, started_at=now, state="failing", cause=cause)


@contextmanager
def _signals(put: Callable[[int], None]) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda given, _: put(given))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
