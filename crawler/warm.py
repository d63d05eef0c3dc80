"""Imported once by the process that workers are forked from: reads and understands a page, so that all is loaded.

What the readers and enrichers load on first use (models, tables, compiled patterns) is then shared by every worker
instead of loaded by each: a new worker starts in milliseconds and costs little memory of its own.
"""

from __future__ import annotations

import gc
from datetime import UTC, datetime

from htmldate import find_date

from analysis.model import Brand, Post
from crawler import work
from crawler.readers import feed, sitemap
from crawler.readers.page import Page

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = "Our old kettle broke after a week and support never answered. We like the new one better, it boils fast."
PAGE = f"<html><head><title>A kettle</title></head><body><article><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"
UNDATED = "<html><body><p class='date'>on the 12th foo bar 2020</p><time>3 floreal 2019</time></body></html>"
SETUP = work.EnricherSetup(brands=(Brand(id="kettle", name="Kettle", role="own", query="kettle"),), key=b"0" * 32)


def warm() -> int:
    """Read and understand one page; return how many mentions it has."""
    page = Page(PAGE.encode(), "http://kettle.example/", NOW)
    posts: list[Post] = [post for kind in ("article", "auto") for post in work.read_page(kind, page).posts]
    feed.read_feed(Page(b"<rss version='2.0'><channel><title>x</title></channel></rss>", page.url, NOW))
    sitemap.read_sitemap(Page(b"<urlset><url><loc>http://a.example/</loc></url></urlset>", page.url, NOW))
    # A date that only dateparser may know makes it load its languages: 2 seconds that each worker would spend.
    find_date(UNDATED, extensive_search=True)
    understood = work.understand_posts(posts[:1], SETUP)
    work.enricher.cache_clear()
    return sum(len(item.mentions) for item in understood)


WARMED = warm()
# What is there now stays: without this each worker's collector would touch, and so copy, every shared page.
gc.collect()
gc.freeze()
