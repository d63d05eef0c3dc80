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
from crawler.kinds.base import Ask, Knowledge, Took
from crawler.kinds.feed import FeedOptions
from crawler.kinds.pages import PagesOptions
from crawler.kinds.sitemap import SitemapOptions
from crawler.readers.page import Page
from crawler.workers import memory, work

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = "Our old kettle broke after a week and support never answered. We like the new one better, it boils fast."
PAGE = f"<html><head><title>A kettle</title></head><body><article><p>{TEXT}</p><p>{TEXT}</p></article></body></html>"
BARE = f"<html><body><article><p>{TEXT}</p></article>{'<ul><li>Log in to see the price.</li></ul>' * 40}</body></html>"
URL = "http://kettle.example/"
SITEMAP = b"<urlset><url><loc>http://a.example/</loc></url></urlset>"
SETUP = work.EnricherSetup(brands=(Brand(id="kettle", name="Kettle", role="own", query="kettle"),), key=b"0" * 32)


def warm() -> int:
    """Read one page, in full and with an eye on names; return how many posts it has."""
    page = Page(PAGE.encode(), URL, NOW)
    posts = _read("pages", PagesOptions(url=URL, read="article"), page)
    posts += _read("pages", PagesOptions(url=URL), page)
    _read("pages", PagesOptions(url=URL, read="article"), page, SETUP)
    # Where little text is found every extractor is tried, one of them with word lists of 30 MB.
    trafilatura.extract(BARE)
    _read("feed", FeedOptions(url=URL), Page(b"<rss version='2.0'><channel><title>x</title></channel></rss>", URL, NOW))
    _read("sitemap", SitemapOptions(url=URL), Page(SITEMAP, URL, NOW))
    return posts


def _read(kind: str, options: object, page: Page, setup: work.EnricherSetup | None = None) -> int:
    reader = work.Reader(kind=kind, ask=Ask(url=URL), options=options, known=Knowledge(now=NOW))
    steps = work.read_page(reader, replace(page), setup)
    return sum(len(step.posts) for step in steps if isinstance(step, Took))


memory.keep_bounded()
WARMED = warm()
# What is there now stays: without this each worker's collector would touch, and so copy, every shared page.
gc.collect()
memory.give_back()
gc.freeze()
