"""A page that its site has taken away is counted no more, and what it said stays in the history."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from analysis.ingest.edits import GONE
from tests.support.crawl.crawling import configure, crawl, mentions, records
from tests.support.crawl.documented_api import DocumentedApi, texts

PAGE = """<html lang="en"><head><title>Post {name}</title></head><body><article><h1>Post {name}</h1>
<p>The kettle of page {name} leaks all over the table, and it did so from the first day on. We wrote about it twice.</p>
</article></body></html>"""
PAGES = ("/one", "/two", "/three")


class Site:
    """A site whose pages can be taken away."""

    def __init__(self) -> None:
        self.there = set(PAGES)

    def __call__(self, path: str, _: Mapping[str, str]) -> str:
        return PAGE.format(name=path[1:]) if path in self.there else ""


def test_what_is_gone_is_withdrawn_and_comes_back_with_its_page(tmp_path: Path) -> None:
    site = Site()
    with DocumentedApi(texts(site)) as host:
        urls = [f"{host.api}{path}" for path in PAGES]
        config = configure(tmp_path, {"it": {"kind": "pages", "url": urls[0], "urls": urls[1:], "read": "article"}})
        assert crawl(config).sources["it"]["mentions_new"] == 3
        site.there.remove("/two")
        assert crawl(config).sources["it"]["dropped"][GONE] == 1
        assert {url[-4:] for url in mentions(config)} == {"/one", "hree"}
        (kept,) = records(config, "withdrawn")
        assert kept.body["mention"]["url"].endswith("/two")
        site.there.add("/two")
        crawl(config)
        assert len(mentions(config)) == 3


def test_a_site_that_is_gone_altogether_takes_nothing_with_it(tmp_path: Path) -> None:
    site = Site()
    with DocumentedApi(texts(site)) as host:
        urls = [f"{host.api}{path}" for path in PAGES]
        config = configure(tmp_path, {"it": {"kind": "pages", "url": urls[0], "urls": urls[1:], "read": "article"}})
        assert crawl(config).sources["it"]["mentions_new"] == 3
        site.there.clear()
        assert GONE not in crawl(config).sources["it"]["dropped"]
        assert len(mentions(config)) == 3
