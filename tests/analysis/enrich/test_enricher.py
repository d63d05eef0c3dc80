"""Posts in, mentions out: the fields of the model, the languages, the bounds and the speed."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest

from analysis.enrich.enricher import Enricher
from analysis.enrich.find.passages import BOUND, passage
from analysis.enrich.reading import BrandPlace, Window
from analysis.model import (
    COST_DIMENSIONS,
    INTENTS,
    JOURNEY_STAGES,
    MOVES,
    SEVERITIES,
    VALUE_DIMENSIONS,
    Brand,
    Post,
    mention_id,
)
from analysis.model.text import shorten, token_words

FETCHED = datetime(2026, 5, 2, 12, tzinfo=UTC)
BRANDS = (
    Brand(id="tessaro", name="Tessaro", role="own", query="Tessaro NOT perfume"),
    Brand(id="nimbo", name="Nimbo", role="competitor"),
)


@pytest.fixture(scope="module")
def enricher() -> Enricher:
    return Enricher(BRANDS, pseudonym_key=b"key", model="linear")


def post(text: str, **more: Any) -> Post:
    return Post(url="https://forum.example.co.uk/t/1", text=text, fetched_at=FETCHED, **more)


def test_one_list_per_post_in_order_and_empty_where_no_brand_is_named(enricher: Enricher) -> None:
    mentions = enricher.mentions([post("Nothing here"), post("Nimbo and Tessaro"), post("Tessaro perfume")])
    assert [[item.brand.id for item in group] for group in mentions] == [[], ["tessaro", "nimbo"], []]


def test_fields_are_filled(enricher: Enricher) -> None:
    given = post(
        "The Tessaro kettle stopped working after two weeks. Support never replied.",
        title="My kettle",
        author="bob",
        kind="review",
        rating=1.0,
        source="shop",
        source_kind="pages",
        thread="t1",
        product_version="2.3",
        tags=("kettles",),
    )
    [[mention]] = enricher.mentions([given])
    assert mention.id == mention_id(given.url, "tessaro")
    assert mention.domain == "example.co.uk"
    expected = hmac.new(b"key", b"example.co.uk\nbob", hashlib.sha256).hexdigest()[:32]
    assert mention.author == expected
    assert mention.tokens == " ".join(token_words(f"{given.title}\n{given.text}"))
    assert (mention.published_at, mention.published_at_source) == (FETCHED, "collected")
    assert mention.first_seen_at == mention.last_seen_at == FETCHED
    assert (mention.source.id, mention.source.kind, mention.thread, mention.kind) == ("shop", "pages", "t1", "review")
    assert mention.sentiment.label == "negative"
    assert "complaint" in mention.intents
    assert mention.complaint_phrases == ("build/kettle stops working", "support/support does not answer")
    assert mention.severity.level == "cannot_use"
    assert mention.quote in given.text
    assert mention.model == enricher.model
    assert (mention.story, mention.bands, mention.content_hash, mention.run) == ("", (), "", "")


def test_values_stay_in_the_ranges_of_the_model(enricher: Enricher) -> None:
    texts = [
        "Nimbo raises prices again, I am thinking of leaving Nimbo for Tessaro.",
        "Tessaro caught fire. Please add a switch. Does anybody know why?",
        "Love my Tessaro, great screen, quick delivery, friendly staff.",
    ]
    for group in enricher.mentions([post(text) for text in texts]):
        for item in group:
            assert set(item.intents) <= set(INTENTS)
            assert set(item.dimensions) <= {*VALUE_DIMENSIONS, *COST_DIMENSIONS}
            assert set(item.journey) <= set(JOURNEY_STAGES)
            assert set(item.moves) <= set(MOVES)
            assert item.severity.level in {"", *SEVERITIES}
            assert -1 <= item.sentiment.score <= 1
            assert 0 <= item.sentiment.confidence <= 1
            assert item.switching.status in {"", "done", "considered"}


def test_a_date_that_is_known_is_kept(enricher: Enricher) -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    [[mention]] = enricher.mentions([post("Tessaro", published_at=day, published_at_source="feed")])
    assert (mention.published_at, mention.published_at_source) == (day, "feed")


def test_an_author_is_never_stored_and_differs_between_platforms(enricher: Enricher) -> None:
    here = post("Tessaro", author="bob")
    there = Post(url="https://other.example/1", text="Tessaro", fetched_at=FETCHED, author="bob")
    [[a], [b], [c]] = enricher.mentions([here, there, post("Tessaro")])
    assert a.author != b.author
    assert c.author == ""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("La bouilloire Tessaro est formidable et je la recommande à tous mes amis sans hésiter.", "fr"),
        (
            "Der Wasserkocher von Tessaro ist leider nach zwei Wochen kaputtgegangen und der Service antwortet nicht.",
            "de",
        ),
        ("The kettle by Tessaro is great and I would buy it again.", "en"),
    ],
)
def test_only_english_is_judged(enricher: Enricher, text: str, language: str) -> None:
    [[mention]] = enricher.mentions([post(text)])
    assert mention.lang == language
    assert (mention.sentiment.label == "unsure") == (language != "en")


def test_stars_speak_of_the_brand_reviewed_and_not_of_the_one_compared(enricher: Enricher) -> None:
    [[ours, theirs]] = enricher.mentions(
        [post("Nimbo has one too.", title="Tessaro kettle", kind="review", rating=1.0)]
    )
    assert ours.sentiment.label == "negative"
    assert theirs.sentiment.label != "negative"


def test_a_long_text_is_judged_around_its_names_only() -> None:
    filler = "Nobody is named in this sentence of the article. " * 2000
    text = filler + "Tessaro is here. " + filler
    places = (BrandPlace("tessaro", len(filler), len(filler) + 7),)
    window = passage(Window(text=text, title_end=20, places=places))
    assert len(window.text) < 400
    assert [window.text[place.start : place.end] for place in window.places] == ["Tessaro"]
    assert window.title == (0, 0)


def test_the_title_stays_a_zone_of_its_own_in_what_is_judged_of_a_long_text() -> None:
    title, filler = "Tessaro recalls a kettle! Again.", "Nobody is named in this sentence of the article. " * 100
    text = f"{title}\n{filler}Tessaro is here. {filler}"
    at = text.rindex("Tessaro")
    window = passage(
        Window(text=text, title_end=len(title), places=(BrandPlace("tessaro", 0, 7), BrandPlace("tessaro", at, at + 7)))
    )
    first, last = window.title
    assert window.text[first:last].split() == title.split()
    first, last = window.body
    assert window.text[first:last].strip().startswith("Nobody")
    assert "Tessaro is here." in window.text[first:last]


def test_a_text_full_of_names_stays_bounded_and_keeps_every_brand() -> None:
    text = "Tessaro is named again and again in this text. " * 3000 + "Nimbo comes last."
    places = [BrandPlace("tessaro", at, at + 7) for at in range(0, 47 * 3000, 47)]
    window = passage(Window(text=text, places=[*places, BrandPlace("nimbo", 47 * 3000, 47 * 3000 + 5)]))
    assert len(window.text) < BOUND + 1000
    assert {place.brand for place in window.places} == {"tessaro", "nimbo"}
    assert all(window.text[place.start : place.end].lower() == place.brand for place in window.places)


def test_strange_texts_do_no_harm(enricher: Enricher) -> None:
    texts = [
        "Tessaro",
        "Tessaro" + "!" * 5000,
        "Tessaro \u202e\u0000 \ud7ff ﬁne",
        "😀" * 2000 + " Tessaro",
        "Tessaro\n" * 3000,
    ]
    for group in enricher.mentions([post(text) for text in texts]):
        assert len(group) == 1
        assert len(group[0].quote) <= 300


def test_a_quote_ends_on_a_word() -> None:
    assert shorten("one two three four", 12) == "one two…"
    assert shorten("short", 12) == "short"


def test_the_same_post_gives_the_same_mention(enricher: Enricher) -> None:
    given = post("Tessaro is great but Nimbo keeps crashing.")
    assert enricher.mentions([given]) == enricher.mentions([given, given])[1:]


@pytest.mark.parametrize(
    ("text", "said", "language", "judged"),
    [
        ("The kettle by Tessaro is great and I would buy it again.", "de", "en", True),
        ("Der Wasserkocher von Tessaro ist leider nach zwei Wochen kaputtgegangen.", "en", "de", False),
        ("Tessaro rocks!", "eng", "en", True),
        ("Tessaro rocks!", "English", "en", True),
        ("Tessaro is a very good kettle, I think.", "und", "en", True),
        ("Tessaro!", "en-GB", "en", True),
        ("Tessaro!", "fr", "fr", True),
        ("Tessaro 👍", "", "und", True),
        ("Nul, ce Tessaro.", "French", "fr", False),
    ],
)
def test_the_language_is_that_of_the_text_whatever_its_page_says(
    enricher: Enricher, text: str, said: str, language: str, judged: bool
) -> None:
    [[mention]] = enricher.mentions([post(text, lang=said)])
    assert mention.lang == language
    assert bool(mention.genre) == judged


def test_a_reply_in_a_thread_of_another_language_has_its_own(enricher: Enricher) -> None:
    title = "Wasserkocher von Tessaro ist nach zwei Wochen kaputt, was kann ich tun?"
    [[mention]] = enricher.mentions([post("Mine is fine and I would not have any other.", title=title, kind="comment")])
    assert mention.lang == "en"
