"""Kinds that ask a large service, each crawled whole against an API that answers as its documentation says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.crawl.crawling import Crawled, configure, crawl, mentions
from tests.support.crawl.documented_api import ApiAnswer, ApiAsked, DocumentedApi


def crawled(folder: Path, host: DocumentedApi, *, environ: Mapping[str, str] | None = None, **keys: Any) -> Crawled:
    """Crawl one source, ``it``, of which ``keys`` are the table."""
    return crawl(configure(folder, {"it": {"api": host.api, **keys}}), environ=environ)


def found(folder: Path) -> dict[str, str]:
    """Return the words that are stored, by address."""
    return {url: mention.text for url, mention in mentions(folder / "candor.toml").items()}


class Exchange:
    """A site of the network: questions with a time of their last activity, and what befalls who asks."""

    def __init__(self) -> None:
        # Three of one second stand where a page ends.
        times = [*range(1_770_000_400, 1_770_000_200, -2), 1_770_000_100, 1_770_000_100, 1_770_000_100, 1_769_990_000]
        self.questions = {number: {"at": at, "body": f"the kettle {number}"} for number, at in enumerate(times)}
        self.deleted: set[int] = set()
        self.quota = 300

    def __call__(self, asked: ApiAsked) -> ApiAnswer | None:
        self.quota -= 1
        told = {"has_more": False, "quota_max": 300, "quota_remaining": self.quota}
        if asked.path == "/2.3/filters/create":
            return ApiAnswer({"items": [{"filter": "!f", "included_fields": []}], **told})
        if asked.path != "/2.3/search/advanced" or asked.query.get("filter") != "!f":
            return ApiAnswer({"error_id": 400, "error_name": "bad_parameter", "error_message": "filter"}, 400)
        low, high = int(asked.query.get("min", 0)), int(asked.query.get("max", 2**40))
        if high < 2**40 and asked.number == 1:
            return ApiAnswer("", 500)
        rows = [number for number, each in self.questions.items() if low <= each["at"] <= high]
        rows = [number for number in rows if number not in self.deleted]
        page = sorted(rows, key=lambda number: -self.questions[number]["at"])[:100]
        items = [self.item(number) for number in page]
        more = {"has_more": True, "backoff": 1} if len(rows) > 100 else {}
        return ApiAnswer({"items": items, **told, **more})

    def item(self, number: int) -> dict[str, Any]:
        at = self.questions[number]["at"]
        comment = {"comment_id": number, "post_id": number, "creation_date": at, "body": "my kettle too"}
        own = {"body": self.questions[number]["body"], "title": "Kettle", "owner": {"display_name": "ann"}}
        link = f"https://cooking.stackexchange.com/questions/{number}/kettle"
        said = {"question_id": number, "link": link, "last_activity_date": at, "creation_date": at, **own}
        return said | {"comments": [{**comment, "owner": {"display_name": "bo"}}]}


def test_stackexchange_reads_all_once_and_then_what_is_new(tmp_path: Path) -> None:
    site = Exchange()
    with DocumentedApi(site) as host:
        keys = {"kind": "stackexchange", "site": "cooking"}
        first = crawled(tmp_path, host, **keys).sources["it"]
        assert (first["state"], first["mentions_new"]) == ("ok", 2 * 104)
        assert len(found(tmp_path)) == 2 * 104
        asked = len(host.asked)
        second = crawled(tmp_path, host, **keys).sources["it"]
        assert (second["state"], second["mentions_new"]) == ("ok", 0)
        # The filter is made once; the second run asks for the last hour alone.
        assert [one.path for one in host.asked[asked:]] == ["/2.3/search/advanced"] * 3
        assert {one.query["min"] for one in host.asked[asked:]} == {str(1_770_000_400 - 3600)}
        site.questions[3]["body"] = "the kettle, edited"
        site.questions[3]["at"] = 1_770_000_500
        site.questions[200] = {"at": 1_770_000_600, "body": "a new kettle"}
        site.deleted.add(4)
        third = crawled(tmp_path, host, environ={"STACKEXCHANGE_KEY": "k"}, **keys).sources["it"]
    assert (third["state"], third["mentions_new"]) == ("ok", 2)
    assert found(tmp_path)["https://cooking.stackexchange.com/questions/3/kettle"] == "the kettle, edited"
    assert host.asked[-1].query["key"] == "k"


def test_stackexchange_leaves_the_host_alone_when_it_is_told_so(tmp_path: Path) -> None:
    def used_up(asked: ApiAsked) -> ApiAnswer:
        message = "too many requests from this IP, more requests available in 5000 seconds"
        return ApiAnswer({"error_id": 502, "error_name": "throttle_violation", "error_message": message}, 400)

    with DocumentedApi(used_up) as host:
        keys = {"kind": "stackexchange", "site": "cooking"}
        crawled(tmp_path, host, **keys)
        again = crawled(tmp_path, host, **keys).sources["it"]
        assert again["state"] == "waiting"
        assert "too many requests (throttle_violation)" in again["cause"]
    assert len(host.asked) == 1
