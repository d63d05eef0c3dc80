"""What a post no longer says is counted and quoted no more, and stays in the history; no wrong reading withdraws it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analysis.flow import Ingested, ingest, understand
from analysis.ingest.edits import EDITED_AWAY
from analysis.ingest.understand import words_hash
from analysis.ledger.entries import Stamp
from analysis.ledger.erasing import erasure
from analysis.model import Mention, Post
from analysis.model.records.withdrawn import EDITED, WITHDRAWN
from analysis.store.base import Filter
from analysis.store.embedded.store import EmbeddedStore
from tests.support.mentions import NOW, make_mention

OLD = "Tessaro kettle is awful, it leaks and the support is rude to me."
POST = Post(url="https://r.example/1", text=OLD, title="A kettle", fetched_at=NOW, kind="review", source_kind="import")


class Names:
    """Finds a brand where its name stands in the text."""

    def __init__(self, *brands: str) -> None:
        self.tracked = brands

    def mentions(self, posts: list[Post]) -> list[list[Mention]]:
        return [
            [
                make_mention(
                    0, brand=brand, url=post.url, text=post.text, title=post.title, last_seen_at=post.fetched_at
                )
                for brand in self.tracked
                if brand in post.text.lower()
            ]
            for post in posts
        ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore(tmp_path / "store", write=True) as made:
        yield made


def read(store: EmbeddedStore, *posts: Post, brands: tuple[str, ...] = ("tessaro", "kettlo")) -> Ingested:
    total = sum(ingest(understand(posts, Names(*brands)), store=store, run="r"), Ingested())  # type: ignore[arg-type]
    store.refresh()
    return total


def later(**changes: object) -> Post:
    return replace(POST, fetched_at=NOW + timedelta(days=1), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["[deleted]", "Sorry, wrong kettle, I meant another maker.", "."])
def test_a_post_that_no_longer_names_the_brand_leaves_nothing(store: EmbeddedStore, text: str) -> None:
    read(store, POST)
    done = read(store, later(text=text))
    assert store.count(Filter()) == 0
    assert (done.unmatched, done.mentions_withdrawn, dict(done.dropped)) == (1, 1, {EDITED_AWAY: 1})
    (was,) = WITHDRAWN.values(store.records)
    assert (was.mention.text, was.run) == (OLD, "r")


def test_a_post_that_changes_brand_counts_for_the_new_one_alone(store: EmbeddedStore) -> None:
    read(store, POST)
    done = read(store, later(text="Update: my new Kettlo is great."))
    assert [mention.brand.id for mention in store.scan(Filter())] == ["kettlo"]
    assert (done.new, done.mentions_withdrawn) == (1, 1)


@pytest.mark.parametrize(
    ("again", "brands"),
    [
        pytest.param(later(), ("kettlo",), id="the brand is tracked no more"),
        pytest.param(later(), ("tessaro x", "kettlo", "tessaro"), id="nothing changed"),
        pytest.param(replace(POST, text="other", fetched_at=NOW - timedelta(days=1)), ("tessaro",), id="an older copy"),
        pytest.param(
            later(text="We value your privacy. Accept all", title="Consent", kind="article", source_kind="feed"),
            ("tessaro",),
            id="a wall before the article",
        ),
        pytest.param(later(text="", title="A kettle", kind="topic"), ("tessaro",), id="a thread's line in a list"),
    ],
)
def test_what_is_no_edit_withdraws_nothing(store: EmbeddedStore, again: Post, brands: tuple[str, ...]) -> None:
    read(store, POST)
    done = read(store, again, brands=brands)
    assert [mention.text for mention in store.scan(Filter())] == [OLD]
    assert done.mentions_withdrawn == 0


def test_an_unchanged_text_that_a_narrower_query_misses_stays(store: EmbeddedStore) -> None:
    """Else a query could be used to hide criticism."""
    read(store, POST)
    again = [replace(item, mentions=()) for item in understand([later()], Names("tessaro"))]  # type: ignore[arg-type]
    list(ingest(again, store=store, run="r"))
    store.refresh()
    assert store.count(Filter()) == 1


def test_an_article_under_the_same_title_was_edited(store: EmbeddedStore) -> None:
    read(store, replace(POST, kind="article", source_kind="feed"))
    read(store, later(text="The maker is not named any more.", kind="article", source_kind="feed"))
    assert store.count(Filter()) == 0


# A wrong clock --------------------------------------------------------------------------------------------------------


def at(store: EmbeddedStore, post: Post) -> Ingested:
    """Read a post at its time."""
    understood = understand([post], Names("tessaro"))  # type: ignore[arg-type]
    total = sum(ingest(understood, store=store, run="r", clock=lambda: post.fetched_at), Ingested())
    store.refresh()
    return total


def test_a_change_is_kept_though_the_clock_was_ahead_when_the_post_was_last_seen(store: EmbeddedStore) -> None:
    at(store, replace(POST, fetched_at=NOW + timedelta(days=200)))
    done = at(store, replace(POST, text="Tessaro kettle: the lid was mended.", fetched_at=NOW))
    assert (done.updated, done.duplicates) == (1, 0)
    (kept,) = store.scan(Filter())
    assert kept.text == "Tessaro kettle: the lid was mended."
    assert kept.first_seen_at == NOW
    assert at(store, replace(POST, text="[deleted]", fetched_at=NOW + timedelta(days=1))).mentions_withdrawn == 1


def test_an_older_copy_stays_out_and_is_counted(store: EmbeddedStore) -> None:
    at(store, replace(POST, fetched_at=NOW))
    understood = understand([replace(POST, text="Tessaro older", fetched_at=NOW - timedelta(days=3))], Names("tessaro"))  # type: ignore[arg-type]
    (done,) = ingest(understood, store=store, run="r", clock=lambda: NOW + timedelta(days=1))
    assert (done.duplicates, dict(done.dropped)) == (1, {"older than the stored copy": 1})
    assert [mention.text for mention in store.scan(Filter())] == [OLD]


def test_of_words_that_were_edited_a_hash_and_the_times_stay_until_the_post_is_erased(store: EmbeddedStore) -> None:
    read(store, POST)
    read(store, later())
    assert list(EDITED.values(store.records)) == []
    read(store, later(text="Tessaro kettle is fine now.", title="A kettle"))
    (edited,) = EDITED.values(store.records)
    assert edited.words == words_hash(POST.title, POST.text)
    assert edited.last_seen_at == edited.seen_at == NOW + timedelta(days=1)
    erasure.erase(store, erasure.by_url(POST.url), reason="request", stamp=Stamp(at=NOW, who="test"))
    assert list(EDITED.values(store.records)) == []
