"""Understands two posts, so that all that takes is loaded.

In the worker that understands; or, where a process stays for many crawls, in the one that its workers are forked from.
"""

from __future__ import annotations

import gc
from contextlib import suppress

from analysis.model import Post
from crawler.workers import memory, work
from crawler.workers.warm import NOW, SETUP, TEXT

FOREIGN = "Der alte Wasserkocher war nach einer Woche kaputt, und niemand hat geantwortet."


def warm() -> int:
    """Understand an English post and a foreign one; return how many mentions they have."""
    understood = work.understand_posts([Post(url="http://kettle.example/", text=TEXT, fetched_at=NOW)], SETUP)
    # A text that is not plainly English makes the language model load. It unpacks itself into a temporary file: where
    # the disk is full, the crawl must start all the same and say what it could not store.
    with suppress(OSError):
        work.understand_posts([Post(url="http://kettle.example/de", text=FOREIGN * 3, fetched_at=NOW)], SETUP)
    work.enricher.cache_clear()
    return sum(len(item.mentions) for item in understood)


WARMED = warm()
gc.collect()
memory.give_back()
gc.freeze()
