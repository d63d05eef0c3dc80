"""Imported posts that share an address are kept apart; edits of one post stay edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.enrich.enricher import Enricher
from analysis.flow import Ingested, ingest, understand
from analysis.ingest.shared_addresses import Apart
from analysis.model import Brand, Post
from analysis.model.addresses import post_address
from analysis.store.base import Filter
from analysis.store.embedded.store import EmbeddedStore
from tests.support.mentions import NOW

APP = "https://play.example/app?id=tessaro"
ENRICHER = Enricher([Brand(id="tessaro", name="Tessaro", role="own", query="Tessaro")], pseudonym_key=b"k" * 32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore(tmp_path / "store", write=True) as made:
        yield made


def review(text: str, author: str = "", **more: object) -> Post:
    plain = Post(url=APP, text=f"Tessaro {text}", author=author, fetched_at=NOW, kind="review", source_kind="import")
    return replace(plain, **more)  # type: ignore[arg-type]


def imported(store: EmbeddedStore, *posts: Post, batch: int = 2) -> Ingested:
    apart, total = Apart(store, ENRICHER.pseudonym), Ingested()
    for first in range(0, len(posts), batch):
        placed = apart.placed(posts[first : first + batch])
        total += sum(ingest(understand(placed, ENRICHER), store=store, run="r"), Ingested())
    store.refresh()
    return total


FIVE = [review(f"crashes {n}", f"user{n}") for n in range(5)]


def test_reviews_of_different_people_are_kept_and_a_second_import_changes_nothing(store: EmbeddedStore) -> None:
    assert imported(store, *FIVE).new == 5
    assert imported(store, *reversed(FIVE)).duplicates == 5
    urls = [mention.url for mention in store.scan(Filter())]
    assert len(set(urls)) == 5
    assert APP in urls
    assert all(post_address(url) == url for url in urls), "an erasure by address finds each"


def test_an_author_who_edits_changes_that_review(store: EmbeddedStore) -> None:
    imported(store, *FIVE)
    assert imported(store, review("works now", "user3")).updated == 1
    assert store.count(Filter()) == 5


def test_opinions_of_nobody_are_told_apart_by_their_words_within_one_import(store: EmbeddedStore) -> None:
    nobodies = [review("crashes", rating=1.0), review("freezes", rating=2.0), review("is slow", rating=2.0)]
    assert imported(store, *nobodies).new == 3
    assert imported(store, *nobodies).duplicates == 3
    assert imported(store, review("is fine since the update", rating=5.0)).updated == 1


@pytest.mark.parametrize(
    "later",
    [
        review("is back", "Ann Smith", kind="article"),
        review("is back", "", kind="review"),
        review("is back", "ann", kind="review"),
        review("is back", "", kind="post"),
    ],
)
def test_what_may_be_one_post_stays_one(store: EmbeddedStore, later: Post) -> None:
    imported(store, review("is here", "ann", kind=later.kind))
    assert imported(store, later).updated == 1
    assert store.count(Filter()) == 1
