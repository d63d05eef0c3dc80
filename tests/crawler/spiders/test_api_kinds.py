"""Every API kind crawls its stand-in to the end, and a second run finds nothing new."""

from __future__ import annotations

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


PLAYS: dict[str, tuple[Answers, Mapping[str, Any], int]] = {
    "appstore": (appstore, {"app": "77"}, 100),
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
