"""Imported once by the process that workers are forked from: reads a page, so that all that takes is loaded.

What the readers load on first use (tables, compiled patterns, word lists) is then shared by every worker instead of
loaded by each: a new worker starts in milliseconds and costs little memory of its own. What understanding a post takes
is not loaded here but by the worker that does that (``warm_enricher``): the first pages are read meanwhile.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import UTC, datetime

import trafilatura

from analysis.model import Brand
from crawler.readers.feeds import feed, sitemap
from crawler.readers.page import Page
from crawler.workers import memory, work

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = "Our old kettle broke after a week and support never answered. We like the new one better, it boils fast."
PAGE = f"<html><head><title>A kettle</title></head><body><article><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"
BARE = f"<html><body><article><p>{TEXT}</p></article>{'<ul><li>Log in to see the price.</li></ul>' * 40}</body></html>"
SETUP = work.EnricherSetup(brands=(Brand(id="kettle", name="Kettle", role="own", query="kettle"),), key=b"0" * 32)


def warm() -> int:
    """Read one page, in full and with an eye on names; return how many posts it has."""
    page = Page(PAGE.encode(), "http://kettle.example/", NOW)
    posts = [post for kind in ("article", "auto") for post in work.read_page(kind, page).posts]
    work.read_page("article", replace(page), SETUP)
    # Where little text is found every extractor is tried, one of them with word lists of 30 MB.
    trafilatura.extract(BARE)
    feed.read_feed(Page(b"<rss version='2.0'><channel><title>x</title></channel></rss>", page.url, NOW))
    sitemap.read_sitemap(Page(b"<urlset><url><loc>http://a.example/</loc></url></urlset>", page.url, NOW))
    return len(posts)


memory.keep_bounded()
WARMED = warm()
# What is there now stays: without this each worker's collector would touch, and so copy, every shared page.
gc.collect()
memory.give_back()
gc.freeze()
