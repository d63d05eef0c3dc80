"""Harm that an owner tells of in plain words, and words of harm that tell of none: both written apart from the cues."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analysis.enrich.enricher import Enricher
from analysis.model import Brand, Mention, Post

MODELS = ("encoder", "linear")
TOLD = (
    ("safety", "My Tessaro charger caught fire last night."),
    ("safety", "Last Friday our Tessaro burst into flames in the hall."),
    ("safety", "Smoke filled the bedroom, it came from my Tessaro heater."),
    ("safety", "I got a shock when I plugged in the Tessaro lamp."),
    ("safety", "The Tessaro hair straightener burned my ear."),
    ("safety", "The plug of our Tessaro dishwasher has melted."),
    ("safety", "The bottle from Tessaro exploded on the shelf."),
    ("safety", "My Tessaro treadmill threw me off and I was injured."),
    ("safety", "Our little girl was hurt when the Tessaro swing broke."),
    ("data_loss", "Tessaro lost all the data of my shop."),
    ("data_loss", "The last update of Tessaro wiped my photos."),
    ("data_loss", "Every recording in my Tessaro account has been deleted."),
    ("money", "I was charged twice for my Tessaro ticket."),
    ("money", "Tessaro took money from my account on Sunday."),
    ("money", "My account at Tessaro was emptied while I was abroad."),
    ("money", "Tessaro has kept my deposit since March."),
)
NOT_TOLD = (
    "Tessaro starts its fire sale on Monday.",
    "Tessaro fired the CEO this morning.",
    "Tessaro is on fire this season, nine wins.",
    "I was shocked by the price of my Tessaro.",
    "Offline maps are a killer feature of my Tessaro.",
    "I sent my Tessaro group the video of a burning phone.",
    "If it ever caught fire, my Tessaro would be replaced for free.",
    "My Tessaro gets warm but never caught fire.",
    "I charged my Tessaro twice on the trip.",
    "I deleted the photos on my Tessaro to sell it.",
    "I got my deposit back from Tessaro.",
    "My heart melted when the Tessaro robot waved.",
    "Ticket sales exploded after Tessaro joined.",
    "Nobody was hurt, my Tessaro braked in time.",
    "The chilli oil from Tessaro burns in a good way.",
)


@pytest.fixture(scope="module", params=MODELS)
def enricher(request: pytest.FixtureRequest) -> Enricher:
    brand = Brand(id="tessaro", name="Tessaro", role="own")
    return Enricher((brand,), pseudonym_key=b"key", model=request.param)


def mention(enricher: Enricher, text: str, **more: str) -> Mention:
    given = {"url": "https://forum.example/t/1", "kind": "post", "text": text, **more}
    [[found]] = enricher.mentions([Post(fetched_at=datetime(2026, 5, 2, tzinfo=UTC), **given)])  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(("level", "text"), TOLD)
def test_harm_told_without_emotion_is_stored_and_a_complaint(enricher: Enricher, level: str, text: str) -> None:
    found = mention(enricher, text)
    assert found.severity.level == level
    assert "complaint" in found.intents
    assert "severity" in {claim.kind for claim in found.claims}


@pytest.mark.parametrize("text", NOT_TOLD)
def test_words_of_harm_that_tell_of_none_are_no_harm(enricher: Enricher, text: str) -> None:
    assert mention(enricher, text).severity.level == ""


@pytest.mark.parametrize(
    "text", ["Has anyone's Tessaro caught fire?", "It was not the Tessaro that caught fire, it was the lamp beside it."]
)
def test_a_sentence_that_asks_or_denies_tells_nothing_outright(text: str) -> None:
    encoder = Enricher((Brand(id="tessaro", name="Tessaro", role="own"),), pseudonym_key=b"key")
    assert mention(encoder, text).severity.level == ""


def test_a_report_of_others_has_moves_and_no_harm(enricher: Enricher) -> None:
    text = (
        "Tessaro is recalling 30,000 chargers after nine of them caught fire. Owners should ask Tessaro for a refund."
    )
    found = mention(enricher, text, kind="article", title="Tessaro recalls chargers after fires")
    assert found.severity.level == ""
    assert "recall" in found.moves
    assert "complaint" not in found.intents
