"""Crawls one configuration after the other in one process, because a reactor runs once and imports take seconds.

Reads a line of JSON for each crawl from standard input, ``{"config": ..., "extra": ..., "environ": ...}``, and answers
with a line. With ``"hold": N`` batches are of N posts and the store takes none (see ``held``); with ``"stop": true``
as well, the crawl is stopped meanwhile. With ``"living": true`` the outcome tells how many answers were in memory at
once. Each crawl has a context, a pool and a store of its own, as in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from unittest.mock import patch

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from analysis.flow import Ingested
from analysis.model.errors import StoreError
from analysis.settings.key import installation_key
from analysis.store.open import open_store
from crawler.configuration import load
from crawler.context import Context, new_run, utc_now
from crawler.keeping.intake import Intake, Waiting
from crawler.run import Crawl, settings_for
from crawler.workers.pool import start_importing
from crawler.workers.preload import ALL_PRELOADED
from tests.support.crawl.crawl_once import outcome_json
from tests.support.crawl.living import living

UNSETTLED = 8
"""Records of a WARC file, in batches, that may wait where the store takes none: to read all that may takes minutes."""
HELD_S = 60
"""Seconds that a store takes nothing, at most."""
END_S = 480
"""Seconds in which a crawl ends of which the store takes nothing: time for reading, what is held, and its end."""


async def one(job: dict[str, Any]) -> dict[str, Any]:
    """Run one crawl; return its outcome, or what it raised."""
    before = dict(os.environ)
    os.environ.update(job.get("environ") or {})
    with ExitStack() as stack:
        handed = stack.enter_context(held(job["hold"])) if job.get("hold") else {}
        most = stack.enter_context(living()) if job.get("living") else {}
        outcome = await _crawled(job, before, handed)
    return outcome | {"handed": dict(handed), "living": dict(most)}


async def _crawled(job: dict[str, Any], before: dict[str, str], handed: Mapping[str, int]) -> dict[str, Any]:
    try:
        config = load(Path(job["config"]))
        settings: Settings = settings_for(job.get("extra"))
        with open_store(config.store, write=True, holder="a test") as store:
            context = Context(
                config,
                run=new_run(utc_now()),
                key=installation_key(config.key_file, named=config.key_is_named),
                store=store,
            )
            crawl = Crawl(AsyncCrawlerProcess(settings), context, config.sources)
            stopping = [asyncio.ensure_future(_stopped(crawl, handed, 3 * job["hold"]))] if job.get("stop") else []
            found = await asyncio.wait_for(crawl.all(), END_S if job.get("hold") else None)
            for each in stopping:
                each.cancel()
            return outcome_json(found)
    except Exception:  # noqa: BLE001 - the test reads it
        return {"error": traceback.format_exc()}
    finally:
        os.environ.clear()
        os.environ.update(before)


async def _stopped(crawl: Crawl, handed: Mapping[str, int], most: int) -> None:
    """Stop a crawl once ``most`` posts were handed in."""
    while sum(handed.values()) < most:
        await asyncio.sleep(0.05)
    crawl.stop()


@contextmanager
def held(size: int) -> Iterator[Counter[str]]:
    """Have crawls hand in batches of ``size`` posts to a store that takes none, and fails when nobody hands in more.

    Gives how many posts each source handed in meanwhile: what is in memory. The store fails once three batches are
    there and nothing came for two seconds; a slow machine ends it sooner, with fewer posts.
    """
    handed: Counter[str] = Counter()
    last = [monotonic()]
    put = Intake.put

    async def counted(intake: Intake, item: Waiting) -> None:
        handed[item.visit.source.id] += 1
        last[0] = monotonic()
        await put(intake, item)

    def none(*_: object, **__: object) -> Ingested:
        until = monotonic() + HELD_S
        while (handed.total() < 3 * size or monotonic() < last[0] + 2) and monotonic() < until:
            sleep(0.05)
        raise StoreError("the store of this test takes nothing")

    small = {**(Intake.__init__.__kwdefaults__ or {}), "size": size}
    with (
        patch.object(Intake, "put", counted),
        patch.object(Intake.__init__, "__kwdefaults__", small),
        patch("crawler.context.ingest", none),
        patch("crawler.spiders.warc.UNSETTLED", UNSETTLED * size),
    ):
        yield handed


def main() -> None:
    """Serve until standard input ends."""
    start_importing(ALL_PRELOADED)
    AsyncCrawlerProcess(settings_for(None))
    from twisted.internet import reactor as installed

    reactor: Any = installed

    loop = asyncio.get_event_loop()

    def serve() -> None:
        for line in sys.stdin:
            answer = asyncio.run_coroutine_threadsafe(one(json.loads(line)), loop).result()
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
        loop.call_soon_threadsafe(reactor.stop)

    threading.Thread(target=serve, daemon=True).start()
    reactor.run(installSignalHandlers=False)


if __name__ == "__main__":
    main()
