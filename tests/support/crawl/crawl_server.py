"""Crawls one configuration after the other in one process, because a reactor runs once and imports take seconds.

Reads a line of JSON for each crawl from standard input, ``{"config": ..., "extra": ..., "environ": ...}``, and answers
with a line.
Each crawl has a context, a pool and a store of its own, as in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from analysis.settings.key import installation_key
from analysis.store.open import open_store
from crawler.configuration import load
from crawler.context import Context, new_run, utc_now
from crawler.run import Crawl, settings_for
from crawler.workers.pool import start_importing
from crawler.workers.preload import ALL_PRELOADED
from tests.support.crawl.crawl_once import outcome_json


async def one(job: dict[str, Any]) -> dict[str, Any]:
    """Run one crawl; return its outcome, or what it raised."""
    before = dict(os.environ)
    os.environ.update(job.get("environ") or {})
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
            return outcome_json(await Crawl(AsyncCrawlerProcess(settings), context, config.sources).all())
    except Exception:  # noqa: BLE001 - the test reads it
        return {"error": traceback.format_exc()}
    finally:
        os.environ.clear()
        os.environ.update(before)


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
