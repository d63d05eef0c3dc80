"""Sites that public bug reports describe, saved beside this checkout: crawled, they give what a person wrote down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.crawl.case_site import CaseSite
from tests.support.crawl.crawling import mentions
from tests.support.shared import SHARED, needs_shared

pytestmark = [needs_shared("cases/reading"), pytest.mark.shared]

CASES = SHARED / "cases" / "reading"


@dataclass(frozen=True, slots=True)
class Gave:
    """What a crawled case left: the addresses and titles of its mentions, and what was asked for in each run."""

    urls: list[str]
    texts: dict[str, str]
    asked: list[list[str]]


def numbered(start: int, end: int) -> list[str]:
    return sorted(f"/p{number}" for number in range(start, end + 1))


def each_comment_in_its_own_words(gave: Gave) -> bool:
    words = [text for url, text in sorted(gave.texts.items()) if url.startswith("/pot-test/#comment-1")]
    return words == [f"My Tessaro leaks, case {number}." for number in (11, 12, 13)] and len(gave.urls) == 3


def a_mention_for_each_guid(gave: Gave) -> bool:
    return len(gave.urls) == 5 and len(set(gave.texts.values())) == 5


def the_page_is_read_once_the_wall_is_gone(gave: Gave) -> bool:
    return gave.urls == ["/a1"] and "Tessaro calls back kettles" in gave.texts["/a1"] and "/a1" in gave.asked[1]


def four_then_four_then_two(gave: Gave) -> bool:
    so_far = [{path for run in gave.asked[: until + 1] for path in run if path.startswith("/p")} for until in range(3)]
    return gave.urls == numbered(1, 10) and [len(pages) for pages in so_far] == [4, 8, 10]


def read_once_and_not_for_ever(gave: Gave) -> bool:
    return gave.urls == ["/p1", "/p2"] and gave.asked[0].count("/robots.txt") <= 2


def not_fetched(gave: Gave) -> bool:
    return gave.asked[0] == ["/robots.txt"] and gave.urls == []


RIGHT: dict[str, list[str] | Callable[[Gave], bool]] = {
    "canonical_is_section": ["/news/1", "/news/2", "/news/3"],
    "canonical_undefined": ["/news/1", "/news/2", "/news/3"],
    "feed_gzip_without_header": ["https://n.example/1"],
    "feed_items_share_one_link": a_mention_for_each_guid,
    "feed_of_comments": each_comment_in_its_own_words,
    "feed_only_url_not_canonical": ["/a"],
    "feed_page_is_consent_wall": the_page_is_read_once_the_wall_is_gone,
    "index_lastmod_is_a_day": ["/p1", "/p2", "/p3"],
    "index_newest_first": sorted(f"/p{year}{number}" for year in (2025, 2026) for number in (1, 2, 3)),
    "jsonfeed_relative_url": ["/p/0", "/p/1", "/p/2"],
    "max_pages_feed_etag": four_then_four_then_two,
    "max_pages_then_304": four_then_four_then_two,
    "robots_lists_itself": read_once_and_not_for_ever,
    "robots_names_our_version": not_fetched,
    "robots_sitemap_empty_line": ["/p1", "/p2"],
    "robots_sitemap_relative": ["/p1", "/p2"],
}
"""The addresses that must be there, or what must hold."""


@pytest.mark.parametrize("case", sorted(RIGHT))
def test_a_crawl_gives_what_is_right(case: str, tmp_path: Path) -> None:
    with CaseSite(CASES / case) as site:
        config = site.crawled(tmp_path)
        found = {site.short(url): mention.text for url, mention in mentions(config).items()}
        gave = Gave(sorted(found), found, site.asked)
    right = RIGHT[case]
    assert right(gave) if callable(right) else gave.urls == right, gave


def test_every_site_of_the_saved_cases_is_crawled_here() -> None:
    assert {path.parent.name for path in CASES.glob("*/site.json")} == set(RIGHT)
