"""The one spider of all API kinds, played with the Hacker News search: paging, what is remembered, what is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.model.records.crawl import BOOKMARKS
from crawler.kinds.base import Ask, Knowledge, Rest, searches
from crawler.kinds.hackernews import KIND, PAGE, HackernewsOptions
from crawler.politeness.hosts import Hosts
from tests.support.crawl.crawling import configure, crawl, mentions, records
from tests.support.crawl.documented_api import ApiAnswer, ApiAsked, DocumentedApi
from tests.support.crawl.stand_ins.searches import comment

START = 1_770_000_000
NOW = datetime(2026, 3, 1, tzinfo=UTC)
LIMIT = re.compile(r"created_at_i(<=|>)(\d+)")


class Search:
    """``hits`` of a search; ``asked`` are the searches, and ``broken`` says the answer to which ones is a 500."""

    def __init__(self) -> None:
        self.hits: list[dict[str, Any]] = []
        self.asked: list[Mapping[str, str]] = []
        self.broken: set[int] = set()
        self.api = ""

    def __call__(self, asked: ApiAsked) -> ApiAnswer | None:
        if asked.path != "/api/v1/search_by_date":
            return None
        self.asked.append(asked.query)
        limits = {sign: int(value) for sign, value in LIMIT.findall(asked.query.get("numericFilters", ""))}
        low, high = limits.get(">", 0), limits.get("<=", 2**40)
        hits = [hit for hit in self.hits if low < hit["created_at_i"] <= high]
        shown = sorted(hits, key=lambda hit: -hit["created_at_i"])[: int(asked.query["hitsPerPage"])]
        return ApiAnswer({"hits": shown, "nbHits": len(hits)}, 500 if len(self.asked) in self.broken else 200)


@pytest.fixture
def search() -> Iterator[Search]:
    made = Search()
    with DocumentedApi(made) as host:
        made.api = host.api
        yield made


def marks(config: Path) -> dict[str, Any]:
    return {record.key: record.body["marks"] for record in records(config, BOOKMARKS.name)}


def configured(folder: Path, search: Search, **more: Any) -> Path:
    return configure(folder, {"hn": {"kind": "hackernews", "api": search.api, **more}})


def test_everything_is_found_once_and_the_next_run_goes_on(search: Search, tmp_path: Path) -> None:
    # Many share a second, also across the cut of a page.
    search.hits = [comment(n, START + n // 3, f"<p>The kettle number {n} leaks") for n in range(2 * PAGE + 50)]
    config = configured(tmp_path, search)
    first = crawl(config)
    assert (first.sources["hn"]["state"], first.sources["hn"]["mentions_new"]) == ("ok", 2 * PAGE + 50)
    newest = max(hit["created_at_i"] for hit in search.hits)
    assert marks(config) == {"hn": {"Kettle": str(newest)}}
    assert set(mentions(config)) == {f"https://news.ycombinator.com/item?id={n}" for n in range(2 * PAGE + 50)}
    search.asked.clear()
    search.hits.append(comment(900, newest + 7200, "my kettle is fine now"))
    second = crawl(config)
    assert second.sources["hn"]["mentions_new"] == 1
    # What may have appeared late is asked for again, and nothing before it.
    assert search.asked[0]["numericFilters"] == f"created_at_i>{newest - 3600}"
    assert marks(config) == {"hn": {"Kettle": str(newest + 7200)}}


def test_a_page_that_fails_is_no_gap(search: Search, tmp_path: Path) -> None:
    search.hits = [comment(n, START + n, f"kettle {n}") for n in range(PAGE + 20)]
    search.broken = {2, 3}
    config = configured(tmp_path, search)
    cut = crawl(config).sources["hn"]
    assert cut["mentions_new"] == PAGE
    assert cut["dropped"] == {"the server failed: 500": 1}
    assert marks(config) == {}
    assert crawl(config).sources["hn"]["mentions_new"] == 20
    assert marks(config) == {"hn": {"Kettle": str(START + PAGE + 19)}}


def test_a_run_is_bounded_and_says_so(search: Search, tmp_path: Path) -> None:
    search.hits = [comment(n, START + n, f"kettle {n}") for n in range(3 * PAGE)]
    row = crawl(configured(tmp_path, search, max_pages=2)).sources["hn"]
    assert len(search.asked) == 2
    assert row["dropped"]["over max_pages"] == 1


def test_an_answer_that_is_none_fails_the_source(search: Search, tmp_path: Path) -> None:
    # Somebody named the host of something else.
    row = crawl(configured(tmp_path, search, api=f"{search.api}/elsewhere")).sources["hn"]
    assert (row["state"], row["cause"]) == ("failing", "no such page: 404")


def test_the_brand_stands_for_itself_in_a_search() -> None:
    known = Knowledge(now=NOW, brands=("Kettle", "Ulmo Home"))
    assert searches("{query}", known) == ("Kettle", '"Ulmo Home"')
    assert searches("{query} repair", known) == ("Kettle repair", '"Ulmo Home" repair')
    assert searches("boiler", known) == ("boiler",)


def test_since_and_the_last_run_bound_a_search_whichever_is_later() -> None:
    def asked(options: HackernewsOptions, marks: dict[str, str]) -> str:
        (ask,) = KIND.start(options, Knowledge(now=NOW, marks=marks))
        assert isinstance(ask, Ask)
        return ask.url.partition("numericFilters=")[2]

    old, new = int((NOW - timedelta(days=9)).timestamp()), int((NOW - timedelta(days=1)).timestamp())
    week = HackernewsOptions.model_validate({"query": "kettle", "since": "7d"})
    since = int((NOW - timedelta(days=7)).timestamp())
    assert asked(week, {}) == f"created_at_i%3E{since}"
    assert asked(week, {"kettle": str(old)}) == f"created_at_i%3E{since}"
    assert asked(week, {"kettle": str(new)}) == f"created_at_i%3E{new - 3600}"
    assert asked(HackernewsOptions(query="kettle"), {}) == ""


def test_a_host_that_asks_for_rest_in_its_answer_gets_it() -> None:
    hosts = Hosts(delay_s=0.001, per_host=1)
    rest = Rest(20.0, "its answer said so")
    hosts.rest("api.example", rest.seconds, rest.why, at=100.0, now=NOW)
    assert hosts["api.example"].wait(100.0) == 20.0
    assert [host.closed for host in (hosts["api.example"],)] == [""]
    hosts.rest("api.example", 7200.0, rest.why, at=100.0, now=NOW)
    assert hosts["api.example"].closed == "asked us to come back in 2 hours (its answer said so)"
    assert hosts.waits["api.example"].until == NOW + timedelta(hours=2)
