"""Set wordings that mean the opposite of their words, and what is only supposed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analysis.enrich.enricher import Enricher
from analysis.model import Brand, Mention, Post

MISSED = pytest.mark.xfail(strict=True, reason="the English network hears a fall in it")


@pytest.fixture(scope="module")
def enricher() -> Enricher:
    brands = (Brand(id="tessaro", name="Tessaro", role="own"), Brand(id="nimbo", name="Nimbo", role="competitor"))
    return Enricher(brands, pseudonym_key=b"key")


def of(enricher: Enricher, text: str) -> dict[str, Mention]:
    post = Post(url="https://x.example/1", kind="post", text=text, fetched_at=datetime(2026, 5, 2, tzinfo=UTC))
    return {mention.brand.id: mention for mention in enricher.mentions([post])[0]}


def judged(enricher: Enricher, text: str, brand: str = "tessaro") -> tuple[str, set[str]]:
    mention = of(enricher, text)[brand]
    return mention.sentiment.label, set(mention.intents) & {"complaint", "praise"}


@pytest.mark.parametrize(
    "text",
    [
        "The Tessaro could not be worse",
        "Service at Tessaro couldn't have been worse.",
        "I could not be more disappointed with the Tessaro.",
        "Der Tessaro könnte nicht schlechter sein.",
        "Le Tessaro ne pourrait pas être pire.",
        "El Tessaro no podría ser peor.",
    ],
)
def test_what_could_not_be_worse_is_blamed(enricher: Enricher, text: str) -> None:
    assert judged(enricher, text) == ("negative", {"complaint"})


@pytest.mark.parametrize(
    "text",
    [
        "The Tessaro could not be better",
        "Service at Tessaro couldn't have been better.",
        "Hardly any noise from my Tessaro",
        "The Tessaro hardly makes any noise.",
        "Hardly any bugs in Tessaro.",
        "The Tessaro runs without noise.",
        "Der Tessaro könnte nicht besser sein.",
        "Kaum Lärm beim Tessaro.",
        "Le Tessaro ne pourrait pas être mieux.",
        "Presque aucun bruit avec le Tessaro.",
        "El Tessaro no podría ser mejor.",
        "Casi sin ruido, el Tessaro.",
    ],
)
def test_what_could_not_be_better_or_has_hardly_a_fault_is_praised(enricher: Enricher, text: str) -> None:
    assert judged(enricher, text) == ("positive", {"praise"})


@pytest.mark.parametrize(
    "text",
    [
        "Hardly any suction from the Tessaro.",
        "Hardly any support from Tessaro.",
        "They promised hardly any noise, and the Tessaro is a chainsaw.",
        "I couldn't be happier since I left Tessaro.",
    ],
)
def test_near_misses_are_not_praised(enricher: Enricher, text: str) -> None:
    label, intents = judged(enricher, text)
    assert label != "positive"
    assert "praise" not in intents


@pytest.mark.parametrize(
    "text",
    [
        "Everything works on my Nimbo, which is more than I can say for the Tessaro",
        "My Nimbo never crashes, which is more than I can say for the Tessaro.",
        "Bei meinem Nimbo funktioniert alles, was man vom Tessaro nicht behaupten kann.",
        "Todo funciona en mi Nimbo, que es más de lo que puedo decir del Tessaro.",
    ],
)
def test_more_than_can_be_said_of_one_blames_it(enricher: Enricher, text: str) -> None:
    assert judged(enricher, text) == ("negative", {"complaint"})
    assert of(enricher, text)["nimbo"].sentiment.label == "positive"


def test_more_than_can_be_said_of_the_other_praises_ours(enricher: Enricher) -> None:
    text = "My Tessaro starts every time, more than can be said of the Nimbo."
    assert of(enricher, text)["tessaro"].sentiment.label == "positive"
    assert of(enricher, text)["nimbo"].sentiment.label == "negative"


@pytest.mark.parametrize(
    "text",
    [
        "If the Tessaro broke, I would be annoyed, but it is flawless",
        "If the Tessaro ever broke I'd be devastated, but it never has.",
        "If it crashed I would complain, but the Tessaro runs perfectly.",
    ],
)
def test_what_is_only_supposed_is_no_complaint(enricher: Enricher, text: str) -> None:
    mention = of(enricher, text)["tessaro"]
    assert not {"complaint", "wish"} & set(mention.intents)
    assert mention.sentiment.label != "negative"


@pytest.mark.parametrize(
    "text",
    [
        "If the Tessaro broke once I would forgive it, but it breaks every week.",
        "I would be annoyed if it broke, but the Tessaro crashes all the time.",
    ],
)
def test_what_is_told_behind_it_still_is_a_complaint(enricher: Enricher, text: str) -> None:
    assert judged(enricher, text)[1] == {"complaint"}


@pytest.mark.parametrize(
    "text",
    [
        "Sold on the small one. Ordering the Tessaro tonight, thank you all.",
        "Just ordered a Tessaro, thank you all.",
        "Going to buy the Tessaro, thanks for all the advice.",
    ],
)
def test_thanks_to_people_are_no_praise_of_what_is_bought(enricher: Enricher, text: str) -> None:
    mention = of(enricher, text)["tessaro"]
    assert "praise" not in mention.intents
    assert mention.topics == ()


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Thank you all, the Tessaro is great.", ()),
        ("Thank you Tessaro, ordering was quick and easy!", ("ordering",)),
    ],
)
def test_praise_beside_thanks_and_thanks_to_the_brand_are(
    enricher: Enricher, text: str, topics: tuple[str, ...]
) -> None:
    mention = of(enricher, text)["tessaro"]
    assert "praise" in mention.intents
    assert mention.praise_topics == topics


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Search in the Tessaro shop is slow.", "website"),
        ("Tessaro: search in the shop is slow.", "website"),
        ("The filter in the Tessaro shop is useless.", "website"),
        ("Ordering at Tessaro is a nightmare.", "ordering"),
        ("The search of the Tessaro app is useless.", "features"),
    ],
)
def test_a_part_of_the_shop_is_of_the_website(enricher: Enricher, text: str, topic: str) -> None:
    assert of(enricher, text)["tessaro"].complaint_topics == (topic,)


@pytest.mark.parametrize(
    "text",
    [
        "Tessaro used to be good.",
        "Wouldn't wish the Tessaro on my worst enemy.",
        "Save your money and skip the Tessaro.",
        "Nie wieder Tessaro!",
        "Plus jamais Tessaro.",
        "Nunca más Tessaro.",
        "Mai più Tessaro.",
        "Le Tessaro m'a lâché au bout d'un mois.",
        "No compréis el Tessaro, dura dos meses.",
        "Der Tessaro hält nicht, was er verspricht.",
        "El Tessaro no cumple lo que promete.",
    ],
)
def test_set_wordings_of_regret_blame(enricher: Enricher, text: str) -> None:
    assert judged(enricher, text) == ("negative", {"complaint"})


@pytest.mark.parametrize(
    "text",
    [
        "The Tessaro isn't cheap, but it is worth every cent.",
        "The Tessaro does exactly what it says on the tin.",
        "Der Tessaro hält, was er verspricht.",
        "Der Tessaro lässt mich nie im Stich.",
        "Rien à redire sur le Tessaro.",
        "Jamais déçu par Tessaro.",
        "Le Tessaro ne m'a jamais lâché.",
        "El Tessaro cumple lo que promete.",
        "No tengo ninguna queja de Tessaro.",
        "Nunca más tuve problemas con el Tessaro.",
        "Plus jamais de bruit avec le Tessaro.",
    ],
)
def test_set_wordings_of_trust_praise(enricher: Enricher, text: str) -> None:
    assert judged(enricher, text) == ("positive", {"praise"})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Tessaro used to be good and it still is.", marks=MISSED),
        "I used to be good at chess, then I bought a Tessaro.",
    ],
)
def test_what_still_is_or_was_of_somebody_else_does_not_blame(enricher: Enricher, text: str) -> None:
    assert "complaint" not in judged(enricher, text)[1]


@pytest.mark.parametrize(
    "text",
    [
        "Ich wünschte, der Tessaro hätte einen größeren Tank.",
        "Vorrei che il Tessaro avesse una modalità scura.",
        "Szkoda że nie ma trybu ciemnego w Tessaro.",
    ],
)
def test_set_wordings_of_wishes_wish(enricher: Enricher, text: str) -> None:
    assert "wish" in of(enricher, text)["tessaro"].intents


def test_what_another_was_like_nobody_complains_of(enricher: Enricher) -> None:
    text = "The Tessaro battery lasts two days, unlike my old phone which died at noon."
    assert "complaint" not in judged(enricher, text)[1]


@pytest.mark.xfail(strict=True, reason="what is said well of another beside it is heard as said of the brand")
def test_who_is_unlike_what_never_failed_is_complained_of(enricher: Enricher) -> None:
    assert "complaint" in judged(enricher, "Unlike Tessaro, my old phone never crashed.")[1]


def test_a_promised_refund_is_of_refunds(enricher: Enricher) -> None:
    mention = of(enricher, "Tessaro promised a refund, I'm still waiting.")["tessaro"]
    assert "refunds" in mention.complaint_topics
    assert "honesty" not in mention.topics
