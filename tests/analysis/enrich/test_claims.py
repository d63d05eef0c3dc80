"""What a post claims of a brand, each claim with the author's own sentence; what others wrote claims nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from analysis.enrich.enricher import Enricher
from analysis.enrich.find.genre import genre_of
from analysis.enrich.find.quotations import quotations
from analysis.model import Brand, Claim, Mention, Post, claims_of

BRANDS = (
    Brand(id="tessaro", name="Tessaro", role="own"),
    Brand(id="nimbo", name="Nimbo", role="competitor"),
)
FETCHED = datetime(2026, 5, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module", params=["encoder", "linear"])
def enricher(request: pytest.FixtureRequest) -> Enricher:
    return Enricher(BRANDS, pseudonym_key=b"key", model=request.param)


def post(text: str, **more: Any) -> Post:
    return Post(
        **{"url": "https://forum.example/t/1#2", "kind": "post", "thread": "https://forum.example/t/1"}
        | more
        | {"text": text, "fetched_at": FETCHED}
    )


def of(enricher: Enricher, given: Post, brand: str = "tessaro") -> Mention:
    [group] = enricher.mentions([given])
    [mention] = [mention for mention in group if mention.brand.id == brand]
    return mention


def kinds(mention: Mention) -> set[str]:
    return {claim.kind for claim in mention.claims} - {"topic"}


# A thread's title


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Does the Tessaro leak?", "Mine has stood on the shelf since May."),
        ("Tessaro kettle broken after two days!!!", "I have the blue one, bought in March."),
        ("Please add a timer to the Tessaro", "There is one on the side of mine."),
        ("I switched from Tessaro to Nimbo", "I saw them both at a fair."),
        ("Tessaro caught fire", "Here they sell it at the corner shop."),
        ("Tessaro recalls 40,000 kettles", "Mine is from the year before."),
    ],
)
def test_what_a_threads_title_says_no_reply_says(enricher: Enricher, title: str, text: str) -> None:
    mention = of(enricher, post(text, title=title))
    assert kinds(mention) == set()
    assert mention.intents == mention.moves == mention.complaint_topics == ()
    assert (mention.severity.level, mention.switching.status) == ("", "")
    assert mention.sentiment.label in ("neutral", "unsure")
    assert mention.relevance.through == "thread"


def test_a_reply_that_names_nobody_speaks_of_the_threads_brand(enricher: Enricher) -> None:
    mention = of(enricher, post("Mine stopped working after a week. Support never answered.", title="Your Tessaro"))
    assert mention.relevance.through == "thread"
    assert mention.sentiment.label == "negative"
    [claim] = [claim for claim in claims_of(mention, "complaint") if claim.topic == "support"]
    assert claim.sentence == "Support never answered."


def test_a_reply_in_a_thread_about_two_speaks_of_neither_but_by_name(enricher: Enricher) -> None:
    title = "Tessaro or Nimbo?"
    [group] = enricher.mentions([post("Terrible thing, it stopped working after a week.", title=title)])
    assert [kinds(mention) for mention in group] == [set(), set()]
    [ours, theirs] = enricher.mentions([post("The Nimbo is a terrible thing, it stopped working.", title=title)])[0]
    assert kinds(ours) == set()
    assert theirs.sentiment.label == "negative"


@pytest.mark.parametrize(
    "more", [{"kind": "question"}, {"thread": ""}, {"thread": "https://forum.example/t/1#2"}, {"kind": "article"}]
)
def test_whoever_begins_a_thread_wrote_its_title(enricher: Enricher, more: dict[str, str]) -> None:
    mention = of(enricher, post("It happened at night, the lid is black.", title="My Tessaro caught fire", **more))
    assert mention.severity.level == "safety"
    assert mention.relevance.through == "text"


def test_a_title_alone_is_all_that_its_author_said(enricher: Enricher) -> None:
    assert of(enricher, post("", title="My Tessaro leaks", kind="comment")).sentiment.label == "negative"


# Quotations


@pytest.mark.parametrize(
    "text",
    [
        "> My Tessaro is broken and support is terrible\nI have one too, from May.",
        'The Tessaro arrived. The box says "never leaks, never breaks, loved by all" on it.',
        'My neighbour said "worst kettle ever" of his Tessaro. Mine stands on the shelf.',
    ],
)
def test_what_is_quoted_its_author_does_not_feel(enricher: Enricher, text: str) -> None:
    mention = of(enricher, post(text))
    assert mention.sentiment.label in ("neutral", "unsure")
    assert mention.intents == ()


def test_a_few_words_in_marks_are_the_authors_own() -> None:
    assert quotations('A "great" kettle, really. "Never again" is what I think.') == ()
    assert quotations("> all of this\nnot this") == ((0, 13),)


# Each claim has its own evidence


def test_each_claim_rests_on_its_own_sentence(enricher: Enricher) -> None:
    text = (
        "The Tessaro battery drains overnight. I love the screen. "
        "Please add a dark mode. How do I reset it? It was charged twice to my card."
    )
    mention = of(enricher, post(text))
    said = {(claim.kind, claim.topic): claim for claim in mention.claims if claim.kind != "topic"}
    assert said["complaint", "battery"].sentence == "The Tessaro battery drains overnight."
    assert said["praise", "display"].sentence == "I love the screen."
    assert said["wish", "features"].sentence == "Please add a dark mode."
    assert [claim.sentence for claim in claims_of(mention, "question")] == ["How do I reset it?"]
    for claim in mention.claims:
        assert claim.sentence in text
        assert 0 <= claim.start < claim.end <= len(claim.sentence)
        assert 0.5 <= claim.score <= 1


@pytest.mark.parametrize(
    ("text", "kind", "wrong"),
    [
        ("Tessaro logged me out four times today, and each time the code takes longer.", "complaint", "praise"),
        ("Tessaro locked me out once more, and my name day book is in there.", "complaint", "praise"),
        ("Tessaro Two battery, what's normal?", "question", "praise"),
        ("Is it normal that a Tessaro hums for the first hour?", "question", "complaint"),
        ("Please let us sort by length, Tessaro.", "wish", "complaint"),
    ],
)
def test_a_fault_is_no_praise_and_neither_a_question_nor_a_wish_a_complaint(
    enricher: Enricher, text: str, kind: str, wrong: str
) -> None:
    intents = of(enricher, post(text)).intents
    assert kind in intents
    assert wrong not in intents


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Great Tessaro for the bath, I keep it in a bag.", ()),
        ("The Tessaro has not been charged since May, excellent battery.", ("battery",)),
        ("Tessaro threw me out over breakfast, and the coffee cold.", ()),
        ("My Tessaro login code never came.", ("login",)),
        ("Tessaro charged me twice.", ("billing",)),
    ],
)
def test_everyday_words_are_no_topic(enricher: Enricher, text: str, topics: tuple[str, ...]) -> None:
    assert of(enricher, post(text)).topics == topics


def test_who_is_logged_out_has_not_left(enricher: Enricher) -> None:
    mention = of(enricher, post("Logged out of Tessaro again, that's twice since Monday."))
    assert mention.switching.status == ""


def test_what_is_left_for_a_product_of_another_is_a_switch(enricher: Enricher) -> None:
    mention = of(enricher, post("I left Tessaro for a Nimbo because of the price rise, a good swap."))
    assert (mention.switching.target, mention.switching.status) == ("nimbo", "done")


def test_a_claim_shows_the_words_that_it_rests_on(enricher: Enricher) -> None:
    mention = of(enricher, post("Last night my Tessaro caught fire on the shelf."))
    [claim] = claims_of(mention, "severity")
    assert claim.value == "safety"
    assert claim.sentence[claim.start : claim.end] == "caught fire"


def test_a_very_long_sentence_is_cut_around_what_the_claim_rests_on(enricher: Enricher) -> None:
    long = "and then we went on and on about nothing at all " * 20
    mention = of(enricher, post(f"The Tessaro stood there {long} until it caught fire {long}."))
    [claim] = claims_of(mention, "severity")
    assert len(claim.sentence) <= 300
    assert claim.sentence[claim.start : claim.end] == "caught fire"


def test_no_phrase_is_made_up_of_what_nobody_wrote(enricher: Enricher) -> None:
    mention = of(enricher, post("The Tessaro is awful, an awful delivery."))
    assert not any("disappoints" in phrase for phrase in mention.complaint_phrases)


# Harm


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("My Tessaro charger caught fire last night.", "safety"),
        ("Funny thing: I got an electric shock from the Tessaro. Love it otherwise.", "safety"),
        ("The Tessaro is great. It did burn my daughter's hand though.", "safety"),
        ("Happy with my Tessaro, but the update deleted all my recordings.", "data_loss"),
        ("Tessaro charged me twice for one kettle. Nice kettle.", "money"),
    ],
)
def test_harm_is_judged_by_itself_whatever_the_mood(enricher: Enricher, text: str, level: str) -> None:
    mention = of(enricher, post(text))
    assert mention.severity.level == level
    assert claims_of(mention, "severity")


# Who speaks


RECALL = post(
    "Tessaro is recalling 40,000 kettles after several caught fire, the regulator said on Monday. Owners are asked to "
    "stop using them. The company apologised for the trouble.",
    title="Tessaro recalls kettles over fire risk",
    kind="article",
    thread="",
)
NOTES = post(
    "Fixed a crash when the kettle was paired twice. Fixed a battery drain. Added a quieter boil. Known issues: none.",
    title="Tessaro firmware 5.2.1",
    kind="article",
    thread="",
    tags=("firmware",),
)
OWNER = post(
    "I bought the Tessaro in May and I love my mornings with it. But the lid broke twice and I had to return it.",
    title="My year with the Tessaro",
    kind="article",
    thread="",
)


def test_news_and_patch_notes_are_told_from_owners() -> None:
    assert [genre_of(given) for given in (RECALL, NOTES, OWNER)] == ["news", "patch_notes", "owner"]


def test_a_recall_in_the_news_is_no_complaint(enricher: Enricher) -> None:
    mention = of(enricher, RECALL)
    assert mention.genre == "news"
    assert mention.intents == mention.complaint_topics == mention.praise_topics == ()
    assert "recall" in mention.moves


def test_a_firmware_release_is_neither_praise_nor_complaint_nor_launch(enricher: Enricher) -> None:
    mention = of(enricher, NOTES)
    assert mention.genre == "patch_notes"
    assert mention.intents == mention.complaint_topics == mention.praise_topics == mention.moves == ()
    assert mention.severity.level == ""


def test_an_owner_who_writes_an_article_complains(enricher: Enricher) -> None:
    assert "complaint" in of(enricher, OWNER).intents


def test_claims_cross_stores_and_exports_whole(enricher: Enricher) -> None:
    mention = of(enricher, post("My Tessaro leaks."))
    assert all(isinstance(claim, Claim) for claim in mention.claims)


# Names

NAMES = (
    "Tessaro",
    "Death Wish Coffee",
    "Happy Socks",
    "Next",
    "Best Buy",
    "Crash Free",
    "Fire & Smoke",
    "Love Lost 2",
    "Switch",
    "Worst Case",
    "Yahoo!",
    "No Problem Ltd.",
)
SAID = (
    "{0} is on my desk, and that is all I can say.",
    "My {0} stopped working after two weeks and nobody answers.",
    "I love my {0}, it is quiet and quick. Would buy again.",
    "Could {0} please add a dark mode?",
    "{0} raised its prices by a fifth on Monday, the company said.",
    "I left {0} for Nimbo because of the bills.",
    "We compared Nimbo and {0}, {0} is slower.",
    "Does anyone use {0} with Nimbo?",
    "Somebody put a {0} on the table, then Nimbo came.",
    "Not a fan of {0}. The {0} app crashes on launch.",
)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_changes_with_the_name_of_the_brand_alone(name: str) -> None:
    brands = (Brand(id="own", name=name, role="own", query=f'"{name}"'), BRANDS[1])
    plain = (Brand(id="own", name=NAMES[0], role="own"), BRANDS[1])
    judged = [
        [verdicts(mention, called) for mentions in group for mention in mentions]
        for group, called in (
            (Enricher(kept, pseudonym_key=b"k").mentions([post(said.format(called)) for said in SAID]), called)
            for kept, called in ((plain, NAMES[0]), (brands, name))
        )
    ]
    assert judged[0] == judged[1]


def verdicts(mention: Mention, name: str) -> tuple[Any, ...]:
    claims = [(claim.kind, claim.value, claim.topic, claim.sentence.replace(name, "*")) for claim in mention.claims]
    return mention.brand.id, mention.sentiment, mention.intents, mention.moves, mention.severity, claims


# Opposites

FORMS = (
    "{bad} is slow, {good} is fast.",
    "{good} is fast, {bad} is slow.",
    "{bad} is slow and {good} is fast.",
    "{good} 👍👍 {bad} 👎",
    "{good} manages it, {bad} does not.",
    "{bad} drops every call, {good} doesn't.",
    "{bad}: terrible. {good}: great.",
    "{good} is great while {bad} is terrible.",
    "I love {good}, {bad} is useless.",
    "{bad} crashes all the time but {good} just works.",
    "{good} works, {bad} can't.",
    "Unlike {bad}, which is awful, {good} is excellent.",
    "{bad} broke after a week but {good} is still going strong.",
    "{good} gets it right and {bad} gets it wrong.",
    "{bad} is a pain, whereas {good} is a delight.",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("good", "bad"), [("Tessaro", "Nimbo"), ("Nimbo", "Tessaro")])
def test_two_brands_are_judged_the_opposite_way(enricher: Enricher, form: str, good: str, bad: str) -> None:
    given = post(form.format(good=good, bad=bad), thread="", url="https://forum.example/1")
    labels = {mention.brand.id: mention.sentiment.label for mention in enricher.mentions([given])[0]}
    assert labels == {good.casefold(): "positive", bad.casefold(): "negative"}


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("My Tessaro screen has a yellow stripe as wide as a thumb. Tessaro, please fix it.", False),
        ("I paid Tessaro once and my bank shows it twice. Please return one of the two.", False),
        ("I was out on Tuesday when Tessaro came, please bring it again on Thursday.", False),
        ("Could you refund me, Tessaro? The kettle never arrived.", False),
        ("Please bring back the blue Tessaro kettle.", True),
        ("Tessaro, please fix it and please add a dark mode to the app.", True),
        ("Tessaro, please add a way to cancel my order in the app.", True),
    ],
)
def test_who_asks_for_help_in_a_case_of_their_own_wishes_for_nothing(
    enricher: Enricher, text: str, wishes: bool
) -> None:
    assert ("wish" in kinds(of(enricher, post(text)))) == wishes
