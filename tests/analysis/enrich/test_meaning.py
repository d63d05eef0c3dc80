"""Directions of sentences: what has a say in them, what has none, and what a mention is found by."""

from __future__ import annotations

import pytest

from analysis.enrich.find.brands import brand_matcher
from analysis.enrich.models.meaning.maker import MOST, Directions, hiding, said, shipped
from analysis.model import Brand, Claim, Mention
from analysis.store.directions import WIDTH, nearness, packed, unpacked
from tests.support.mentions import make_mention

MODELS = ("encoder", "linear")


def close(directions: Directions, one: str, other: str) -> float:
    first, second = directions.of_all([one, other])
    assert first is not None
    assert second is not None
    return float(nearness(first[None], [second])[0])


@pytest.mark.parametrize("model", MODELS)
def test_a_text_is_nearer_to_what_says_the_same(model: str) -> None:
    made, dies = shipped(model), "The battery is dead by noon."
    same, other = "Its battery does not last until the evening.", "The staff at the desk were kind."
    assert close(made, dies, same) > close(made, dies, other) + 0.1
    assert close(made, dies, dies) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("model", MODELS)
def test_texts_read_beside_others_are_read_alike(model: str) -> None:
    texts = [
        "It leaks.",
        "",
        "Der Akku ist schon mittags leer, und niemand weiß warum.",
        "電池がすぐ切れる",
        "It leaks.",
    ]
    together = Directions(shipped(model)._network).of_all(texts)
    alone = [Directions(shipped(model)._network).of(text) for text in texts]
    assert [each is None for each in together] == [False, True, False, True, False]
    for one, other in zip(together, alone, strict=True):
        if one is not None and other is not None:
            assert nearness(one[None], [other])[0] == pytest.approx(1, abs=1e-3)


def test_makers_are_told_apart_by_name() -> None:
    assert len({shipped(model).maker for model in MODELS}) == 2


def test_names_of_brands_have_no_say() -> None:
    hide = hiding([brand_matcher(Brand(id="death-wish", name="Death Wish Coffee", role="own", query=""))])
    assert hide("My Death Wish Coffee arrived late.").split() == ["My", "arrived", "late."]
    [first] = shipped().meanings([mention("complaint", "Death Wish Coffee arrived late")], hide)
    [second] = shipped().meanings([mention("complaint", "arrived late")], hide)
    assert nearness(unpacked(first.vectors[0])[None], [unpacked(second.vectors[0])])[0] > 0.99


def test_a_mention_is_found_by_its_claims_complaints_first_and_else_by_its_words() -> None:
    claims = (
        Claim(kind="topic", sentence="The lid is red."),
        Claim(kind="praise", sentence="It is quiet."),
        Claim(kind="complaint", sentence="It leaks.", score=0.6),
        Claim(kind="complaint", sentence="It broke.", score=0.9),
        Claim(kind="severity", sentence="It leaks."),
    )
    assert said(make_mention(1, claims=claims)) == ["It broke.", "It leaks."]
    assert said(make_mention(1, claims=claims[:3])) == ["It leaks.", "It is quiet."]
    many = tuple(Claim(kind="wish", sentence=f"Wish {n}.") for n in range(9))
    assert len(said(make_mention(1, claims=many))) == MOST
    assert said(make_mention(1, claims=claims[:1])) == ["The lid is red."]
    assert said(make_mention(1, claims=(), quote="A clause.")) == ["A clause."]
    [beginning] = said(make_mention(1, claims=(), quote="", text="word " * 200))
    assert len(beginning) <= 300
    assert said(make_mention(1, claims=(), quote="", text="", title="  ")) == []


def test_a_direction_is_kept_as_text() -> None:
    made = shipped("linear").of("It leaks.")
    assert made is not None
    assert made.shape == (WIDTH,)
    assert (unpacked(packed(made)) == made).all()
    for wrong in ("", "AAAA", "no base64!", packed(made)[:-4]):
        with pytest.raises(ValueError, match="is no direction"):
            unpacked(wrong)


def mention(kind: str, sentence: str) -> Mention:
    return make_mention(1, claims=(Claim(kind=kind, sentence=sentence),))
