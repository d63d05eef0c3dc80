"""What the components make of single sentences: the promises that the documentation gives."""

from __future__ import annotations

import re

import pytest
from spacy.language import Language

from analysis.enrich.judge import WHOLE
from analysis.enrich.judges.sentiment import sentiment_of
from analysis.enrich.pipeline import PIPELINE, build, read
from analysis.enrich.reading import REACH_PERSONAL, BrandPlace, TextReading, Window, reading_of
from analysis.enrich.roster import by_model, choose


@pytest.fixture(scope="module")
def nlp() -> Language:
    return build(choose(names=by_model("linear")))


def reading(nlp: Language, text: str, *names: str, rating: float | None = None) -> TextReading:
    places = [BrandPlace(name, match.start(), match.end()) for name in names for match in re.finditer(name, text)]
    places = sorted(places, key=lambda place: place.start) or [BrandPlace(WHOLE, 0, len(text))]
    return reading_of(read(nlp, Window(text=text, places=places, rating=rating, reach=REACH_PERSONAL)))


def label(nlp: Language, text: str, name: str = WHOLE, *others: str, rating: float | None = None) -> str:
    names = (name, *others) if name != WHOLE else ()
    return sentiment_of(reading(nlp, text, *names, rating=rating).polarity[name]).label


def test_every_component_is_in_the_pipeline_in_the_listed_order(nlp: Language) -> None:
    assert tuple(nlp.pipe_names) == tuple(name for name, _ in PIPELINE)
    assert all(reason for _, reason in PIPELINE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No problems ever.", "positive"),
        ("I love this kettle, it never fails.", "positive"),
        ("It stopped working and I had to return it.", "negative"),
        ("The support is not helpful at all.", "negative"),
        ("Thanks for losing my bag again, great job!", "negative"),
        ("The report was published on Tuesday.", "neutral"),
        ("Not bad at all, very happy with it.", "positive"),
        ("Wish I had never bought it, what a waste of money.", "negative"),
    ],
)
def test_sentiment_of_plain_sentences(nlp: Language, text: str, expected: str) -> None:
    assert label(nlp, text) == expected


def test_each_brand_is_judged_by_its_own_clause(nlp: Language) -> None:
    for text in (
        "Tessaro is great but Nimbo keeps crashing.",
        "Nimbo keeps crashing, while Tessaro is great.",
        "Although Nimbo is terrible, I love my Tessaro.",
        "Tessaro works perfectly; Nimbo is a nightmare.",
    ):
        assert label(nlp, text, "Tessaro", "Nimbo") == "positive", text
        assert label(nlp, text, "Nimbo", "Tessaro") == "negative", text


def test_the_next_sentence_still_speaks_of_the_brand(nlp: Language) -> None:
    assert label(nlp, "I bought a Tessaro last week. It is awful and it leaks.", "Tessaro") == "negative"


def test_another_brand_in_between_takes_over(nlp: Language) -> None:
    text = "I own a Tessaro. Then I got a Nimbo. It is awful and it leaks."
    assert label(nlp, text, "Nimbo", "Tessaro") == "negative"
    assert label(nlp, text, "Tessaro", "Nimbo") != "negative"


def test_stars_are_evidence(nlp: Language) -> None:
    assert label(nlp, "It boils water.", rating=1.0) == "negative"
    assert label(nlp, "It boils water.", rating=5.0) == "positive"


def test_who_is_left_is_blamed_and_who_is_chosen_preferred(nlp: Language) -> None:
    judged = reading(nlp, "I switched from Nimbo to Tessaro last month.", "Nimbo", "Tessaro")
    assert judged.polarity["Nimbo"].negative > judged.polarity["Nimbo"].positive
    assert judged.polarity["Tessaro"].positive > judged.polarity["Tessaro"].negative


def test_probabilities_sum_to_one(nlp: Language) -> None:
    polarity = reading(nlp, "Mixed feelings: great screen, awful battery.").polarity[WHOLE]
    assert polarity.negative + polarity.neutral + polarity.positive == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Still waiting for my refund after six weeks!", "complaint"),
        ("The app crashes every time I open it, please fix.", "complaint"),
        ("It would be great if you could add a dark mode.", "wish"),
        ("Please allow us to export notes as text.", "wish"),
        ("Thank you so much, the staff were fantastic.", "praise"),
        ("Does anyone know how to reset it?", "question"),
    ],
)
def test_intents(nlp: Language, text: str, intent: str) -> None:
    assert reading(nlp, text).intents[WHOLE][intent].p >= 0.5


def test_a_plain_statement_has_no_intent(nlp: Language) -> None:
    assert all(said.p < 0.5 for said in reading(nlp, "The kettle stands on the shelf.").intents[WHOLE].values())


@pytest.mark.parametrize(
    "text",
    [
        "The battery drains overnight.",
        "Battery is flat by morning, it drains so fast overnight.",
        "Terrible battery, it dies within hours during the night.",
    ],
)
def test_the_same_complaint_in_other_words_gives_the_same_phrase(nlp: Language, text: str) -> None:
    assert complaints(nlp, text) == [("battery", "battery drains fast overnight")]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("The app crashes on launch.", ("stability", "app crashes on launch")),
        ("App crashes whenever I open it", ("stability", "app crashes on launch")),
        ("My laptop freezes all the time.", ("stability", "laptop freezes")),
        ("They never replied to my email.", ("support", "support does not answer")),
        ("No response from customer service in three weeks.", ("support", "support does not answer")),
        ("The kettle leaks.", ("build", "kettle leaks")),
        ("I was charged twice.", ("billing", "bill charges too much")),
    ],
)
def test_key_phrases_of_complaints(nlp: Language, text: str, pair: tuple[str, str]) -> None:
    assert pair in complaints(nlp, text)


def complaints(nlp: Language, text: str) -> list[tuple[str, str]]:
    return [(phrase.topic, phrase.words) for phrase in reading(nlp, text).phrases[WHOLE].complaints]


def wishes(nlp: Language, text: str) -> list[tuple[str, str]]:
    return [(phrase.topic, phrase.words) for phrase in reading(nlp, text).phrases[WHOLE].wishes]


def test_praise_gives_no_complaint_phrase(nlp: Language) -> None:
    assert reading(nlp, "It never crashes and the battery is great.").phrases[WHOLE].complaints == ()


def test_key_phrases_of_wishes(nlp: Language) -> None:
    assert wishes(nlp, "Please add a dark mode.") == [("features", "dark mode")]
    assert wishes(nlp, "It would be nice to have offline playlists") == [("features", "offline playlists")]


def test_switching_names_who_why_and_how_far(nlp: Language) -> None:
    text = "I switched from Nimbo to Tessaro because the battery was awful."
    switch = reading(nlp, text, "Nimbo", "Tessaro").switching["Tessaro"].value
    assert (switch.origin, switch.target, switch.status, switch.reason) == ("Nimbo", "Tessaro", "done", "battery")


def test_a_move_belongs_to_the_brand_that_acts(nlp: Language) -> None:
    text = "Nimbo recalls 40,000 kettles over fire risk as Tessaro raises prices by 12%"
    judged = reading(nlp, text, "Nimbo", "Tessaro")
    assert "recall" in [move.value for move in judged.moves["Nimbo"]]
    assert [move.value for move in judged.moves["Tessaro"]] == ["price"]
