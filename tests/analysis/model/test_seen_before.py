"""What was erased stays out, and what comes again keeps its first sight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analysis.model import post_id
from analysis.model.records.audit import TOMBSTONES, Tombstone
from analysis.model.seen_before import (
    aged,
    copy_keys,
    erased_addresses,
    erased_posts,
    not_erased,
    tombstone_keys,
    url_key,
)
from analysis.store.embedded.records import SqliteRecords
from tests.support.mentions import NOW, make_mention

MENTION = make_mention(1, author="a" * 32, published_at_source="jsonld")
WORDS = "the tessaro kettle leaks from the lid and nobody answers"


@pytest.fixture
def records(tmp_path: Path) -> Iterator[SqliteRecords]:
    kept = SqliteRecords(tmp_path / "records.db")
    yield kept
    kept.close()


def bury(records: SqliteRecords, *keys: str) -> None:
    TOMBSTONES.put_many(records, [Tombstone(of=key, erasure="1", at="now") for key in keys])


@pytest.mark.parametrize("key", tombstone_keys(MENTION))
def test_a_post_an_author_and_a_site_can_each_be_erased(records: SqliteRecords, key: str) -> None:
    assert f"author:{'a' * 32}" in tombstone_keys(MENTION)
    assert "domain:forum.example" in tombstone_keys(MENTION)
    bury(records, "url:another", "author:", "domain:another.example")
    assert not_erased([MENTION], records) == [MENTION]
    bury(records, key)
    assert erased_posts([MENTION], records) == {MENTION.post_id}
    assert not_erased([MENTION], records) == []


def test_nobody_is_no_author_that_can_be_erased(records: SqliteRecords) -> None:
    bury(records, "author:")
    assert erased_posts([replace(MENTION, author="")], records) == set()


@pytest.mark.parametrize(
    "other",
    [
        "http://www.forum.example/t/7",
        "https://forum.example/t/7/",
        "https://m.forum.example/t/7",
        "https://FORUM.example/t/7",
        "https://forum.example/t/7/amp",
        "https://amp.forum.example/t/7/",
    ],
)
def test_one_post_has_one_form_however_it_is_written(records: SqliteRecords, other: str) -> None:
    bury(records, f"url:{post_id('https://forum.example/t/7')}")
    assert erased_posts([replace(MENTION, url=other, post_id="made by an older Candor")], records)
    assert erased_addresses([other, "https://forum.example/t/8"], records) == {other}


@pytest.mark.parametrize(
    "other", ["https://forum.example/t/7#p2", "https://forum.example/t/7?page=2", "https://m.example/t/7"]
)
def test_different_posts_have_different_keys(other: str) -> None:
    assert url_key(other) != url_key("https://forum.example/t/7")


def test_words_and_story_are_known_again_on_the_same_site_only(records: SqliteRecords) -> None:
    erased = replace(MENTION, tokens=WORDS, content_hash="h" * 64, story="s" * 64)
    bury(records, *copy_keys(erased))
    again = replace(erased, url="https://forum.example/other", post_id="p", id="i", author="")
    assert erased_posts([replace(again, story="")], records) == {"p"}
    assert erased_posts([replace(again, content_hash="")], records) == {"p"}
    assert erased_posts([replace(again, domain="else.example")], records) == set()
    assert erased_posts([again], records, stored={"i"}) == set(), "a copy that was left there"


def test_short_texts_are_alike_by_chance() -> None:
    assert copy_keys(replace(MENTION, tokens="great product would buy again", content_hash="h", story="")) == ()


def test_the_first_sight_stays_and_a_date_that_is_told_wins_over_that_of_collection() -> None:
    early = replace(MENTION, first_seen_at=NOW - timedelta(days=9), published_at=NOW - timedelta(days=10))
    assert aged(MENTION, None) == MENTION
    assert aged(MENTION, early) == replace(MENTION, first_seen_at=early.first_seen_at)
    assert aged(early, MENTION) == early
    undated = replace(MENTION, published_at=NOW, published_at_source="collected")
    again = aged(undated, early)
    assert (again.published_at, again.published_at_source) == (early.published_at, "jsonld")
