"""What was erased stays out, and what comes again keeps its first sight."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from analysis.model.seen_before import aged, all_tombstone_keys, is_erased, tombstone_keys
from tests.support.mentions import NOW, make_mention

MENTION = make_mention(1, author="a" * 32, published_at_source="jsonld")


def test_a_post_an_author_and_a_site_can_each_be_erased() -> None:
    assert tombstone_keys(MENTION) == (f"url:{MENTION.post_id}", "domain:forum.example", f"author:{'a' * 32}")
    for key in tombstone_keys(MENTION):
        assert is_erased(MENTION, {key})
    assert not is_erased(MENTION, {"url:another", "author:", "domain:another.example"})


def test_nobody_is_no_author_that_can_be_erased() -> None:
    assert not is_erased(replace(MENTION, author=""), {"author:"})


def test_keys_of_many_are_asked_once_each() -> None:
    keys = all_tombstone_keys([MENTION, replace(MENTION, id="another"), make_mention(2)])
    assert keys == [*tombstone_keys(MENTION), f"url:{make_mention(2).post_id}"]


def test_the_first_sight_stays_and_a_date_that_is_told_wins_over_that_of_collection() -> None:
    early = replace(MENTION, first_seen_at=NOW - timedelta(days=9), published_at=NOW - timedelta(days=10))
    assert aged(MENTION, None) == MENTION
    assert aged(MENTION, early) == replace(MENTION, first_seen_at=early.first_seen_at)
    assert aged(early, MENTION) == early
    undated = replace(MENTION, published_at=NOW, published_at_source="collected")
    again = aged(undated, early)
    assert (again.published_at, again.published_at_source) == (early.published_at, "jsonld")
