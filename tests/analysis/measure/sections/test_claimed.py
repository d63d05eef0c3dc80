"""What the report shows rests on claims: their own sentences, moves on record, no theme left out, lists not counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.flow import measure
from analysis.model import Brand, BrandRef, Claim, Mention, Relevance, SourceRef, mention_id, post_id
from analysis.report.commands import opening
from analysis.store.base import Filter
from analysis.store.embedded.store import EmbeddedStore
from analysis.track.results import Measures

NOW = datetime(2031, 5, 1, tzinfo=UTC)
BRANDS = (Brand(id="tessaro", name="Tessaro", role="own"), Brand(id="nimbo", name="Nimbo", role="competitor"))


def one(n: int, brand: str = "tessaro", *, days: float = 3, **more: Any) -> Mention:
    url = f"https://forum.example/{n}"
    at = NOW - timedelta(days=days)
    whole = Mention(
        id=mention_id(url, brand),
        post_id=post_id(url),
        story=post_id(url),
        url=url,
        domain="forum.example",
        title="",
        text=f"A text number {n}",
        tokens=f"a text number {n}",
        lang="en",
        author=f"author {n}",
        published_at=at,
        published_at_source="api",
        first_seen_at=at,
        last_seen_at=at,
        brand=BrandRef(id=brand, role="own" if brand == "tessaro" else "competitor"),
        source=SourceRef(id="forum", kind="pages"),
        kind="post",
        thread="",
        content_hash=post_id(url),
        product_version="",
        quote="",
        run="r",
        model="m",
        genre="owner",
        relevance=Relevance(level="about", through="text", reason=""),
    )
    return replace(whole, **more)


@contextmanager
def report(folder: Path, mentions: list[Mention]) -> Iterator[tuple[EmbeddedStore, Measures]]:
    with EmbeddedStore(folder, write=True) as store:
        store.write(mentions)
        store.refresh()
        since = NOW - timedelta(days=30)
        yield store, measure(store, brands=BRANDS, since=since, until=NOW, now=NOW)


def test_a_quote_is_the_sentence_of_its_claim(tmp_path: Path) -> None:
    claims = (
        Claim(kind="complaint", sentence="The lid leaks.", start=8, end=13, score=0.9, topic="build"),
        Claim(kind="praise", sentence="I love the colour.", start=2, end=6, score=0.8, topic="design"),
    )
    mention = one(1, quote="What it rests on as a whole.", complaint_topics=("build",), praise_topics=("design",))
    with report(tmp_path, [replace(mention, claims=claims, intents=("complaint", "praise"))]) as (_, made):
        [theme], [praise] = made.themes, made.praise
        assert [(quote.text, quote.claim, quote.score) for quote in theme.quotes] == [
            ("The lid leaks.", "complaint", 0.9)
        ]
        assert [quote.text for quote in praise.quotes] == ["I love the colour."]


def test_no_theme_is_left_out(tmp_path: Path) -> None:
    mentions = [one(n, complaint_topics=(f"topic{n:02d}",), intents=("complaint",)) for n in range(30)]
    with report(tmp_path, mentions) as (_, made):
        assert len({theme.id for theme in (*made.themes, *made.other_themes)}) == 30


def moves(made: Measures) -> set[tuple[str, str]]:
    return {(move.brand, move.what) for move in made.moves}


def test_a_move_needs_two_stories_or_one_source_of_record(tmp_path: Path) -> None:
    mentions = [
        one(1, "nimbo", moves=("price",)),
        one(2, "nimbo", moves=("outage",)),
        one(3, "nimbo", moves=("outage",)),
        one(4, "nimbo", moves=("recall",), genre="news"),
        one(5, "nimbo", moves=("launch",)),
    ]
    with report(tmp_path, mentions) as (_, made):
        assert moves(made) == {("nimbo", "outage"), ("nimbo", "recall")}


def test_old_news_retold_is_no_news(tmp_path: Path) -> None:
    mentions = [
        one(1, "nimbo", moves=("price",), genre="news", days=25),
        one(2, "nimbo", moves=("price",), genre="news", days=5),
    ]
    with report(tmp_path, mentions) as (_, made):
        assert [move.first for move in made.moves] == [mentions[0].published_at.date()]


def test_lists_and_what_is_not_the_brand_are_not_counted_and_that_is_said(tmp_path: Path) -> None:
    mentions = [
        one(1),
        one(2, relevance=Relevance(level="passing", through="text", reason="")),
        one(3, relevance=Relevance(level="list", through="text", reason="an offer or a list")),
        one(4, relevance=Relevance(level="not", through="text", reason="written as a common noun")),
        one(5, relevance=Relevance()),
    ]
    with report(tmp_path, mentions) as (store, made):
        assert (made.mentions, made.beside) == (3, 2)
        assert "--without relevance.level=list" in opening(made, made.evidence)
        assert store.count(Filter()) == 5
