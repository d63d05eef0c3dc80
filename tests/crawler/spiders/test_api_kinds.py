"""Every API kind crawls its stand-in to the end, and a second run finds nothing new."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.crawl.api_stand_in import Answers, ApiStandIn
from tests.support.crawl.crawling import configure, crawl, mentions

REVIEW = """<entry><updated>2026-02-{day:02}T10:00:00Z</updated><id>{id}</id><title>Kettle</title>
<content type="text">The kettle app fails, number {id}</content><im:rating xmlns:im="http://itunes.apple.com/rss">1</im:rating>
<author><name>ann</name></author><link rel="related" href="https://itunes.apple.com/us/review?id=77"/></entry>"""


def appstore(path: str, asked: Mapping[str, str]) -> str:
    found = re.fullmatch(r"/us/rss/customerreviews/page=(\d+)/id=77/sortby=mostrecent/xml", path)
    number = int(found[1]) if found else 0
    reviews = "".join(REVIEW.format(id=100 * number + n, day=28 - number) for n in range(50 if number <= 2 else 0))
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{reviews}</feed>' if found else ""


def discourse(path: str, asked: Mapping[str, str]) -> str:
    def post(topic: int, number: int) -> dict[str, Any]:
        said = {"cooked": f"<p>the kettle, {number}", "username": "ann", "created_at": "2026-02-01T10:00:00Z"}
        return {"id": 100 * topic + number, "post_number": number, "topic_id": topic, "topic_slug": "it", **said}

    if path == "/search.json" and asked["q"].startswith("Kettle order:latest"):
        number = int(asked["page"])
        more = {"more_full_page_results": True if number == 1 else None}
        return json.dumps({"posts": [post(number, 1), post(number, 2)], "grouped_search_result": more})
    found = re.fullmatch(r"/t/(\d)(/posts)?\.json", path)
    if found is None:
        return ""
    posts = [post(int(found[1]), n) for n in (range(21, 31) if found[2] else range(1, 21))]
    stream = {"posts": posts, "stream": [100 * int(found[1]) + n for n in range(1, 31)]}
    return json.dumps({"id": int(found[1]), "title": "On it", "post_stream": stream})


def github(path: str, asked: Mapping[str, str]) -> str:
    lists = {
        "/repos/kettle/app/issues": ("issues/{}", 105),
        "/repos/kettle/app/issues/comments": ("issues/1#issuecomment-{}", 3),
    }
    if path not in lists:
        return ""
    address, count = lists[path]
    at, first = "2026-02-01T10:00:00Z", 100 * (int(asked["page"]) - 1)
    row = {"user": {"login": "ann"}, "body": "the kettle", "created_at": at, "updated_at": at}
    numbers = range(first, min(first + 100, count)) if asked.get("since", "") <= at else ()
    return json.dumps([{"html_url": f"https://github.com/kettle/app/{address.format(n)}", **row} for n in numbers])


def askbot(path: str, asked: Mapping[str, str]) -> str:
    if path != "/api/v1/questions/" or asked["query"] != "Kettle":
        return ""
    number = int(asked["page"])
    row = {
        "title": "Kettle",
        "summary": "<p>why?",
        "author": {"username": "ann"},
        "added_at": str(1_770_000_000 - number),
    }
    rows = [{"url": f"https://ask.example/question/{10 * number + n}/", **row} for n in range(10)]
    return json.dumps({"pages": 3, "questions": rows})


PLAYS: dict[str, tuple[Answers, Mapping[str, Any], int]] = {
    "appstore": (appstore, {"app": "77"}, 100),
    "discourse": (discourse, {}, 60),
    "github": (github, {"repository": "kettle/app"}, 108),
    "askbot": (askbot, {}, 30),
}
"""For each kind: how it is answered, its keys, and how many posts there are."""


@pytest.mark.parametrize("kind", PLAYS)
def test_a_kind_reads_to_the_end_and_nothing_twice(kind: str, tmp_path: Path) -> None:
    answers, keys, posts = PLAYS[kind]
    with ApiStandIn(answers) as host:
        config = configure(tmp_path, {"it": {"kind": kind, "api": host.api, **keys}})
        first = crawl(config).sources["it"]
        assert (first["state"], first["mentions_new"], first["dropped"]) == ("ok", posts, {})
        assert len(mentions(config)) == posts
        asked = len(host.asked)
        second = crawl(config).sources["it"]
    assert (second["state"], second["mentions_new"]) == ("ok", 0)
    assert asked < len(host.asked) <= 2 * asked
