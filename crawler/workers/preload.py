"""What workers find ready when they are forked, and what those that understand posts load themselves."""

from __future__ import annotations

from importlib import import_module

PRELOADED = ("crawler.workers.warm",)
"""What the process that workers are forked from imports: the readers alone, so that the first page is soon read."""
ALL_PRELOADED = (*PRELOADED, "crawler.workers.warm_enricher")
"""The same for a process that stays: each later crawl finds its workers ready."""


def load_enricher() -> None:
    """Load all that understanding takes; called once in each worker that is to understand."""
    import_module("crawler.workers.warm_enricher")
