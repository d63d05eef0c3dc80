"""Every judged task goes through its slot: another judge in it, and the mention (or the answer) is another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from spacy.tokens import Doc

from analysis.enrich.enricher import Enricher
from analysis.enrich.judge import judge_rows
from analysis.enrich.reading import (
    Chance,
    Comparison,
    KeyPhrase,
    KeyPhrases,
    Polarity,
    Ruling,
    TopicHit,
    Trigger,
    Window,
    reading_of,
)
from analysis.enrich.roster import choose
from analysis.enrich.slots import TASKS, Judges, Material
from analysis.enrich.taxonomy import load_taxonomy
from analysis.model import INTENTS, Brand, Mention, Post, Switching
from analysis.model.text import Token

BRANDS = (
    Brand(id="tessaro", name="Tessaro", role="own"),
    Brand(id="nimbo", name="Nimbo", role="competitor"),
)
POST = Post(
    url="https://forum.example/t/1",
    title="A title",
    text="The Tessaro kettle leaks. Nimbo stands on the shelf.",
    kind="post",
    fetched_at=datetime(2026, 5, 2, 12, tzinfo=UTC),
)


class Fake:
    """A judge that gives the same answer for each target."""

    version = "fake-1"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Any]:
        return [self.answer for _ in targets]


class FakeTopics:
    version = "fake-1"

    def judge(self, doc: Doc) -> list[TopicHit]:
        places = [place for places in reading_of(doc).targets.values() for place in places]
        return [
            hit
            for first, last in places
            for hit in (TopicHit("price", first, last, 0.9), TopicHit("food", first, last, 0.2))
        ]


class FakeComparison:
    version = "fake-1"

    def judge(self, doc: Doc, first: str, second: str) -> Comparison:
        return Comparison("WORSE", 0.75)


class FakeRelevance:
    """Takes nothing named in the body for the brand."""

    version = "fake-1"

    def judge(self, window: Window, tokens: Sequence[Token]) -> list[float]:
        return [0.9 if place.brand == "nimbo" else 0.1 for place in window.places]


def mentions(judges: Judges | None = None) -> list[Mention]:
    [group] = Enricher(BRANDS, pseudonym_key=b"key", judges=judges).mentions([POST])
    return group


@pytest.fixture(scope="module")
def judges() -> Judges:
    return choose(Material(taxonomy=load_taxonomy(), brands=BRANDS))


INTENT = dict.fromkeys(INTENTS, Chance(0.0)) | {"wish": Chance(0.9, (Trigger(5, 6, 0.9),))}
SWITCH = Switching(origin="nimbo", target="tessaro", status="done", reason="price")
PHRASES = KeyPhrases(complaints=(KeyPhrase("battery", "battery sings", (6, 7)),))
SLOTS: dict[str, tuple[Any, Callable[[Mention], Any], Any]] = {
    "topics": (FakeTopics(), lambda mention: mention.topics, ("price",)),
    "switching": (Fake(Ruling(SWITCH, 0.8)), lambda mention: mention.switching, SWITCH),
    "sentiment": (Fake(Polarity(0.05, 0.05, 0.9)), lambda mention: mention.sentiment.label, "positive"),
    "intents": (Fake(INTENT), lambda mention: mention.intents, ("wish",)),
    "severity": (Fake(Ruling("data_loss", 0.7)), lambda mention: mention.severity.level, "data_loss"),
    "moves": (Fake((Ruling("recall", 0.7), Ruling("price", 0.3))), lambda mention: mention.moves, ("recall",)),
    "standing": (Fake(Ruling("list")), lambda mention: mention.relevance.level, "list"),
    "phrases": (Fake(PHRASES), lambda mention: mention.complaint_phrases, ("battery/battery sings",)),
}


@pytest.mark.parametrize("task", list(SLOTS))
def test_a_judge_in_its_slot_decides_what_the_mention_says(judges: Judges, task: str) -> None:
    fake, field, expected = SLOTS[task]
    [plain, _] = mentions()
    [mention, _] = mentions(replace(judges, **{task: fake}))
    assert field(plain) != expected
    assert field(mention) == expected
    assert "fake-1" in mention.model


def test_a_name_that_is_judged_not_to_mean_the_brand_makes_no_mention(judges: Judges) -> None:
    assert [mention.brand.id for mention in mentions()] == ["tessaro", "nimbo"]
    assert [mention.brand.id for mention in mentions(replace(judges, relevance=FakeRelevance()))] == ["nimbo"]


def test_a_comparison_is_what_its_judge_says(judges: Judges) -> None:
    row = {"text": "A and B", "targets": [{"start": 0, "end": 1}, {"start": 6, "end": 7}]}
    [answer] = judge_rows([row], task="comparison", judges=replace(judges, comparison=FakeComparison()))
    assert answer["comparison"] == {"label": "WORSE", "p": 0.75}


def test_every_slot_is_tried_here() -> None:
    assert {*SLOTS, "relevance", "comparison"} == set(TASKS)


def test_a_ruling_that_is_less_probable_than_not_says_nothing(judges: Judges) -> None:
    doubtful = replace(judges, severity=Fake(Ruling("safety", 0.3)), switching=Fake(Ruling(SWITCH, 0.4)))
    [mention, _] = mentions(doubtful)
    assert mention.severity.level == ""
    assert mention.switching == Switching()


def test_a_judge_reads_title_and_body_as_two_zones_and_where_the_targets_stand(judges: Judges) -> None:
    windows: list[Window] = []

    class Listening(Fake):
        def judge(self, doc: Doc, targets: Sequence[str]) -> list[Any]:
            windows.append(reading_of(doc).window)
            return super().judge(doc, targets)

    mentions(replace(judges, intents=Listening(INTENT)))
    [window] = windows
    assert window.text[slice(*window.title)] == POST.title
    assert window.text[slice(*window.body)].strip() == POST.text
    assert [window.text[place.start : place.end] for place in window.places] == ["Tessaro", "Nimbo"]
