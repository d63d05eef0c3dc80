"""What is peculiar to networks, crawled whole; what may go wrong with any API is in ``test_troubles.py``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support.crawl.place import talk
from tests.support.crawl.stand_ins.plays import APP, KEYED, Group


def test_a_search_of_reddit_reads_all_comments_under_what_it_finds(tmp_path: Path) -> None:
    plays = {"reddit": replace(KEYED["reddit-list"], keys={}, listed="search Kettle")}
    with Group(plays, tmp_path, environ=APP) as group:
        below = [said for post in (1, 2) for said in talk(150, first=1000 * post, under=post)]
        group.places["reddit"].lists = {"search Kettle": talk(2), "below": below}
        first = group.crawl()["reddit"]
        assert (first["state"], first["mentions_new"], first["dropped"]) == ("ok", 302, {})
        # The token, the search, two threads, and twice two for what those leave out.
        assert len(group.hosts["reddit"].asked) == 8
        assert group.crawl()["reddit"]["mentions_new"] == 0
        comment = next(each for each in group.stored("reddit") if each.url.endswith("/a_kettle/1149/"))
    assert (comment.title, comment.thread) == ("Hello", "https://www.reddit.com/r/coffee/comments/1/a_kettle/")


def test_keys_that_are_refused_or_half_given_are_told_and_never_shown(tmp_path: Path) -> None:
    wrong = {"REDDIT_CLIENT_ID": "app", "REDDIT_CLIENT_SECRET": "wr0ng"}
    plays = {"reddit": KEYED["reddit-list"], "bluesky": KEYED["bluesky-account"]}
    with Group(plays, tmp_path, environ={**wrong, "BLUESKY_HANDLE": "ann.example"}) as group:
        rows = group.crawl()
    assert rows["reddit"]["state"] == rows["bluesky"]["state"] == "failing"
    assert "no token was given; check REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET" in rows["reddit"]["cause"]
    assert "BLUESKY_HANDLE is set, and BLUESKY_APP_PASSWORD is not" in rows["bluesky"]["cause"]
    assert "wr0ng" not in str(rows)
