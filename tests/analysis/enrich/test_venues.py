"""A brand that is only where people talk is named in passing: what they tell there is said of something else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analysis.enrich.enricher import Enricher
from analysis.model import Brand, Mention, Post


@pytest.fixture(scope="module")
def enricher() -> Enricher:
    return Enricher([Brand(id="tessaro", name="Tessaro", role="own")], pseudonym_key=b"key")


def of(enricher: Enricher, text: str) -> Mention:
    post = Post(url="https://x.example/1", kind="post", text=text, fetched_at=datetime(2026, 5, 2, tzinfo=UTC))
    [[mention]] = enricher.mentions([post])
    return mention


@pytest.mark.parametrize(
    "text",
    [
        "Parents of Tessaro, what stroller do you use? Mine broke after a week.",
        "People on Tessaro, which phone has the best battery? My old one dies at noon.",
        "Saw on Tessaro that the battery of the Pixel is terrible.",
        "Posted it on Tessaro too: the washing machine leaks and the seller refuses a refund.",
        "My Tessaro friends know a good plumber? The last one was rude and overcharged me.",
        "Auf Tessaro habe ich gelesen, dass der Akku vom Pixel furchtbar ist.",
        "J'ai lu sur Tessaro que la batterie du Pixel est nulle.",
        "Leí en Tessaro que la batería del Pixel es malísima.",
    ],
)
def test_what_people_tell_there_is_not_said_of_it(enricher: Enricher, text: str) -> None:
    mention = of(enricher, text)
    assert mention.claims == ()
    assert (mention.topics, mention.intents, mention.severity.level) == ((), (), "")
    assert mention.sentiment.label == "neutral"
    assert mention.relevance.level == "passing"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Tessaro crashes every day. Mine stopped working after a week.", "stability"),
        ("Saw on Tessaro that others have it too: the Tessaro app crashes every day.", "stability"),
        ("I bought it on Tessaro and they refuse a refund.", "refunds"),
        ("Auf Tessaro ist nur noch Werbung, furchtbar.", "ads"),
    ],
)
def test_what_is_told_of_it_still_is(enricher: Enricher, text: str, topic: str) -> None:
    mention = of(enricher, text)
    assert topic in mention.complaint_topics
    assert mention.relevance.level == "about"
