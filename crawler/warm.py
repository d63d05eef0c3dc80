"""Imported once by the process that workers are forked from: reads and understands a page, so that all is loaded.

What the readers and enrichers load on first use (models, tables, compiled patterns) is then shared by every worker
instead of loaded by each: a new worker starts in milliseconds and costs little memory of its own.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import trafilatura

from analysis.model import Brand, Post
from crawler import memory, work
from crawler.readers import feed, sitemap
from crawler.readers.page import Page

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FOREIGN = "Der alte Wasserkocher war nach einer Woche kaputt, und niemand hat geantwortet."
TEXT = "Our old kettle broke after a week and support never answered. We like the new one better, it boils fast."
PAGE = f"<html><head><title>A kettle</title></head><body><article><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"
BARE = f"<html><body><article><p>{TEXT}</p></article>{'<ul><li>Log in to see the price.</li></ul>' * 40}</body></html>"
SETUP = work.EnricherSetup(brands=(Brand(id="kettle", name="Kettle", role="own", query="kettle"),), key=b"0" * 32)


def warm() -> int:
    """Read and understand one page; return how many mentions it has."""
    page = Page(PAGE.encode(), "http://kettle.example/", NOW)
    posts: list[Post] = [post for kind in ("article", "auto") for post in work.read_page(kind, page).posts]
    # Where little text is found every extractor is tried, one of them with word lists of 30 MB.
    trafilatura.extract(BARE)
    feed.read_feed(Page(b"<rss version='2.0'><channel><title>x</title></channel></rss>", page.url, NOW))
    sitemap.read_sitemap(Page(b"<urlset><url><loc>http://a.example/</loc></url></urlset>", page.url, NOW))
    understood = work.understand_posts(posts[:1], SETUP)
    # A text that is not plainly English makes the language model load. It unpacks itself into a temporary file: where
    # the disk is full, the crawl must start all the same and say what it could not store.
    with suppress(OSError):
        work.understand_posts([replace(posts[0], url=f"{page.url}de", text=FOREIGN * 3)], SETUP)
    work.enricher.cache_clear()
    return sum(len(item.mentions) for item in understood)


memory.keep_bounded()
WARMED = warm()
# What is there now stays: without this each worker's collector would touch, and so copy, every shared page.
gc.collect()
memory.give_back()
gc.freeze()
