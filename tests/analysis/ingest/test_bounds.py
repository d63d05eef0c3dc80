"""What a page may say and nobody can mean is brought within bounds; everything else passes as it is."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import pytest

from analysis.enrich.enricher import Enricher
from analysis.flow import ingest
from analysis.ingest.bounds import LONGEST_TITLE, bounded
from analysis.ingest.understand import understand
from analysis.model import Brand, Engagement, Post
from analysis.store.base import Filter
from analysis.store.letters import DeadLetters
from analysis.store.open import open_store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
POST = Post(url="https://forum.example/t/1", text="My Tessaro leaks.", title="Tessaro", fetched_at=NOW, rating=2.0)
BRAND = Brand(id="tessaro", name="Tessaro", role="own", query="tessaro")


def test_a_usual_post_is_not_touched() -> None:
    post = replace(POST, engagement=Engagement(likes=3, replies=10**9), tags=("a",), author="ann")
    assert bounded(post) is post


def test_counts_and_names_that_cannot_be_are_left_out_or_cut() -> None:
    post = bounded(
        replace(POST, title="(" * 40_000, author="x" * 5000, rating=math.nan, tags=("t",) * 500,
                engagement=Engagement(likes=2**63, replies=-4, views=10**30))
    )  # fmt: skip
    assert len(post.title) == LONGEST_TITLE
    assert len(post.author) <= 300
    assert len(post.tags) == 50
    assert post.rating is None
    assert post.engagement == Engagement()


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("Te\x00ssaro le\x07aks\x7f.", "Tessaro leaks."),
        ("one\r\ntwo\rthree\x0cfour\tfive\nsix\x85seven", "one\ntwo\nthree\nfour\tfive\nsix\nseven"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07", "red ]0;title"),
        ("größer – 3\xa0€\u200b 🫖", "größer – 3\xa0€\u200b 🫖"),
    ],
)
def test_signs_of_control_are_nobody_s_words(raw: str, kept: str) -> None:
    post = bounded(replace(POST, title=raw, text=raw, author=raw, tags=(raw,), product_version=raw))
    assert (post.title, post.text, post.author, post.tags, post.product_version) == (kept, kept, kept, (kept,), kept)
    (understood,) = understand(
        [replace(POST, title="Tes\x00saro", text="The Tessaro leaks.\x00\x1b[1m")],
        Enricher([BRAND], pseudonym_key=b"k"),
    )
    (mention,) = understood.mentions
    assert (mention.title, mention.text) == ("Tessaro", "The Tessaro leaks.")


def test_a_title_of_brackets_is_understood_at_once() -> None:
    enricher = Enricher([BRAND], pseudonym_key=b"k")
    understand([POST], enricher)
    began = perf_counter()
    understood = understand([replace(POST, title="Tessaro " + "(" * 40_000)], enricher)
    assert perf_counter() - began < 5
    assert len(understood[0].mentions) == 1


def test_a_post_that_no_store_holds_costs_itself_and_is_kept_with_its_reason(tmp_path: Path) -> None:
    enricher = Enricher([BRAND], pseudonym_key=b"k")
    good, odd = understand([POST, replace(POST, url="https://forum.example/t/2")], enricher)
    odd = replace(odd, mentions=tuple(replace(one, engagement=Engagement(likes=2**64)) for one in odd.mentions))
    with open_store(str(tmp_path / "store"), write=True) as store:
        (became,) = ingest([odd, good], store=store, run="r")
        assert (became.new, became.failed) == (1, 1)
        store.refresh()
        assert [mention.url for mention in store.scan(Filter())] == [POST.url]
    (letter,) = DeadLetters(tmp_path / "store").all()
    assert letter["reason"] == "engagement.likes is 1.84e+19, which is more than any store holds"
    assert letter["mention"]["url"] == "https://forum.example/t/2"
